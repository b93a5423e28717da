package vedauth

import (
	"context"
	"errors"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Refresh spends a refresh token at Authorize/Token. The answer holds a new access token and a new refresh token; both
// old ones are dead. It is sent once: after an Ambiguous failure nobody knows whether the old token still works, and
// the caller decides.
//
// Servers before 21.3 want client_id in lower case, whatever its case is elsewhere, and say so without spending the
// token; then the request is sent once more.
func (c *Client) Refresh(ctx context.Context, clientID string, refreshToken secret.String) (*Token, error) {
	token, err := c.refresh(ctx, clientID, refreshToken)
	var failure *Error
	lower := strings.ToLower(clientID)
	if errors.As(err, &failure) && failure.Row.ID == "refresh-client-mismatch" && lower != clientID {
		token, err = c.refresh(ctx, lower, refreshToken)
	}
	return token, err
}

func (c *Client) refresh(ctx context.Context, clientID string, refreshToken secret.String) (*Token, error) {
	body := struct {
		ClientID     string `json:"client_id"`
		RefreshToken string `json:"refresh_token"`
	}{clientID, refreshToken.Reveal()}
	return c.authorize(ctx, refusal.Token, rotatesGrant, clientID, body, refreshToken)
}
