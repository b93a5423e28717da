package tokenstore

import (
	"sync"
)

// Lease is a grant in use. While it is held, no other run that goes by this package refreshes the grant without
// waiting, because that would kill the access token.
type Lease struct {
	// Grant is the grant as it was when the lease was taken.
	Grant Grant
	// Refreshed reports whether the tokens were asked for just now, rather than read.
	Refreshed bool
	// Unsaved reports whether the grant is in memory only because it could not be written; a warning has said so.
	Unsaved bool
	// Replaced is the grant that the same file held before, if this one does not continue it. It still lives on the
	// server.
	Replaced *Grant
	// ReplacedInUse reports whether somebody was using the replaced grant when it was replaced: whoever revokes it breaks
	// that run.
	ReplacedInUse bool

	release func()
	once    sync.Once
}

// Release ends the use. It may be called more than once, and on nil. When a process ends, the kernel releases its
// leases.
func (l *Lease) Release() {
	if l == nil {
		return
	}
	l.once.Do(func() {
		if l.release != nil {
			l.release()
		}
	})
}

// share takes the lease of the grant, without waiting. It reports false where a refresh is under way.
func (s *Store) share(p files) (func(), bool, error) {
	if err := s.checkPath(p.use); err != nil {
		return nil, false, err
	}
	held, ok, err := s.fs.tryLock(p.use, true)
	if err != nil || !ok {
		return nil, false, err
	}
	return func() { _ = held.Unlock() }, true, nil
}

// lease makes the result of an operation that holds the exclusive lock. Where the lease cannot be had the token is
// handed out without one: it is good, and an error would lose it.
func (s *Store) lease(p files, e *entry, run any, notify notifier) *Lease {
	release, ok, err := s.share(p)
	if err != nil || !ok {
		warnUnmarked(notify, err)
	}
	return &Lease{Grant: e.grant(), release: localState(p).hold(holding{run, e.Generation}, release)}
}

// holding is one run's use of one pair of tokens.
type holding struct {
	run        any
	generation uint64
}

// hold notes a use until the function that it returns is called, which also calls release if that is not nil.
func (l *local) hold(h holding, release func()) func() {
	l.add(h, 1)
	return func() {
		l.add(h, -1)
		if release != nil {
			release()
		}
	}
}

func (l *local) add(h holding, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[h] += n; l.held[h] == 0 {
		delete(l.held, h)
	}
}

// isOurs reports whether the run itself is using the pair that is stored, so that a refresh would end its own token.
func (s *Store) isOurs(p files, e *entry, run any) bool {
	l := localState(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	return run != nil && l.held[holding{run, e.Generation}] > 0 && !e.rotating() && !e.Tokens.expired(s.now())
}

func warnUnmarked(notify notifier, err error) {
	reason := "its lock is held"
	if err != nil {
		reason = err.Error()
	}
	notify.warn("The access token could not be marked as in use, so another run may refresh it away: %s.", reason)
}

// inUse reports whether anybody holds the lease of the grant. The caller holds the exclusive lock.
func (s *Store) inUse(p files) bool {
	release, alone, err := s.exclude(p)
	if alone {
		release()
	}
	return err == nil && !alone
}

// exclude takes the lease for the refresher alone. It reports false where others use the token.
func (s *Store) exclude(p files) (func(), bool, error) {
	if err := s.checkPath(p.use); err != nil {
		return nil, false, err
	}
	held, ok, err := s.fs.tryLock(p.use, false)
	if err != nil {
		return nil, false, cannotWrite(s.dir, err)
	}
	if !ok {
		return nil, false, nil
	}
	return func() { _ = held.Unlock() }, true, nil
}
