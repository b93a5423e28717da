package vedauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Revoke ends the grant of a token: its access token and its refresh token both die. It returns nil only if the grant
// is gone for certain.
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
	got, failure := c.do(ctx, request{
		endpoint: refusal.Revoke, method: http.MethodGet, bearer: accessToken, secrets: []secret.String{accessToken},
		policy: harmless, ok: func(status int) bool { return status == http.StatusOK || status == http.StatusAccepted },
	})
	switch {
	case failure != nil && failure.Status == http.StatusUnauthorized:
		return false, nil
	case failure != nil:
		return false, failure
	case got.status == http.StatusOK:
		return true, nil
	}
	// 202 stands for "not found" and for "failed" alike; only verify tells them apart.
	verification, err := c.Verify(ctx, accessToken)
	if err != nil {
		return false, err
	}
	if verification.Valid {
		return false, &Error{
			Endpoint: refusal.Revoke, Method: http.MethodGet, URL: c.config.Server + pathOf[refusal.Revoke], Kind: Unexpected,
			Status: got.status, Attempts: 1, problem: "the server did not revoke the grant: its token still works",
			next: "Have an administrator revoke the grant, and look in the server's log at the time of the request.",
		}
	}
	return false, nil
}

func (c *Client) refreshAndRevoke(ctx context.Context, token *Token) error {
	fresh, err := c.Refresh(ctx, token.ClientID, token.RefreshToken)
	var failure *Error
	if errors.As(err, &failure) {
		if failure.Row.Class == refusal.Grant {
			return nil // the server knows neither of the two tokens: the grant is gone
		}
		if failure.Grant == nil {
			return failure
		}
		fresh = failure.Grant
	}
	if fresh == nil {
		return err
	}
	// From here on only the new tokens work; a later try of this revocation must use them.
	token.AccessToken, token.RefreshToken, token.ExpiresIn = fresh.AccessToken, fresh.RefreshToken, fresh.ExpiresIn
	token.Requested = fresh.Requested
	gone, err := c.revoke(ctx, fresh.AccessToken)
	if err == nil && !gone {
		err = &Error{
			Endpoint: refusal.Revoke, Method: http.MethodGet, URL: c.config.Server + pathOf[refusal.Revoke], Kind: Unexpected,
			problem: "the server did not accept a token that it had just issued", Attempts: 1,
			next: "Have an administrator look for the grant and revoke it.",
		}
	}
	return err
}
