package vedauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// isAuthServer is not in the table of refusals: it needs no authorization and refuses nothing.
const isAuthServer refusal.Endpoint = "authorize/isauthserver"

// Verification is what a token is worth, by Authorize/Verify. Times are nil where the server gave none, and for a grant
// that never ends.
type Verification struct {
	// Valid is false if the server no longer knows the token; then everything else is empty.
	Valid bool
	// Application is the client_id of the grant.
	Application string
	// Identity is the prefixed universal id of the user.
	Identity string
	// Scope is the scope as the server normalised it.
	Scope string
	// AccessIssued is when the access token was issued, AccessExpires when it ends.
	AccessIssued, AccessExpires *time.Time
	// GrantIssued is when the grant was made, GrantExpires when it ends.
	GrantIssued, GrantExpires *time.Time
	// ValidFor is the access token's life in seconds, counted from its issue.
	ValidFor *int64
}

// verifyReply is the body of Authorize/Verify, which gives every time in three forms.
type verifyReply struct {
	Application string `json:"application"`
	Identity    string `json:"identity"`
	Scope       string `json:"scope"`
	ValidFor    *int64 `json:"valid_for"`

	AccessUnix *int64  `json:"access_issued_on_unix_time"`
	AccessISO  *string `json:"access_issued_on_ISO8601"`
	AccessDate *string `json:"access_issued_on"`
	GrantUnix  *int64  `json:"grant_issued_on_unix_time"`
	GrantISO   *string `json:"grant_issued_on_ISO8601"`
	GrantDate  *string `json:"grant_issued_on"`
	EndUnix    *int64  `json:"expires_unix_time"`
	EndISO     *string `json:"expires_ISO8601"`
	EndDate    *string `json:"expires"`
}

// Verify asks the server what a token is worth. A token that the server does not accept (401) is no error.
func (c *Client) Verify(ctx context.Context, accessToken secret.String) (*Verification, error) {
	v, failure := c.verify(ctx, accessToken)
	switch {
	case failure != nil && failure.Status == http.StatusUnauthorized:
		return &Verification{}, nil
	case failure != nil:
		return nil, failure
	}
	return v, nil
}

// verify is Verify without a meaning given to 401.
func (c *Client) verify(ctx context.Context, accessToken secret.String) (*Verification, *Error) {
	r := request{
		endpoint: refusal.Verify, method: http.MethodGet, bearer: accessToken,
		secrets: []secret.String{accessToken}, policy: harmless, ok: isOK,
	}
	got, failure := c.do(ctx, r)
	if failure != nil {
		return nil, failure
	}
	v, err := parseVerification(got.body)
	if err == nil && got.oauth.Error != "" {
		err = errors.New("it is an error in spite of its status")
	}
	if err != nil {
		failure := c.failure(r, Unexpected, got)
		failure.problem = "the reply cannot be used: " + err.Error()
		failure.next = "If this happens again, look for a proxy or gateway that changes replies on their way."
		return nil, failure
	}
	return v, nil
}

// parseVerification reads the body of a successful Authorize/Verify.
func parseVerification(body []byte) (*Verification, error) {
	var parsed *verifyReply
	switch err := json.Unmarshal(body, &parsed); {
	case err != nil:
		return nil, describeJSON(err)
	case parsed == nil: // null, which says of no token that it is valid
		return nil, errors.New("it is JSON, but not an object")
	}
	reply := *parsed
	v := &Verification{
		Valid: true, Application: reply.Application, Identity: reply.Identity, Scope: reply.Scope, ValidFor: reply.ValidFor,
		AccessIssued: anyTime(reply.AccessUnix, reply.AccessISO, reply.AccessDate),
		GrantIssued:  anyTime(reply.GrantUnix, reply.GrantISO, reply.GrantDate),
		GrantExpires: anyTime(reply.EndUnix, reply.EndISO, reply.EndDate),
	}
	if v.AccessIssued != nil && v.ValidFor != nil && *v.ValidFor >= 0 && *v.ValidFor <= maxUnix-v.AccessIssued.Unix() {
		at := time.Unix(v.AccessIssued.Unix()+*v.ValidFor, 0).UTC()
		v.AccessExpires = &at
	}
	return v, nil
}

// Ping asks whether there is a vedauth at the server's address.
func (c *Client) Ping(ctx context.Context) error {
	r := request{endpoint: isAuthServer, method: http.MethodGet, policy: harmless, ok: func(status int) bool {
		return status == http.StatusOK || status == http.StatusAccepted
	}}
	if _, failure := c.do(ctx, r); failure != nil {
		return failure
	}
	return nil
}

var microsoftDate = pattern.New(`^/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/$`)

// anyTime reads a time from the first of its three forms that holds one. Zero stands for never.
func anyTime(unix *int64, iso, date *string) *time.Time {
	if unix != nil && *unix > 0 && *unix <= maxUnix {
		at := time.Unix(*unix, 0).UTC()
		return &at
	}
	if iso != nil {
		if at, err := time.Parse(time.RFC3339, *iso); err == nil && at.Unix() > 0 && at.Unix() <= maxUnix {
			at = at.UTC().Truncate(time.Second)
			return &at
		}
	}
	if date != nil {
		if match := microsoftDate.Regexp().FindStringSubmatch(*date); match != nil {
			if ms, err := strconv.ParseInt(match[1], 10, 64); err == nil && ms >= 1000 && ms/1000 <= maxUnix {
				at := time.Unix(ms/1000, 0).UTC()
				return &at
			}
		}
	}
	return nil
}
