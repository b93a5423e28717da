package session

import (
	"context"
	"errors"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// gate lets the first request with a credential go alone. If the credential itself is refused, no other request with it
// is sent: each would be a failed logon, and directories lock accounts after a few. Any other outcome opens the gate.
type gate struct {
	turn chan struct{} // has room for the one who may go while the gate is undecided

	// Guarded by process.mu.
	open    bool
	refused error
}

// passGate asks the server for a token, when it is the request's turn.
func (s *Session) passGate(ctx context.Context, r Request) (*vedauth.Token, error) {
	if len(r.Credential) == 0 {
		return r.authorize(ctx)
	}
	g := s.gateOf(r)
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	leave := func() { <-g.turn }
	open, refused := s.look(g)
	switch {
	case refused != nil:
		leave()
		return nil, refused
	case open:
		leave() // others need not wait for this one
	default:
		defer leave()
	}
	token, err := r.authorize(ctx)
	s.decide(g, err)
	return token, err
}

func (s *Session) gateOf(r Request) *gate {
	s.process.mu.Lock()
	defer s.process.mu.Unlock()
	key := s.process.digestOf(r.Credential...)
	if s.gates[key] == nil {
		s.gates[key] = &gate{turn: make(chan struct{}, 1)}
	}
	return s.gates[key]
}

func (s *Session) look(g *gate) (open bool, refused error) {
	s.process.mu.Lock()
	defer s.process.mu.Unlock()
	return g.open, g.refused
}

func (s *Session) decide(g *gate, err error) {
	s.process.mu.Lock()
	defer s.process.mu.Unlock()
	var failure *vedauth.Error
	switch {
	case !errors.As(err, &failure):
		g.open = g.open || err == nil
	case failure.Kind == vedauth.Refused && blamesCredential(failure.Row.Class):
		g.refused = err
	case failure.Kind != vedauth.Canceled:
		// Without a verdict on the credential the others need not queue up behind a server that does not answer.
		g.open = true
	}
}

// blamesCredential reports whether a refusal may have been a failed logon. A refusal of unknown cause counts as one.
func blamesCredential(class refusal.Class) bool {
	switch class {
	case refusal.Scope, refusal.Client, refusal.Permission, refusal.Disabled:
		return false
	default:
		return true
	}
}
