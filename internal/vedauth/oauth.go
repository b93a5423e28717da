package vedauth

import (
	"context"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// OAuthRequest is a login with a user name and a password, at Authorize/OAuth.
type OAuthRequest struct {
	// ClientID is the Application ID of the API integration; case-sensitive. Required.
	ClientID string
	// Scope is what the token is to be used for, as in "certificate:manage". Required.
	Scope string
	// State is free text that the server may record. Optional.
	State string
	// Username has a provider prefix ("local:name", "AD+connection:name"), is a UPN or DOMAIN\user, or stands alone.
	Username string
	// Password is the user's.
	Password secret.String
}

// OAuth logs in with a password. A refused password counts as a failed logon in the directory: do not try it again.
func (c *Client) OAuth(ctx context.Context, r OAuthRequest) (*Token, error) {
	body := struct {
		ClientID string `json:"client_id"`
		Username string `json:"username"`
		Password string `json:"password"`
		Scope    string `json:"scope"`
		State    string `json:"state,omitempty"`
	}{r.ClientID, r.Username, r.Password.Reveal(), r.Scope, r.State}
	return c.authorize(ctx, refusal.OAuth, makesGrant, r.ClientID, body, r.Password)
}
