package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Refresher is the server, as far as the store needs it.
type Refresher interface {
	// Ping asks the server for nothing, on a fresh connection: it finds a wrong name, a dead proxy, an untrusted
	// certificate or a sleeping server before a token is at stake. Any error stops the refresh.
	Ping(ctx context.Context) error

	// Refresh sends the refresh token in exactly one request (a connection that was never made may be tried again) and
	// returns the answer. It fails with an OutcomeError; any other error counts as Ambiguous. Tokens beside an error
	// are what could be read of a damaged answer, and are kept as if there were no error.
	Refresh(ctx context.Context, refreshToken secret.String) (Tokens, error)
}

// Tokens is an answer of the server.
type Tokens struct {
	AccessToken secret.String
	// RefreshToken is empty if the server gave none.
	RefreshToken secret.String
	TokenType    string
	// ExpiresIn is the life of the access token from the start of the request; 0 if unknown.
	ExpiresIn time.Duration
	// Expires is the same by the server's clock; zero if unknown.
	Expires time.Time
	// RefreshUntil is the end of the grant by the server's clock; zero if unknown or never.
	RefreshUntil time.Time
	Scope        string
	Identity     string
	// ServerTime is the server's clock when it answered (the Date header); zero if unknown.
	ServerTime time.Time
}

// Outcome classes a failed request by what became of the token in it.
type Outcome int

// The outcomes. The zero value is the one that assumes least.
const (
	// Ambiguous: the request may have been carried out: no answer, or one that does not tell.
	Ambiguous Outcome = iota
	// Refused: the server knows the token no more. The grant is dead.
	Refused
	// Misconfigured: the server refused the request for another reason (client_id, permission, address). The token is
	// as good as before.
	Misconfigured
	// Unavailable: the server answered "later", or was never reached. The token is as good as before.
	Unavailable
)

// String names the outcome.
func (o Outcome) String() string {
	switch o {
	case Refused:
		return "refused"
	case Misconfigured:
		return "misconfigured"
	case Unavailable:
		return "unavailable"
	default:
		return "ambiguous"
	}
}

// OutcomeError is an error of a Refresher, with its class. Err must not hold a secret: its text is shown.
type OutcomeError struct {
	Outcome Outcome
	Err     error
}

// Error returns the text of the error beneath.
func (e *OutcomeError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("the request was %s", e.Outcome)
	}
	return e.Err.Error()
}

// Unwrap returns the error beneath.
func (e *OutcomeError) Unwrap() error { return e.Err }

func outcomeOf(err error) Outcome {
	if classed, ok := errors.AsType[*OutcomeError](err); ok {
		return classed.Outcome
	}
	return Ambiguous
}
