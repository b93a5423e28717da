package tokenstore

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

const (
	// pollLease is the pause between two looks whether others still use a token.
	pollLease = 500 * time.Millisecond
	// maxRestarts bounds how often a file that changes without its lock is decided anew.
	maxRestarts = 3
)

var (
	// errInUse: others use the token, and their time is not yet up.
	errInUse = errors.New("the access token is in use")
	// errChanged: another program wrote the file without taking its lock.
	errChanged = errors.New("the file of the grant was changed by another program")
)

// Acquire returns a token that is fresh enough, refreshing the grant or starting it from the seed where needed. At most
// one run of all that share the grant asks the server; the others get what it stored.
//
// Once a request has been announced, the end of ctx no longer stops it: its answer is stored before Acquire returns,
// and the caller looks at ctx by itself. An error is an Error, or the context's while nothing was announced. The
// caller releases the lease when the token is no longer used.
func (s *Store) Acquire(ctx context.Context, req Request) (*Lease, error) {
	err := s.secureDir(!req.Seed.Value.Empty())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noGrant(nil, &req)
	}
	if err != nil {
		return nil, err
	}
	p := req.Key.in(s.dir)
	if lease := s.fast(p, &req); lease != nil {
		return lease, nil
	}
	began, mentioned := time.Now(), false
	for restarts := 0; ; {
		overdue := time.Since(began) >= s.lockTimeout
		lease, err := s.attempt(ctx, p, &req, overdue)
		switch {
		case errors.Is(err, errChanged):
			if restarts++; restarts > maxRestarts {
				return nil, failure(Unknown, err, "Another program keeps writing %s without taking its lock. Nothing in it "+
					"was cleared. Stop that program and run again.", p.data)
			}
		case errors.Is(err, errInUse):
			if !mentioned && time.Since(began) >= quietWait {
				mentioned = true
				notifier(req.Notify).info("Waiting for other runs to end: they use the access token that a refresh would kill.")
			}
			if err := sleep(ctx, pollLease); err != nil {
				return nil, err
			}
		default:
			if mentioned && !overdue && err == nil {
				notifier(req.Notify).warn("Waited %s for other runs to end: a refresh would have ended the access token that "+
					"they were using.", time.Since(began).Round(time.Second))
			}
			return lease, err
		}
	}
}

// fast returns the stored token without the lock, if it is fresh. The lease is taken between two looks at the file: a
// refresh that begins after the first look either sees the lease or shows in the second.
func (s *Store) fast(p files, req *Request) *Lease {
	e, err := s.read(p.data)
	if err != nil || e == nil || e.Key != req.Key {
		return nil
	}
	if what, err := decide(e, req, s.now()); err != nil || what != use {
		return nil
	}
	release, ok, err := s.share(p)
	if err != nil {
		// Nothing is spent by using a token, so a store that is read-only is good enough for it.
		warnUnmarked(notifier(req.Notify), err)
	} else if !ok {
		return nil
	}
	lease := &Lease{Grant: e.grant(), release: localState(p).hold(holding{req.Run, e.Generation}, release)}
	again, err := s.read(p.data)
	if err != nil || again == nil || again.Generation != e.Generation || again.rotating() {
		lease.Release()
		return nil
	}
	remarkSeed(e, req)
	return lease
}

// attempt decides inside the lock and does what was decided.
func (s *Store) attempt(ctx context.Context, p files, req *Request, overdue bool) (*Lease, error) {
	notify := notifier(req.Notify)
	unlock, err := s.lock(ctx, p, notify)
	if err != nil {
		return nil, err
	}
	defer unlock()
	e, err := s.load(p, req.Key, notify)
	if err != nil {
		return nil, err
	}
	what, err := decide(e, req, s.now())
	if err != nil {
		return nil, err
	}
	if what != plant {
		remarkSeed(e, req)
	}
	ours := what == refresh && req.IfLeased == Wait && s.isOurs(p, e, req.Run)
	if ours {
		notify.warn("The stored grant %q was not refreshed, because another block of this run uses its access token, which "+
			"is good until %s. Give blocks that share a stored grant the same minimum_validity.", e.Name, end(e.Tokens))
	}
	if what == use || ours {
		return s.lease(p, e, req.Run, notify), nil
	}
	return s.newRotation(p, req, e, what).run(ctx, overdue)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
