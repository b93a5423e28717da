package identity

import (
	"context"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// literal is a JWT that was given as a value.
type literal struct {
	token secret.String
}

// FromToken returns the source for attribute jwt: the JWT itself. An empty one is an error.
func FromToken(token secret.String) (Source, error) {
	value := trim(token.Reveal())
	if value == "" {
		return nil, &Error{
			Attribute: "jwt",
			Problem:   "the value is empty",
			Next: "Check the variable or the output it comes from, or name another source: jwt_file, jwt_env, " +
				"github_actions, azure_devops or hcp_terraform.",
		}
	}
	return literal{token: secret.New(value)}, nil
}

func (s literal) Attribute() string { return "jwt" }

func (s literal) Key() secret.String { return secret.New("jwt:" + s.token.Reveal()) }

func (s literal) Present() error { return nil }

func (s literal) Fetch(context.Context) (secret.String, error) { return s.token, nil }
