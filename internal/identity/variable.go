package identity

import (
	"context"
	"fmt"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// variableName is deliberately narrow: what does not fit is more likely a token in the wrong place than a name.
var variableName = pattern.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// variable is a JWT that a CI system puts into an environment variable.
type variable struct {
	attribute string
	name      string
	env       Environment
	// provider says which setting makes the CI system set the variable.
	provider string
}

// FromVariable returns the source for attribute jwt_env: the environment variable of that name, as GitLab, CircleCI,
// Bitbucket or Spacelift set one. A name that is none is an error, which does not repeat it: it may be the token.
func FromVariable(name string, env Environment) (Source, error) {
	fail := func(problem, next string) (Source, error) {
		return nil, &Error{Attribute: "jwt_env", Problem: problem, Next: next}
	}
	switch {
	case trim(name) == "":
		return fail("the name is empty", "Give the name of the environment variable that holds the JWT.")
	case looksLikeSecret(name):
		return fail("the value looks like a token, but jwt_env takes the name of a variable",
			"Give the name of the environment variable that holds the JWT; a JWT itself goes into jwt.")
	case name[0] == '$' || name[0] == '%':
		return fail("the name begins with a sign that expands variables",
			"Give the bare name, as in jwt_env = \"VEDAUTH_ID_TOKEN\".")
	case len(name) > 128, !variableName.MatchString(name):
		return fail("the value is not the name of an environment variable",
			"A name has letters, digits and underscores, as in jwt_env = \"VEDAUTH_ID_TOKEN\".")
	}
	return variable{
		attribute: "jwt_env", name: name, env: env,
		provider: "Have the job set it: in GitLab with id_tokens, in CircleCI with CIRCLE_OIDC_TOKEN_V2, in Bitbucket " +
			"with oidc: true on the step; check the spelling of the name.",
	}, nil
}

func (s variable) Attribute() string { return s.attribute }

func (s variable) Key() secret.String { return secret.New(s.attribute + ":" + s.name) }

func (s variable) Present() error {
	value, set := s.env(s.name)
	switch {
	case !set:
		return s.absent("is not set")
	case trim(value) == "":
		return s.absent("is set, but empty")
	}
	return nil
}

func (s variable) Fetch(context.Context) (secret.String, error) {
	if err := s.Present(); err != nil {
		return secret.String{}, err
	}
	return secret.New(s.env.lookup(s.name)), nil
}

func (s variable) absent(how string) *Error {
	return &Error{
		Attribute: s.attribute,
		Problem:   fmt.Sprintf("the environment variable %s %s", s.name, how),
		Next:      s.provider,
		Absent:    true,
	}
}
