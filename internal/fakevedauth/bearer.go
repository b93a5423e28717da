package fakevedauth

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Parts of the texts in the row "token-dead", to choose among them.
const (
	sayMalformed = "Invalid token format"
	sayUnknown   = "Grant not found"
	sayExpired   = "expired"
)

// bearerOf reads the bearer token of a request; ok is false if there is none of the right shape.
func bearerOf(c *call) (token string, ok bool) {
	token, ok = strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "", false
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	return token, err == nil && len(raw) == 16
}

// verifyBody is the reply of GET Authorize/Verify: each time in three forms. Expires is the grant's.
type verifyBody struct {
	AccessIssuedOn     string  `json:"access_issued_on"`
	AccessIssuedOnISO  string  `json:"access_issued_on_ISO8601"`
	AccessIssuedOnUnix int64   `json:"access_issued_on_unix_time"`
	Application        string  `json:"application"`
	Expires            *string `json:"expires"`
	ExpiresISO         *string `json:"expires_ISO8601"`
	ExpiresUnix        int64   `json:"expires_unix_time"`
	GrantIssuedOn      string  `json:"grant_issued_on"`
	GrantIssuedOnISO   string  `json:"grant_issued_on_ISO8601"`
	GrantIssuedOnUnix  int64   `json:"grant_issued_on_unix_time"`
	Identity           string  `json:"identity"`
	Scope              string  `json:"scope"`
	// ValidFor is the validity of the access token in seconds, from its issue.
	ValidFor int64 `json:"valid_for"`
}

// verify is GET Authorize/Verify.
func verify(s *Server, c *call) reply {
	token, ok := bearerOf(c)
	if !ok {
		return s.refuse("token-dead", sayMalformed)
	}
	g := s.byAccess[token]
	if g == nil {
		return s.refuse("token-dead", sayUnknown)
	}
	if !s.accessAlive(g, token) {
		return s.refuse("token-dead", sayExpired)
	}
	body := verifyBody{
		Application: g.Application,
		Identity:    g.Identity,
		Scope:       g.Scope,
		ValidFor:    int64(g.accessTTL / time.Second),
	}
	body.AccessIssuedOn, body.AccessIssuedOnISO, body.AccessIssuedOnUnix = threeForms(g.issued)
	body.GrantIssuedOn, body.GrantIssuedOnISO, body.GrantIssuedOnUnix = threeForms(g.Issued)
	if !g.Expires.IsZero() {
		date, iso, unix := threeForms(g.Expires)
		body.Expires, body.ExpiresISO, body.ExpiresUnix = &date, &iso, unix
	}
	r := jsonReply(http.StatusOK, body, true)
	r.reason = "Token is valid"
	return r
}

// threeForms writes a time as the server does: "/Date(ms)/", ISO 8601 in whole seconds, Unix seconds.
func threeForms(t time.Time) (date, iso string, unix int64) {
	return fmt.Sprintf("/Date(%d)/", t.UnixMilli()), t.UTC().Format("2006-01-02T15:04:05Z"), t.Unix()
}

// revokeToken is GET Revoke/Token: the whole grant dies.
func revokeToken(s *Server, c *call) reply {
	token, ok := bearerOf(c)
	if !ok {
		return s.refuse("token-dead", sayMalformed)
	}
	g := s.byAccess[token]
	if g == nil {
		return s.nothingRevoked(orStatus(s.options.RevokeMissStatus, http.StatusAccepted), token, sayUnknown)
	}
	if !s.accessAlive(g, token) {
		return s.nothingRevoked(orStatus(s.options.RevokeExpiredStatus, http.StatusUnauthorized), token, sayExpired)
	}
	s.revoke(g)
	message := fmt.Sprintf("Grant for identity [%s] with scope [%s] has been revoked", g.Identity, g.Scope)
	r := newReply(http.StatusOK)
	switch s.options.RevokeBody {
	case RevokeObject:
		r = jsonReply(http.StatusOK, struct{}{}, false)
	case RevokeText:
		r = r.with("Content-Type", "text/plain; charset=utf-8")
		r.body = []byte(message)
	case RevokeEmpty:
	}
	r.reason = message
	return r
}

// nothingRevoked answers for a token that revokes nothing. The real text of the 202 repeats the token, which a client
// must therefore keep out of its own messages.
func (s *Server) nothingRevoked(status int, token, say string) reply {
	if status != http.StatusAccepted {
		return s.refuse("token-dead", say)
	}
	r := newReply(status)
	r.reason = fmt.Sprintf("[%s] not found", token)
	return r
}
