package session

import (
	"context"
	"errors"
	"time"
)

// Terraform closes its blocks one after the other, those of one count always and in some versions all of them. If each
// Close waited for the server, a hundred tokens would take a hundred round trips. So once the Closes of a process have
// waited for patience in all, those that are not the last leave their revocation behind, and the last one waits for
// what was left behind and tells what became of it. If there is never a last one, Shutdown ends what is left.
const (
	patience = 100 * time.Millisecond
	// abreast is how many of the revocations that were left behind are under way at a time: as many as Terraform has. A
	// Close waits until its own is, so that the last one never has more than these to wait for.
	abreast = 10
)

// straggler is a hold that a Close did not wait for.
type straggler struct {
	lease *Lease
	done  chan struct{} // closed when its grant needs no revocation, or one has been tried
}

// turn says how a Close is to end its hold.
type turn struct {
	last      bool       // no block is open any more whose grant is to be revoked
	slow      bool       // an earlier Close has waited in vain, and this one waits for nothing
	straggler *straggler // what is left behind; nil if this Close waits itself
}

// turnOf decides for a lease that has just been taken off the list. The caller holds mu.
func (p *Process) turnOf(l *Lease) turn {
	t := turn{last: !p.willRevoke(), slow: l.grant.session.slow}
	if t.slow || p.waited >= patience && !t.last || t.last && len(p.behind) > 0 {
		t.straggler = &straggler{l, make(chan struct{})}
		p.behind = append(p.behind, t.straggler)
	}
	return t
}

// willRevoke reports whether a block is open whose Close may revoke. That of a kept grant does not, and a data source has
// none. The caller holds mu.
func (p *Process) willRevoke() bool {
	for _, lease := range p.leases {
		if lease.grant.owned() {
			return true
		}
	}
	return false
}

// close ends a hold when its turn has come, within CloseLimit.
func (l *Lease) close(ctx context.Context, t turn) (err error) {
	p := l.grant.session.process
	limit, stop := context.WithTimeout(context.WithoutCancel(ctx), CloseLimit)
	defer stop()
	if t.slow {
		stop()
	}
	if t.straggler != nil {
		if t.straggler.run(limit) && t.slow {
			err = errInBackground
		}
	} else {
		began := time.Now()
		err = l.release(limit)
		p.mu.Lock()
		p.waited += time.Since(began)
		p.mu.Unlock()
	}
	if !t.last {
		return err
	}
	return joinOnce(err, p.catchUp(limit))
}

// run gives up the hold, and revokes the grant in the background if it was the last one, which it reports. It returns
// when that has begun, or ctx is done.
func (s *straggler) run(ctx context.Context) (revokes bool) {
	g := s.lease.grant
	if last, _ := s.lease.giveUp(); !last {
		close(s.done)
		return false
	}
	g.letGo()
	begun := make(chan struct{})
	go func() {
		defer close(s.done)
		abreast := g.session.process.abreast
		abreast <- struct{}{}
		defer func() { <-abreast }()
		close(begun)
		_ = g.endWithin(context.Background(), CloseLimit) // the grant knows what came of it
	}()
	select {
	case <-begun:
	case <-ctx.Done():
	}
	return true
}

// catchUp waits until ctx is done for what was left behind, and says what could not be revoked, each reason once.
func (p *Process) catchUp(ctx context.Context) error {
	p.mu.Lock()
	behind := p.behind
	p.behind = nil
	p.mu.Unlock()
	var reasons []error
	for _, s := range behind {
		reasons = append(reasons, s.outcome(ctx))
	}
	return joinOnce(reasons...)
}

// outcome waits until ctx is done for the end of a revocation, and says what came of it.
func (s *straggler) outcome(ctx context.Context) error {
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	select { // of two that are ready, the one above may have taken either
	case <-s.done:
		return s.lease.grant.unrevoked()
	default:
		return errStillTrying
	}
}

// joinOnce joins errors, of those that say the same only the first.
func joinOnce(list ...error) error {
	var different []error
	seen := map[string]bool{}
	for _, err := range list {
		if err != nil && !seen[err.Error()] {
			seen[err.Error()] = true
			different = append(different, err)
		}
	}
	if len(different) == 1 {
		return different[0]
	}
	return errors.Join(different...)
}
