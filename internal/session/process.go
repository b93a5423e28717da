package session

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// CloseLimit is how long a Close, and a cancelled Open, may wait for the server. OpenTofu gives a Close ten seconds.
const CloseLimit = 5 * time.Second

// ErrShutdown is what an Open gets once the process is on its way out.
var ErrShutdown = errors.New("the provider is shutting down")

// Process is what all sessions of one provider process share: the handles that blocks hold, and the grants that are the
// process's to end.
type Process struct {
	key []byte // of the HMAC that stands for a request; random, so that a digest says nothing about a password

	mu      sync.Mutex
	closing bool
	leases  map[string]*Lease   // by handle
	live    map[*grant]struct{} // asked for or owned, and not known to be gone
	quiet   chan struct{}       // closed and replaced whenever live shrinks
	waited  time.Duration       // by Closes for the server, in all
	behind  []*straggler        // what Closes did not wait for

	abreast chan struct{} // has room for the revocations of those that may be under way
}

// NewProcess makes the one Process of a provider process.
func NewProcess() *Process {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails, by its documentation
	return &Process{
		key: key, leases: map[string]*Lease{}, live: map[*grant]struct{}{}, quiet: make(chan struct{}),
		abreast: make(chan struct{}, abreast),
	}
}

// NewSession makes a session, for one Configure of the provider.
func (p *Process) NewSession() *Session {
	return &Session{
		process: p, grants: map[digest]*grant{}, refused: map[digest]error{}, gates: map[digest]*gate{},
	}
}

// Close ends the hold that a handle stands for, and the grant with it if it was the last one. It returns within
// CloseLimit, and sooner if Closes have waited for long already: then the last Close of all tells what became of the
// grant. A handle that is not known, or was closed before, is nothing to do.
func (p *Process) Close(ctx context.Context, handle string) error {
	p.mu.Lock()
	lease := p.leases[handle]
	if lease == nil {
		p.mu.Unlock()
		return nil
	}
	delete(p.leases, handle)
	turn := p.turnOf(lease)
	p.mu.Unlock()
	return lease.close(ctx, turn)
}

// Shutdown ends every grant that is still the process's to end, all at once, and those that are being asked for as soon
// as their answers come. A revocation that is under way is begun anew: it may be stuck. It returns when none is left or
// ctx is done; the error then says what may be left, and why.
func (p *Process) Shutdown(ctx context.Context) error {
	limit := CloseLimit
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline)
	}
	p.mu.Lock()
	end := (*grant).endAnew
	if p.closing { // by another Shutdown, whose revocations are as new as they can be
		end = (*grant).endWithin
	}
	p.closing = true
	var owned, held []*grant
	for _, lease := range p.leases {
		held = append(held, lease.grant)
	}
	for g := range p.live {
		g.cancel() // what has not been sent yet need not be
		if g.owned() {
			owned = append(owned, g)
		}
	}
	p.mu.Unlock()

	var wg sync.WaitGroup
	for _, g := range owned {
		wg.Go(func() { _ = end(g, ctx, limit) }) // whatever comes of it, left tells
	}
	released := letGoOf(held) // nobody closes these any more
	wg.Wait()
	p.waitUntilQuiet(ctx)
	select {
	case <-released:
	case <-ctx.Done():
	}
	return p.left()
}

// letGoOf lets go of grants, and closes the result when it has.
func letGoOf(held []*grant) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, g := range held {
			g.letGo()
		}
	}()
	return done
}

// waitUntilQuiet waits for requests that are still under way; each ends its own grant when it is answered.
func (p *Process) waitUntilQuiet(ctx context.Context) {
	for {
		p.mu.Lock()
		busy, quiet := 0, p.quiet
		for g := range p.live {
			if g.busy() {
				busy++
			}
		}
		p.mu.Unlock()
		if busy == 0 {
			return
		}
		select {
		case <-quiet:
		case <-ctx.Done():
			return
		}
	}
}

// left says of every grant that may still be on the server why it is, or returns nil if there is none.
func (p *Process) left() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var reasons []error
	for g := range p.live {
		switch {
		case !g.owned():
			reasons = append(reasons, errUnanswered)
		case g.endErr == nil || g.ending != nil:
			reasons = append(reasons, errCutShort)
		default:
			reasons = append(reasons, g.endErr)
		}
	}
	return errors.Join(reasons...)
}

// forget takes a grant off the list of those that are the process's to end. The caller holds mu.
func (p *Process) forget(g *grant) {
	delete(p.live, g)
	p.stir()
}

// stir wakes whoever waits for the list of live grants to change. The caller holds mu.
func (p *Process) stir() {
	close(p.quiet)
	p.quiet = make(chan struct{})
}

type digest [sha256.Size]byte

// digestOf gives equal values for equal parts and says nothing else about them. Each part is preceded by its length, so
// that ("ab", "c") and ("a", "bc") differ.
func (p *Process) digestOf(parts ...secret.String) digest {
	mac := hmac.New(sha256.New, p.key)
	for _, part := range parts {
		text := part.Reveal()
		_ = binary.Write(mac, binary.BigEndian, uint64(len(text)))
		_, _ = mac.Write([]byte(text))
	}
	return digest(mac.Sum(nil))
}
