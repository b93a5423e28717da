package fakevedauth

import (
	"net/http"
	"strings"
	"time"
)

// tokenBody is the reply of 21.1 and later, fields in the order of the vendor's samples.
type tokenBody struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	ExpiresIn    *int64 `json:"expires_in,omitempty"`
	Expires      int64  `json:"expires"`
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
	Identity     string `json:"identity,omitempty"`
	RefreshUntil int64  `json:"refresh_until,omitempty"`
}

// tokenBody2019 is the reply of 19.2: fewer fields, in alphabetical order.
type tokenBody2019 struct {
	AccessToken  string `json:"access_token"`
	Expires      int64  `json:"expires"`
	Identity     string `json:"identity,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	TokenType    string `json:"token_type"`
}

// tokenReply hands the tokens of a grant out. Only authorize calls tell the identity.
func (s *Server) tokenReply(g *grant, withIdentity bool) reply {
	identity := ""
	if withIdentity {
		identity = g.Identity
	}
	expires := g.issued.Add(g.accessTTL).Unix()
	if s.options.Era == Era2019 {
		return jsonReply(http.StatusOK, tokenBody2019{
			AccessToken: g.access, Expires: expires, Identity: identity, RefreshToken: g.refresh,
			Scope: g.Scope, TokenType: "Bearer",
		}, s.options.EscapeSlashes)
	}
	// The real server computes the remainder a moment after the issue and cuts the fraction off.
	left := int64(g.accessTTL/time.Second) - 1
	body := tokenBody{
		AccessToken: g.access, RefreshToken: g.refresh, ExpiresIn: &left, Expires: expires,
		TokenType: "Bearer", Scope: g.Scope, Identity: identity,
	}
	if s.options.Era == Era21 && !g.Expires.IsZero() && g.refresh != "" {
		body.RefreshUntil = g.Expires.Unix()
	}
	return jsonReply(http.StatusOK, body, s.options.EscapeSlashes)
}

// token is POST Authorize/Token: a refresh, or the exchange of a device code, which alone may come as a form.
func token(s *Server, c *call) reply {
	if c.fields["device_code"] != "" {
		return exchangeDevice(s, c)
	}
	if c.form {
		return unsupported()
	}
	if c.fields["client_id"] == "" {
		return s.refuse("client-id-missing", "")
	}
	if c.fields["refresh_token"] != "" {
		return refresh(s, c)
	}
	return s.refuse("token-invalid-grant", "")
}

// refresh replaces both tokens of a grant. Nothing that is refused uses the refresh token up.
func refresh(s *Server, c *call) reply {
	presented := c.fields["refresh_token"]
	if c.fields["grant_type"] != "" {
		// What the real server does with it is not known; clients are not to send it.
		return s.refuse("invalid-request", "")
	}
	if s.options.RefreshDisabled {
		return s.refuse("token-invalid-grant", "")
	}
	g := s.byRefresh[presented]
	if g == nil {
		if spent := s.spent[presented]; spent != nil && !spent.revoked && s.options.ReuseKillsGrant {
			s.revoke(spent)
		}
		return s.refuse("refresh-token-dead", "")
	}
	if s.ended(g) {
		return s.refuse("refresh-token-dead", "")
	}
	if s.options.LowerCaseClientBug {
		if c.fields["client_id"] != strings.ToLower(g.Application) {
			return s.refuse("refresh-client-mismatch", "")
		}
	} else if c.fields["client_id"] != g.Application {
		return s.refuse("token-invalid-grant", "")
	}
	if _, ok := s.ruleFor(g.Application, g.Identity); !ok {
		return s.refuse("unauthorized-client", "")
	}
	g.Refreshes++
	s.giveTokens(g)
	return s.tokenReply(g, false)
}
