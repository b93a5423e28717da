package identity

import (
	"context"
	"errors"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Environment looks up an environment variable, as [os.LookupEnv] does. It is passed in, so that nothing in this
// package depends on the process it runs in.
type Environment func(name string) (value string, set bool)

// Source is one place that a JWT comes from. Its methods are safe for concurrent use.
type Source interface {
	// Fetch reads or requests the JWT, at every call anew. The result has no blanks around it and is otherwise as
	// found: Inspect says whether it is a JWT. Its errors are of type *Error.
	Fetch(ctx context.Context) (secret.String, error)

	// Present tells without fetching whether the source exists where this process runs: nil if it does, else an
	// *Error with Absent set that says what is missing and who would provide it.
	Present() error

	// Key tells two sources apart: equal keys mean the same JWT. It is a secret, because that of a literal JWT
	// contains it.
	Key() secret.String

	// Attribute is the name of the attribute that chose this source.
	Attribute() string
}

// Obtain fetches a JWT from source and inspects it at time now. The result's Token is what to send. Its errors are of
// type *Error and name the source's attribute.
func Obtain(ctx context.Context, source Source, now time.Time) (Claims, error) {
	token, err := source.Fetch(ctx)
	if err != nil {
		return Claims{}, err
	}
	claims, err := Inspect(token, now)
	var known *Error
	if errors.As(err, &known) {
		named := *known
		named.Attribute = source.Attribute()
		return Claims{}, &named
	}
	return claims, err
}

// lookup returns a variable's value without the blanks around it. An empty variable counts as unset.
func (e Environment) lookup(name string) string {
	value, _ := e(name)
	return trim(value)
}
