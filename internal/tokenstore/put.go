package tokenstore

import (
	"context"
	"errors"
	"time"
)

// NewGrant is a grant that was made elsewhere, by a login of a person for example.
type NewGrant struct {
	Key    Key
	Tokens Tokens
	// Started is when the request that brought the tokens was sent; zero means now.
	Started time.Time
	// Run is as in Request.
	Run any
	// Notify is told of warnings and of waiting; may be nil.
	Notify func(Notice)
}

// Prepare finds out whether a grant could be stored now. Call it before a person is asked to log in, or anything else
// is done that would be in vain without a store. Its error is an Error of kind NoStore, Unsafe, Newer or Locked, or
// the context's.
func (s *Store) Prepare(ctx context.Context, key Key, notify func(Notice)) error {
	if err := s.secureDir(true); err != nil {
		return err
	}
	p := key.in(s.dir)
	unlock, err := s.lock(ctx, p, notify)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := s.load(p, key, notify); err != nil {
		return err
	}
	room, err := s.newScratch(p.next, reserveSize)
	if err != nil {
		return cannotWrite(s.dir, err)
	}
	room.discard()
	return nil
}

// Put stores a new grant in the place of the one under its key, if any, and returns it as a lease, with the old one in
// Replaced. Other runs may still use the old one, which lives on. On an error nothing was stored, and the
// caller is left with the grant.
func (s *Store) Put(ctx context.Context, grant NewGrant) (*Lease, error) {
	if grant.Tokens.AccessToken.Empty() {
		return nil, failure(Unsaved, errNoToken, "The new grant %q could not be stored.", grant.Key.Name)
	}
	if err := s.secureDir(true); err != nil {
		return nil, err
	}
	notify := notifier(grant.Notify)
	p := grant.Key.in(s.dir)
	unlock, err := s.lock(ctx, p, notify)
	if err != nil {
		return nil, err
	}
	defer unlock()
	old, err := s.load(p, grant.Key, notify)
	if err != nil {
		return nil, err
	}
	next := newEntry(grant.Key)
	var replaced *Grant
	if old != nil {
		*next = *old
		if old.Tokens != nil {
			was := old.grant()
			replaced = &was
		}
	}
	if grant.Started.IsZero() {
		grant.Started = s.now()
	}
	next.Tokens = newPair(grant.Tokens, grant.Started)
	next.Generation++
	next.Intent, next.Lost = nil, nil
	if err := s.insert(p, next, notify); err != nil {
		return nil, err
	}
	next.Tokens.remark(grant.Tokens, s.now(), notify)
	busy := replaced != nil && s.inUse(p) // asked before this run takes the lease itself
	lease := s.lease(p, next, grant.Run, notify)
	lease.Refreshed, lease.Replaced, lease.ReplacedInUse = true, replaced, busy
	return lease, nil
}

// insert saves a grant or leaves nothing of it behind: the caller will revoke a grant that was not stored, and a later
// run must not find it.
func (s *Store) insert(p files, next *entry, notify notifier) error {
	room, err := s.newScratch(p.next, reserveSize)
	if err == nil {
		err = s.save(p, next, room)
		room.discard()
	}
	if errors.Is(err, errNotDurable) {
		notify.warn("The grant is stored in %s, but the system did not confirm that it is on the disk: %v.", p.data, err)
		err = nil
	}
	if err == nil {
		localState(p).unsaved = nil
		return nil
	}
	if found, listErr := s.leftovers(p); listErr == nil {
		for _, path := range found {
			_ = s.fs.remove(path)
		}
	}
	return failure(Unsaved, err, "The new grant could not be stored in %s. Set token_store.path to a directory on a "+
		"persistent volume that this user can write. %s", p.data, withoutStore)
}

// flushAfter returns a release function that also tries again to save what could not be saved.
func (s *Store) flushAfter(p files, key Key, release func()) func() {
	return func() {
		if release != nil {
			release()
		}
		ctx, cancel := context.WithTimeout(context.Background(), quietWait)
		defer cancel()
		unlock, err := s.lock(ctx, p, nil)
		if err != nil {
			return
		}
		defer unlock()
		_, _ = s.load(p, key, nil) // reading tries to save first; there is nobody left to tell
	}
}
