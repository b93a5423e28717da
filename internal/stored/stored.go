// Package stored joins the token store to the protocol client: what a server answers becomes what the store keeps, what
// the store keeps becomes a token again, and a failed request becomes what the store must know of it.
package stored

import (
	"context"
	"errors"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

var _ tokenstore.Refresher = Server{}

// Token is a stored grant as the token it is now. Its refresh token stays in the store.
func Token(g tokenstore.Grant, now time.Time) *vedauth.Token {
	token := &vedauth.Token{
		ClientID: g.Key.ClientID, AccessToken: g.AccessToken, TokenType: g.TokenType, Scope: g.Scope, Requested: now,
		Expires: unixSeconds(g.Expires), RefreshUntil: unixSeconds(g.RefreshUntil),
	}
	if token.TokenType == "" {
		token.TokenType = "Bearer"
	}
	if !g.AccessExpires.IsZero() {
		left := int64(g.AccessExpires.Sub(now) / time.Second)
		token.ExpiresIn = &left
	}
	return token
}

func unixSeconds(at time.Time) *int64 {
	if at.IsZero() {
		return nil
	}
	seconds := at.Unix()
	return &seconds
}

// Server is a vedauth server as the token store sees it.
type Server struct {
	Client *vedauth.Client
	// ClientID is the API integration that the grants belong to, in the case in which it was given.
	ClientID string
}

// Ping implements tokenstore.Refresher.
func (s Server) Ping(ctx context.Context) error { return s.Client.Ping(ctx) }

// Refresh implements tokenstore.Refresher.
func (s Server) Refresh(ctx context.Context, token secret.String) (tokenstore.Tokens, error) {
	return Tokens(s.Client.Refresh(ctx, s.ClientID, token))
}

// Exchange spends a device code as the seed of a stored grant.
func (s Server) Exchange(ctx context.Context, code secret.String) (tokenstore.Tokens, error) {
	return Tokens(s.Client.ExchangeDevice(ctx, s.ClientID, code))
}

// Tokens turns an answer into what the store keeps. A damaged answer of which the tokens could be read is as good
// as a whole one, so the error does not carry them a second time: they would be revoked.
func Tokens(token *vedauth.Token, err error) (tokenstore.Tokens, error) {
	var failed *vedauth.Error
	if errors.As(err, &failed) {
		token = failed.Grant
		stripped := *failed
		stripped.Grant = nil
		err = &tokenstore.OutcomeError{Outcome: outcomeOf(failed), Err: &stripped}
	}
	if token == nil {
		return tokenstore.Tokens{}, err
	}
	tokens := tokenstore.Tokens{
		AccessToken:  token.AccessToken,
		RefreshToken: token.RefreshToken,
		TokenType:    token.TokenType,
		Scope:        token.Scope,
		ServerTime:   token.Served,
	}
	if token.ExpiresIn != nil && *token.ExpiresIn > 0 {
		tokens.ExpiresIn = time.Duration(min(*token.ExpiresIn, int64(centuries))) * time.Second
	}
	if token.Expires != nil {
		tokens.Expires = time.Unix(*token.Expires, 0)
	}
	if token.RefreshUntil != nil {
		tokens.RefreshUntil = time.Unix(*token.RefreshUntil, 0)
	}
	return tokens, err
}

// centuries, in seconds, is as long as a duration can be; integrations are given 999 years to mean for ever.
const centuries = 290 * 365 * 24 * 3600

// outcomeOf says what a failed request means for the token that was sent. Only a refusal that blames the token itself
// means that it is dead: a client_id that does not match, or a page of a gateway, has not used it up.
func outcomeOf(failed *vedauth.Error) tokenstore.Outcome {
	switch failed.Kind {
	case vedauth.Ambiguous:
		return tokenstore.Ambiguous
	case vedauth.Refused:
		if failed.Row.Class == refusal.Pending {
			return tokenstore.Unavailable
		}
		if failed.Row.Class == refusal.Grant && (failed.Code != "" || failed.Description != "") {
			return tokenstore.Refused
		}
		return tokenstore.Misconfigured
	case vedauth.Unexpected:
		return tokenstore.Misconfigured
	default:
		return tokenstore.Unavailable
	}
}

// Held is a stored grant with all that revoking it needs.
func Held(g tokenstore.Grant) *vedauth.Token {
	return &vedauth.Token{
		ClientID:     g.Key.ClientID,
		AccessToken:  g.AccessToken,
		RefreshToken: g.RefreshToken,
		Requested:    g.Issued,
	}
}
