package identity

import (
	"context"
	"net/http"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Variables that GitHub sets in a job that may ask for an ID token.
const (
	githubURL    = "ACTIONS_ID_TOKEN_REQUEST_URL"
	githubBearer = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
)

// githubPermission is what a job lacks when the variables are missing.
const githubPermission = "Give the job \"permissions: id-token: write\" (beside contents: read); a pull request from " +
	"a fork never gets it, and outside of GitHub Actions there is no such token."

// githubActions asks the identity service of GitHub Actions (and of Forgejo, which copies it) for an ID token.
type githubActions struct {
	audience string
	requester
}

// GitHubActions returns the source for attribute github_actions: an ID token for that audience, requested anew at
// every Fetch. An empty audience is an error.
//
// Source: GitHub, "OpenID Connect reference", and the protocol of actions/toolkit.
func GitHubActions(audience string, env Environment) (Source, error) {
	if trim(audience) == "" {
		return nil, &Error{
			Attribute: "github_actions", Problem: "the audience is empty",
			Next: "Give the audience that the server's JWT mapping expects, as in " +
				"github_actions = { audience = \"https://tpp.example.com/vedauth\" }.",
		}
	}
	return githubActions{audience: audience, requester: newRequester(env)}, nil
}

func (s githubActions) Attribute() string { return "github_actions" }

func (s githubActions) Key() secret.String { return secret.New("github_actions:" + s.audience) }

func (s githubActions) Present() error {
	return s.needs(s.Attribute(), []need{{githubURL, githubPermission}, {githubBearer, githubPermission}})
}

func (s githubActions) Fetch(ctx context.Context) (secret.String, error) {
	if err := s.Present(); err != nil {
		return secret.String{}, err
	}
	return s.fetch(ctx, call{
		attribute:   s.Attribute(),
		service:     "the identity service of GitHub Actions",
		method:      http.MethodGet,
		urlVariable: githubURL,
		query:       map[string]string{"audience": s.audience},
		tokenNamed:  githubBearer,
		scheme:      "bearer",
		field:       "value",
		advise:      adviseGitHub,
	})
}

func adviseGitHub(status int, _ []byte) string {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return githubPermission + " " + githubBearer + " is valid only while its job runs, so it must come from this job."
	case status < 400, status == http.StatusNotFound:
		return "Check that " + githubURL + " reaches Terraform as GitHub set it, in the same job."
	case status == http.StatusBadRequest:
		return "Check the audience."
	}
	return "If it happens again, look at the status page of GitHub Actions."
}
