package vedauth

import (
	"context"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Refresh spends a refresh token at Authorize/Token. The answer holds a new access token and a new refresh token; both
// old ones are dead. It is sent once: after an Ambiguous failure nobody knows whether the old token still works, and
// the caller decides.
func (c *Client) Refresh(ctx context.Context, clientID string, refreshToken secret.String) (*Token, error) {
	body := struct {
		ClientID     string `json:"client_id"`
		RefreshToken string `json:"refresh_token"`
	}{clientID, refreshToken.Reveal()}
	return c.authorize(ctx, refusal.Token, rotatesGrant, clientID, body, refreshToken)
}
