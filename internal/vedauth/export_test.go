package vedauth

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// What the tests outside the package need to see of its inside.
var (
	Clean             = clean
	ParseToken        = parseToken
	SalvageToken      = salvageToken
	ParseVerification = parseVerification
	Backoff           = backoff
	RetryAfter        = retryAfter
	ParseProxy        = parseProxy
	DescribeNetwork   = describeNetwork
)

// The names of the constants that tests compare with.
const (
	Withheld     = withheld
	MaxReply     = maxReply
	MaxUnix      = maxUnix
	IsAuthServer = isAuthServer
)

// DialWith makes the client connect through dial, which lets a test run in a testing/synctest bubble without a network.
func (c *Client) DialWith(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	c.direct.kept.DialContext, c.direct.single.DialContext = watched(dial), watched(dial)
}

// ReadAbandoned reads the body of a request that was abandoned before it was written.
func ReadAbandoned() (int, error) {
	var state progress
	state.Store(abandoned)
	return guardedBody{state: &state, reader: bytes.NewReader([]byte("secret"))}.Read(make([]byte, 6))
}

// Transport is what the client sends with first.
func (c *Client) Transport() *http.Transport {
	return c.direct.kept
}

// WideTransport is what it sends with when the named anchors do not vouch for a server.
func (c *Client) WideTransport() *http.Transport { return c.anchors.wide().kept }

// Wait is the pause that a client makes unless told otherwise.
func Wait(ctx context.Context, d time.Duration) error { return wait(ctx, d) }

// Refuse explains a body that came with 400 to a login with a password.
func Refuse(body []byte) *Error {
	got := &answer{status: http.StatusBadRequest, reason: "Bad Request", body: body, attempts: 1, oauth: parseOAuthError(body)}
	r := request{endpoint: refusal.OAuth, method: http.MethodPost, secrets: []secret.String{secret.New("hunter2")}}
	return refuse((&Client{}).failure(r, Refused, got), got)
}
