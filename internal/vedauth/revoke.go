package vedauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Revoke ends the grant of a token: its access token and its refresh token both die. It returns nil only if the grant
// is gone for certain. It must not run twice at a time for one token, because it replaces what the token holds by what
// a refresh gave.
//
// The server takes a revocation only from a valid access token. So when that has ended but the grant has a refresh
// token, Revoke refreshes once and revokes with the new access token.
func (c *Client) Revoke(ctx context.Context, token *Token) error {
	if left, known := token.Remaining(c.config.Now()); known && left <= 0 && !token.RefreshToken.Empty() {
		return c.refreshAndRevoke(ctx, token)
	}
	gone, err := c.revoke(ctx, token.AccessToken)
	if gone || err != nil {
		return err
	}
	if token.RefreshToken.Empty() {
		return nil // nobody holds anything any more that works
	}
	return c.refreshAndRevoke(ctx, token)
}

// revoke sends one revocation. gone means that the server confirmed it; not gone without an error means that the server
// does not accept the access token.
func (c *Client) revoke(ctx context.Context, accessToken secret.String) (gone bool, err error) {
	r := revokeRequest(accessToken)
	got, failure := c.do(ctx, r)
	switch {
	case failure != nil && failure.deniesToken():
		return false, nil
	case failure != nil:
		return false, failure
	case got.status == http.StatusOK && got.oauth.Error == "":
		return true, nil
	}
	// 202 stands for "not found" and for "failed" alike; only verify tells them apart.
	_, failure = c.verify(ctx, accessToken)
	switch {
	case failure != nil && failure.deniesToken():
		return false, nil
	case failure != nil:
		return false, failure
	}
	failure = c.failure(r, Unexpected, got)
	failure.problem = "the server did not revoke the grant: its token still works"
	failure.next = "Have an administrator revoke the grant, and look in the server's log at the time of the request."
	return false, failure
}

func revokeRequest(accessToken secret.String) request {
	return request{
		endpoint: refusal.Revoke, method: http.MethodGet, bearer: accessToken, secrets: []secret.String{accessToken},
		policy: harmless, ok: func(status int) bool { return status == http.StatusOK || status == http.StatusAccepted },
	}
}

// deniesToken reports whether vedauth itself said that it does not know the access token. The login page of something
// in between does not say that, nor does a 401 about the scope, which servers before 20.4 send.
func (e *Error) deniesToken() bool {
	return e.Status == http.StatusUnauthorized && e.Row.Class == refusal.Bearer
}

func (c *Client) refreshAndRevoke(ctx context.Context, token *Token) error {
	fresh, err := c.Refresh(ctx, token.ClientID, token.RefreshToken)
	var failure *Error
	if errors.As(err, &failure) {
		if fresh = failure.Grant; fresh == nil {
			return judgeRefresh(token, failure)
		}
	}
	if fresh == nil {
		return err
	}
	// From here on only the new tokens work; a later try of this revocation must use them.
	token.AccessToken, token.RefreshToken, token.rotated = fresh.AccessToken, fresh.RefreshToken, false
	token.ExpiresIn, token.Expires, token.Requested = fresh.ExpiresIn, fresh.Expires, fresh.Requested
	gone, err := c.revoke(ctx, fresh.AccessToken)
	if err == nil && !gone {
		failure := c.failure(revokeRequest(fresh.AccessToken), Unexpected, nil)
		failure.problem = "the server did not accept a token that it had just issued"
		failure.next = "Have an administrator look for the grant and revoke it."
		return failure
	}
	return err
}

// judgeRefresh says what a failed refresh means for the revocation that needed it. A refresh token that the server does
// not know is that of a grant that is gone, unless a refresh before got no answer: then the grant may live on with
// tokens that nobody has seen.
func judgeRefresh(token *Token, failure *Error) error {
	if failure.Kind == Ambiguous {
		token.rotated = true
	}
	if failure.Row.Class != refusal.Grant {
		return failure
	}
	if !token.rotated {
		return nil
	}
	failure.problem = "an earlier refresh of this grant got no answer, so it may live on with tokens that nobody has seen"
	failure.next = "Have an administrator look for the grant and revoke it, or let it expire."
	return failure
}
