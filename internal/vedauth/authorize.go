package vedauth

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// authorize asks for a token and reads it. body is what the grant sends; secrets are what it holds that must not be
// shown. If the answer is of no use but an access token can be read from it, the error carries the grant.
func (c *Client) authorize(ctx context.Context, endpoint refusal.Endpoint, p policy, clientID string, body any, secrets ...secret.String) (*Token, error) {
	return c.authorizeBy(ctx, nil, endpoint, p, clientID, body, secrets...)
}

// authorizeBy is authorize for a request that is sent in a way of its own.
func (c *Client) authorizeBy(ctx context.Context, by exchange, endpoint refusal.Endpoint, p policy, clientID string, body any, secrets ...secret.String) (*Token, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r := request{endpoint: endpoint, method: http.MethodPost, body: encoded, secrets: secrets, policy: p, ok: isOK, exchange: by}
	got, failure := c.do(ctx, r)
	if failure != nil {
		if got != nil && failure.Kind != Refused {
			failure.Grant = salvageToken(got.body, got.requested)
		}
		return nil, doubt(failure, clientID)
	}
	token, err := parseToken(got.body, got.requested, got.served())
	if err != nil {
		failure = c.failure(r, Ambiguous, got)
		failure.Grant, failure.problem = token, "the reply cannot be used: "+err.Error()
		return nil, doubt(failure, clientID)
	}
	token.ClientID = clientID
	return token, nil
}

// doubt completes the failure of a request that may have made a grant all the same.
func doubt(failure *Error, clientID string) *Error {
	switch {
	case failure.Grant != nil:
		failure.Grant.ClientID = clientID
		failure.next = "If this happens again, look for a proxy or gateway that changes or cuts replies on their way."
	case failure.Kind == Ambiguous:
		if failure.problem != "" {
			failure.problem += "; "
		}
		what := "made a grant whose token nobody knows"
		next := " Look for an unexpected grant of this client_id and user on the server and have it revoked, or let it expire."
		if failure.Endpoint == refusal.Token {
			what = "carried it out, and then what was sent is used up and the new tokens are lost"
			next = " If it is refused from now on, obtain a new grant."
		}
		failure.problem += "the server may have " + what
		failure.next = strings.TrimSpace(failure.next + next)
	}
	return failure
}
