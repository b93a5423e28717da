package vedauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// maxUnix is the last second of the year 9999, the last that RFC 3339 can write.
const maxUnix = 253402300799

// Token is a grant as the server described it. What a server left out is nil: older ones send neither expires_in nor
// refresh_until, and none sends an identity with a refreshed token.
type Token struct {
	// ClientID is the API integration that the grant was made for.
	ClientID string
	// AccessToken is the bearer token.
	AccessToken secret.String
	// RefreshToken works once, at Authorize/Token; empty where the integration allows no refresh.
	RefreshToken secret.String
	// TokenType is "Bearer".
	TokenType string
	// ExpiresIn is the access token's life in seconds, counted from the request.
	ExpiresIn *int64
	// Expires is the end of the access token in Unix seconds, by the server's clock.
	Expires *int64
	// Scope is the scope as the server normalised it.
	Scope string
	// Identity is the prefixed universal id of the user, such as "local:{…}".
	Identity *string
	// RefreshUntil is the end of the whole grant in Unix seconds.
	RefreshUntil *int64
	// Requested is when the request began, by the local clock; ExpiresIn counts from here.
	Requested time.Time
	// Served is the server's clock when it answered, from the Date header; zero if unknown.
	Served time.Time

	// rotated is set when a refresh of this grant got no answer: the tokens above may have been replaced by others.
	rotated bool
}

// Remaining is how long the access token still lives at now, and whether that is known.
func (t *Token) Remaining(now time.Time) (time.Duration, bool) {
	if t.ExpiresIn == nil {
		return 0, false
	}
	const longest = int64(math.MaxInt64 / time.Second) // 292 years; integrations are given 999 to mean for ever
	return time.Duration(min(*t.ExpiresIn, longest))*time.Second - now.Sub(t.Requested), true
}

// grantReply is the body of a successful Authorize call.
type grantReply struct {
	AccessToken  string  `json:"access_token"`
	RefreshToken string  `json:"refresh_token"`
	TokenType    string  `json:"token_type"`
	ExpiresIn    *int64  `json:"expires_in"`
	Expires      *int64  `json:"expires"`
	Scope        string  `json:"scope"`
	Identity     *string `json:"identity"`
	RefreshUntil *int64  `json:"refresh_until"`
}

// parseToken reads the body of a successful Authorize call. requested is when the request began, served the time in the
// answer's Date header (zero if it had none). When the body is not in order but an access token can be read from it,
// the token comes back together with the error, so that the grant can be revoked.
func parseToken(body []byte, requested, served time.Time) (*Token, error) {
	var reply grantReply
	if err := json.Unmarshal(body, &reply); err != nil {
		return salvageToken(body, requested), describeJSON(err)
	}
	if reply.AccessToken == "" {
		return salvageToken(body, requested), errors.New("it has no access_token")
	}
	token := &Token{
		AccessToken:  secret.New(reply.AccessToken),
		RefreshToken: secret.New(reply.RefreshToken),
		TokenType:    reply.TokenType,
		ExpiresIn:    reply.ExpiresIn,
		Expires:      positive(reply.Expires),
		Scope:        reply.Scope,
		Identity:     filled(reply.Identity),
		RefreshUntil: positive(reply.RefreshUntil),
		Requested:    requested,
		Served:       served,
	}
	if token.TokenType == "" {
		token.TokenType = "Bearer"
	}
	return token, token.completeExpiry(served)
}

// completeExpiry works out the one of expires_in and expires that the server left out.
func (t *Token) completeExpiry(served time.Time) error {
	if t.Expires != nil && *t.Expires > maxUnix || t.RefreshUntil != nil && *t.RefreshUntil > maxUnix {
		return errors.New("its expires or refresh_until is out of range")
	}
	if t.ExpiresIn == nil && t.Expires != nil {
		if served.IsZero() {
			served = t.Requested
		}
		in := *t.Expires - served.Unix()
		t.ExpiresIn = &in
	}
	if t.ExpiresIn == nil {
		return nil
	}
	if *t.ExpiresIn <= 0 {
		return errors.New("its token has already expired; compare the clocks of this machine and of the server, and the validity that the API integration gives")
	}
	if *t.ExpiresIn > maxUnix-max(t.Requested.Unix(), 0) {
		return errors.New("its expires_in is out of range")
	}
	if t.Expires == nil {
		at := t.Requested.Unix() + *t.ExpiresIn
		t.Expires = &at
	}
	return nil
}

// salvageToken finds the tokens in a reply that is damaged somewhere: cut off, followed by other text, or with a field
// of the wrong type. It returns nil if no whole access token can be read.
func salvageToken(body []byte, requested time.Time) *Token {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	token := &Token{TokenType: "Bearer", Requested: requested}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			break
		}
		var value json.RawMessage // read no further than needed: a number may be too large for any type
		if err := decoder.Decode(&value); err != nil {
			break
		}
		var text string
		if json.Unmarshal(value, &text) != nil || text == "" {
			continue
		}
		name, _ := key.(string)
		switch strings.ToLower(name) {
		case "access_token":
			token.AccessToken = secret.New(text)
		case "refresh_token":
			token.RefreshToken = secret.New(text)
		}
	}
	if token.AccessToken.Empty() {
		return nil
	}
	return token
}

// describeJSON says what is wrong with a JSON text without quoting any of it: package encoding/json does quote.
func describeJSON(err error) error {
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return errors.New("it is JSON, but not an object")
	case errors.As(err, &wrongType) && strings.HasPrefix(wrongType.Value, "number "):
		return fmt.Errorf("its %s is not a whole number in range", wrongType.Field)
	case errors.As(err, &wrongType):
		return fmt.Errorf("its %s is a JSON %s", wrongType.Field, strings.Fields(wrongType.Value)[0])
	case errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "unexpected end of JSON"):
		return errors.New("it ends in the middle of the JSON text")
	case strings.Contains(err.Error(), "after top-level value"):
		return errors.New("it has other text behind the JSON")
	default:
		return errors.New("it is not JSON")
	}
}

// filled drops the empty text, which says no more than a field that is left out.
func filled(value *string) *string {
	if value == nil || *value == "" {
		return nil
	}
	return value
}

// positive drops zero and negative times: servers send 0 for never.
func positive(value *int64) *int64 {
	if value == nil || *value <= 0 {
		return nil
	}
	return value
}
