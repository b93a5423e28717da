package provider

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// storeOff is the value of VEDAUTH_TOKEN_STORE that stands for disabled.
const storeOff = "off"

// needStore opens the token store that the provider block and the environment ask for, or says why there is none. It
// touches no file.
func (s *settings) needStore() (*tokenstore.Store, diag.Diagnostics) {
	block, known := readValues(s.block[tokenStoreAttribute.name])
	if name := block.unknown(tokenStoreAttribute.attributes); !known || name != "" {
		return nil, diag.Diagnostics{unknownSetting(tokenStoreAttribute.name, []string{storeVariable})}
	}
	location := block.text("path")
	if location == "" {
		location = s.getenv(storeVariable)
	}
	if location == storeOff && !block.isNull("disabled") { // the block has the word on whether there is one
		location = ""
	}
	if block.flag("disabled", false) || location == storeOff {
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(tokenStoreAttribute.name), "The token store is disabled",
			"This token needs the token store, because a refresh token works once and its successor has to be kept; token_store.disabled (or VEDAUTH_TOKEN_STORE=off) switches it off. "+
				"Nothing was sent. Use a grant that needs no store (jwt, certificate, integrated, oauth), or set token_store.path to a directory on a persistent volume.")}
	}
	directory, err := tokenstore.Locate(location, s.getenv)
	if err != nil {
		return nil, diag.Diagnostics{storeFailure(err)}
	}
	wait, _ := time.ParseDuration(block.text("lock_timeout")) // the schema rules out what cannot be read
	store, err := tokenstore.New(tokenstore.Options{Dir: directory, LockTimeout: wait, RequestTimeout: s.client.Timeout(), Now: s.client.Now})
	if err != nil {
		return nil, diag.Diagnostics{storeFailure(err)}
	}
	return store, nil
}

// storeFailure is the error for a store that cannot be used.
func storeFailure(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(tokenStoreAttribute.name), "Unable to use the token store", err.Error())
}

// acquire gets the stored grant that a request names, as a token.
func acquire(ctx context.Context, store *tokenstore.Store, client *vedauth.Client, r *tokenRequest, request tokenstore.Request) (*vedauth.Token, error) {
	request.MinimumValidity, request.Server = r.minimum, storeServer{client, r.clientID}
	request.Notify = notify(r)
	lease, err := store.Acquire(ctx, request)
	if err != nil {
		return nil, err
	}
	r.hold(lease.Release)
	return storedToken(lease.Grant, client.Now()), nil
}

// notify hands the store's warnings to the user. What is only information would come too late: Terraform shows
// diagnostics when all is over.
func notify(r *tokenRequest) func(tokenstore.Notice) {
	return func(notice tokenstore.Notice) {
		if notice.Warning {
			r.warn(notice.Text)
		}
	}
}

// storedToken is a stored grant as the token it is now. Its refresh token stays in the store.
func storedToken(g tokenstore.Grant, now time.Time) *vedauth.Token {
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

// storeServer is the server as the token store sees it.
type storeServer struct {
	client   *vedauth.Client
	clientID string
}

// Ping implements tokenstore.Refresher.
func (s storeServer) Ping(ctx context.Context) error { return s.client.Ping(ctx) }

// Refresh implements tokenstore.Refresher.
func (s storeServer) Refresh(ctx context.Context, token secret.String) (tokenstore.Tokens, error) {
	return storeTokens(s.client.Refresh(ctx, s.clientID, token))
}

// exchange spends a device code as the seed of a stored grant.
func (s storeServer) exchange(ctx context.Context, code secret.String) (tokenstore.Tokens, error) {
	return storeTokens(s.client.ExchangeDevice(ctx, s.clientID, code))
}

// storeTokens turns an answer into what the store keeps. A damaged answer of which the tokens could be read is as good
// as a whole one, so the error does not carry them a second time: they would be revoked.
func storeTokens(token *vedauth.Token, err error) (tokenstore.Tokens, error) {
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
		AccessToken: token.AccessToken, RefreshToken: token.RefreshToken, TokenType: token.TokenType, Scope: token.Scope,
		ServerTime: token.Served,
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
