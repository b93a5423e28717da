package vedauth

import (
	"context"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// JWTRequest is a login with a JWT of another issuer, at Authorize/Jwt (22.4 and later).
type JWTRequest struct {
	// ClientID is the Application ID of the API integration; case-sensitive. Required.
	ClientID string
	// Scope is what the token is to be used for, as in "certificate:manage". Required.
	Scope string
	// JWT is the whole compact JWS. The server has a mapping from its claims to one of its users.
	JWT secret.String
}

// JWT logs in with a JWT.
func (c *Client) JWT(ctx context.Context, r JWTRequest) (*Token, error) {
	body := struct {
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
		JWT      string `json:"jwt"`
	}{r.ClientID, r.Scope, r.JWT.Reveal()}
	return c.authorize(ctx, refusal.JWT, makesGrant, r.ClientID, body, jwtSecrets(r.JWT)...)
}

// jwtSecrets are the parts of a JWT that must not be shown: the whole, and its signature by itself. Header and claims
// alone prove nothing.
func jwtSecrets(jwt secret.String) []secret.String {
	parts := strings.Split(jwt.Reveal(), ".")
	return []secret.String{jwt, secret.New(parts[len(parts)-1]), secret.New(strings.Join(parts[:len(parts)-1], "."))}
}
