package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

var (
	// errStillTrying is for a caller who cannot wait for a revocation any longer.
	errStillTrying = errors.New("no answer came in time; the provider goes on trying while it runs, and once more on its way out")
	// errInBackground is for a caller who is not made to wait, because an earlier one waited in vain.
	errInBackground = errors.New("an earlier revocation got no answer in time, so this one was left to the background; whether it succeeds is not known")
	// errUnanswered and errCutShort are for the end of the process.
	errUnanswered = errors.New("a token request was still unanswered when the provider had to stop")
	errCutShort   = errors.New("a revocation was still unanswered when the provider had to stop")
)

// grant is one grant on the server, from the moment it is asked for.
type grant struct {
	session *Session
	request Request
	key     digest // of requests that may share it
	same    digest // of requests that would be refused alike
	cancel  context.CancelFunc
	flight  context.Context

	// answered is closed when token and err are set, finished when nothing is left to be done by ask.
	answered, finished chan struct{}
	token              *vedauth.Token
	err                error
	// doomed is the token as the revocation has it, which may have to refresh it. token stays as it was handed out.
	doomed *vedauth.Token

	// Guarded by process.mu.
	holders int
	kept    bool
	ending  chan struct{}      // closed when the revocation under way ends; nil if none is
	stop    context.CancelFunc // of the revocation under way
	endErr  error              // of the last revocation

	released sync.Once
}

// letGo says that nobody holds the token any more.
func (g *grant) letGo() {
	if g.request.Release != nil {
		g.released.Do(func() {
			defer crash.Catch(func(*crash.Error) {}) // what a block holds beside its token ends with the process anyway
			g.request.Release()
		})
	}
}

func newGrant(s *Session, r Request, key, same digest) *grant {
	flight, cancel := context.WithCancel(context.Background())
	return &grant{
		session: s, request: r, key: key, same: same, flight: flight, cancel: cancel,
		answered: make(chan struct{}), finished: make(chan struct{}),
	}
}

// ask gets the token, and ends the grant at once if nobody waits for it any more.
func (g *grant) ask() {
	defer g.finish()
	token, err := g.session.passGate(g.flight, g.request)
	leftover := leftoverOf(err)

	p := g.session.process
	p.mu.Lock()
	if err != nil {
		g.err = err
		g.drop()
		if isRefusal(err) {
			g.session.refused[g.same] = err
		}
		if leftover == nil {
			p.forget(g)
		}
	}
	g.token = token
	if leftover != nil {
		g.token = leftover
	}
	if g.token != nil {
		doomed := *g.token
		g.doomed = &doomed
	}
	if err == nil && g.request.Stored {
		p.forget(g)
	}
	if err == nil && p.closing {
		g.err = ErrShutdown
	}
	unwanted := g.holders == 0
	orphaned := g.owned() && (g.err != nil || unwanted)
	p.mu.Unlock()

	if unwanted || g.err != nil {
		g.letGo()
	}

	if orphaned {
		revocation := g.endWithin(context.Background(), CloseLimit)
		if leftover != nil {
			g.err = &UndoneError{Cause: err, Revocation: revocation}
		}
	}
	close(g.answered)
}

// finish says that ask has nothing left to do.
func (g *grant) finish() {
	g.cancel()
	p := g.session.process
	p.mu.Lock()
	defer p.mu.Unlock()
	close(g.finished)
	p.stir()
}

// shareable reports whether another block may still get this grant. The caller holds mu.
func (g *grant) shareable() bool {
	if g.token == nil {
		return g.err == nil
	}
	left, known := g.token.Remaining(g.request.Now())
	return !known || left > 0
}

// owned reports whether the grant is on the server and the process's to end. The caller holds mu.
func (g *grant) owned() bool {
	_, live := g.session.process.live[g]
	return live && g.token != nil && !g.kept
}

// busy reports whether the grant is being asked for or being revoked. The caller holds mu.
func (g *grant) busy() bool {
	select {
	case <-g.finished:
		return g.ending != nil
	default:
		return true
	}
}

// drop makes sure that no further block joins. The caller holds mu.
func (g *grant) drop() {
	if g.session.grants[g.key] == g {
		delete(g.session.grants, g.key)
	}
}

// unrevoked is why an owned grant is still on the server, or nil if it is not.
func (g *grant) unrevoked() error {
	g.session.process.mu.Lock()
	defer g.session.process.mu.Unlock()
	if g.owned() {
		return g.endErr
	}
	return nil
}

// endWithin revokes the grant if it is still the process's to end, taking at most limit, and waits for the outcome
// until ctx is done; the revocation then goes on behind the caller's back.
func (g *grant) endWithin(ctx context.Context, limit time.Duration) error {
	p := g.session.process
	p.mu.Lock()
	if !g.owned() {
		p.mu.Unlock()
		return nil
	}
	if g.ending == nil {
		attempt, stop := context.WithTimeout(context.Background(), limit)
		g.ending, g.stop = make(chan struct{}), stop
		go g.end(attempt, g.ending)
	}
	ending := g.ending
	p.mu.Unlock()
	select {
	case <-ending:
		return g.unrevoked()
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		g.session.slow = true
		return errStillTrying
	}
}

// endAnew is endWithin for a caller to whom a revocation that is under way already is of no use, because it may be stuck.
func (g *grant) endAnew(ctx context.Context, limit time.Duration) error {
	p := g.session.process
	p.mu.Lock()
	stuck := g.ending
	if stuck != nil {
		g.stop()
	}
	p.mu.Unlock()
	if stuck != nil {
		select {
		case <-stuck:
		case <-ctx.Done():
			return errStillTrying
		}
	}
	return g.endWithin(ctx, limit)
}

// end sends the revocation.
func (g *grant) end(ctx context.Context, done chan struct{}) {
	err := g.request.revoke(ctx, g.doomed)
	p := g.session.process
	p.mu.Lock()
	defer p.mu.Unlock()
	defer g.stop()
	g.ending, g.endErr = nil, err
	g.session.slow = g.session.slow || err != nil && ctx.Err() != nil
	if err == nil {
		p.forget(g)
	} else {
		p.stir()
	}
	close(done)
}

// isRefusal tells a definitive no, which a person at a browser cannot turn into a yes.
func isRefusal(err error) bool {
	var failure *vedauth.Error
	return errors.As(err, &failure) && failure.Kind == vedauth.Refused && failure.Row.Class != refusal.Pending
}

// leftoverOf returns the grant that the server made although it is of no use: because its answer was damaged, or
// because of what the caller's Authorize met afterwards, which then has a method Leftover. It is nil if there is none.
func leftoverOf(err error) *vedauth.Token {
	var holding interface{ Leftover() *vedauth.Token }
	if errors.As(err, &holding) {
		return holding.Leftover()
	}
	var failure *vedauth.Error
	if errors.As(err, &failure) {
		return failure.Grant
	}
	return nil
}
