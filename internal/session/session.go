package session

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// Request says what token is wanted and how it is made and ended.
type Request struct {
	// Parts tell one token from another: server, client_id, scope, grant, credentials and whatever else matters.
	Parts []secret.String
	// Credential tells one account from another, for credentials that a directory locks after some failed logons: the
	// first request with one goes alone, and a refused one is not tried again. Empty where no account can be locked.
	Credential []secret.String
	// Keep means that the grant is the user's once it has been handed out, and never revoked from then on.
	Keep bool
	// Stored means that the grant is kept elsewhere between runs: it is never the process's to end, however the request
	// turns out. Only a grant that comes with a failure is. Authorize must return soon when its context ends, except while
	// an answer is on its way.
	Stored bool
	// Release is called once when nobody holds the token any more. Optional.
	Release func()
	// Kind separates what must not share a grant although Parts are equal: ephemeral blocks and data sources.
	Kind string
	// Authorize asks the server. It is called from a goroutine of its own. When its context ends it returns soon if
	// nothing was sent yet, and otherwise with the server's answer.
	Authorize func(context.Context) (*vedauth.Token, error)
	// Revoke ends a grant.
	Revoke func(context.Context, *vedauth.Token) error
	// Now is the clock by which tokens expire.
	Now func() time.Time
}

// authorize is Authorize, which runs in a goroutine of its own: a panic there would end the process, and print itself.
func (r Request) authorize(ctx context.Context) (token *vedauth.Token, err error) {
	defer crash.Catch(func(e *crash.Error) { token, err = nil, e })
	return r.Authorize(ctx)
}

// revoke is Revoke, caught likewise.
func (r Request) revoke(ctx context.Context, token *vedauth.Token) (err error) {
	defer crash.Catch(func(e *crash.Error) { err = e })
	return r.Revoke(ctx, token)
}

// Session is what the blocks of one configured provider share.
type Session struct {
	process *Process

	// Guarded by process.mu.
	slow    bool // a revocation got no answer in CloseLimit; the next ones are not waited for
	grants  map[digest]*grant
	refused map[digest]error // definitive refusals, remembered for the walk
	gates   map[digest]*gate
}

// UndoneError is a failure after which a grant was left over on the server, with what became of it.
type UndoneError struct {
	// Cause is the failure itself.
	Cause error
	// Revocation is why the grant could not be revoked, or nil if it was.
	Revocation error
}

// Error gives both.
func (e *UndoneError) Error() string {
	if e.Revocation != nil {
		return e.Cause.Error() + " The grant that was made could not be revoked: " + e.Revocation.Error()
	}
	return e.Cause.Error() + " The grant that was made has been revoked."
}

// Unwrap gives the failure itself.
func (e *UndoneError) Unwrap() error { return e.Cause }

// Lease is one block's hold on a grant.
type Lease struct {
	// Handle stands for the lease in the block's private data. It holds no secret.
	Handle string
	// Token is the grant.
	Token *vedauth.Token

	grant *grant
}

// Open returns a hold on the token that the request asks for: on a grant that another block holds at this moment, or on
// a new one. The caller must end it by Confirm or Abandon.
//
// If ctx ends first, Open gives up its hold: others that wait for the same answer are not disturbed, and if there are
// none the grant is revoked as soon as it is there. Open waits for that up to CloseLimit; for the answer of a request
// that concerns a stored grant it waits as long as the request takes, for the process may end with the Open.
func (s *Session) Open(ctx context.Context, r Request) (*Lease, error) {
	g, err := s.join(r)
	if err != nil {
		return nil, err
	}
	select {
	case <-g.answered:
	case <-ctx.Done():
		return nil, s.cancelOpen(ctx, g)
	}
	switch {
	case g.err != nil:
		s.leave(g)
		return nil, g.err
	case ctx.Err() != nil: // both at once: nobody will take the token any more, and perhaps nobody close the block
		return nil, s.cancelOpen(ctx, g)
	}
	return &Lease{Handle: rand.Text(), Token: g.token, grant: g}, nil
}

// join finds the grant that the request may share or starts a new one.
func (s *Session) join(r Request) (*grant, error) {
	p := s.process
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return nil, ErrShutdown
	}
	same := p.digestOf(r.Parts...)
	if err := s.refused[same]; err != nil {
		return nil, err
	}
	kept := ""
	if r.Keep {
		kept = "kept"
	}
	key := p.digestOf(append([]secret.String{secret.New(r.Kind), secret.New(kept)}, r.Parts...)...)
	g := s.grants[key]
	if g == nil || !g.shareable() {
		g = newGrant(s, r, key, same)
		s.grants[key] = g
		p.live[g] = struct{}{}
		go g.ask()
	}
	g.holders++
	return g, nil
}

// cancelOpen gives up a hold on a grant, whose answer may not be there yet.
func (s *Session) cancelOpen(ctx context.Context, g *grant) error {
	s.process.mu.Lock()
	g.holders--
	last := g.holders == 0
	if last {
		g.drop()
		g.cancel()
	}
	s.process.mu.Unlock()
	cancelled := context.Cause(ctx)
	if !last {
		return cancelled
	}
	limit, stop := context.WithTimeout(context.WithoutCancel(ctx), CloseLimit)
	defer stop()
	if g.request.Stored { // a rotated grant that is not stored is lost, and its request has a deadline of its own
		<-g.finished
	}
	select {
	case <-g.finished:
	case <-limit.Done():
		return &UndoneError{Cause: cancelled, Revocation: errors.New("the server has not answered the token request yet; the provider revokes the grant when it does, while it runs")}
	}
	// The answer may have come just before the hold was given up.
	g.letGo()
	if err := g.endWithin(limit, CloseLimit); err != nil {
		return &UndoneError{Cause: cancelled, Revocation: err}
	}
	return cancelled
}

// leave gives up a hold on a grant that failed.
func (s *Session) leave(g *grant) {
	s.process.mu.Lock()
	defer s.process.mu.Unlock()
	g.holders--
}

// Confirm says that the token was handed out. A grant that is to be kept is the user's from now on; any other is ended
// by Process.Close with the lease's handle.
func (l *Lease) Confirm() {
	p := l.grant.session.process
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leases[l.Handle] = l
	if l.grant.request.Keep {
		l.grant.kept = true
		p.forget(l.grant)
	}
}

// Abandon says that the token will not be handed out after all. If nobody else holds the grant it is revoked. The error
// says why it could not be; it returns within CloseLimit.
func (l *Lease) Abandon(ctx context.Context) error { return l.release(ctx) }

// giveUp ends the hold. last means that nobody else holds the grant, slow that nobody is to wait for its end.
func (l *Lease) giveUp() (last, slow bool) {
	g, p := l.grant, l.grant.session.process
	p.mu.Lock()
	defer p.mu.Unlock()
	g.holders--
	if g.holders == 0 {
		g.drop()
	}
	return g.holders == 0, g.session.slow
}

func (l *Lease) release(ctx context.Context) error {
	g := l.grant
	last, slow := l.giveUp()
	if !last {
		return nil
	}
	g.letGo()
	limit, stop := context.WithTimeout(context.WithoutCancel(ctx), CloseLimit)
	defer stop()
	if !slow {
		return g.endWithin(limit, CloseLimit)
	}
	stop()
	if g.endWithin(limit, CloseLimit) != nil {
		return errInBackground
	}
	return nil
}
