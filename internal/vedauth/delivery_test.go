package vedauth_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// deafConn fails to write a part of the request, as a connection does whose other side is gone: the header is the first
// part and the body is the second. Over TLS 1.2 such records show.
type deafConn struct {
	net.Conn
	part *int // counts down to the part that fails
	half bool // write half of it before
}

func (c deafConn) Write(p []byte) (n int, err error) {
	const applicationData = 23
	if p[0] == applicationData {
		*c.part--
	}
	if *c.part > 0 {
		return c.Conn.Write(p)
	}
	if c.half && *c.part == 0 {
		if n, err = c.Conn.Write(p[:len(p)/2]); err != nil {
			return n, err
		}
	}
	return n, errors.New("write: broken pipe")
}

// TestARequestThatCouldNotBeWritten has made no grant: it may be sent again, and if that does not help nobody is told
// to look for a grant. One of which anything was written may have made one.
func TestARequestThatCouldNotBeWritten(t *testing.T) {
	t.Parallel()
	old := func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }
	for name, test := range map[string]struct {
		deaf     int64 // so many connections
		part     int
		half     bool
		kind     vedauth.Kind
		requests int
		dials    int64
	}{
		"the header, once":   {deaf: 1, part: 1, requests: 1, dials: 2},
		"the header, always": {deaf: 10, part: 1, kind: vedauth.Unreachable, dials: 4},
		"half of the header": {deaf: 1, part: 1, half: true, requests: 1, dials: 2},
		"the body, once":     {deaf: 1, part: 2, requests: 1, dials: 2},
		"the body, always":   {deaf: 10, part: 2, kind: vedauth.Unreachable, dials: 4},
		"half of the body":   {deaf: 1, part: 2, half: true, kind: vedauth.Ambiguous, dials: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always("200 OK", goodToken, isJSON), old)
			client := connect(t, s)
			var dials atomic.Int64
			client.DialWith(func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				if err == nil && dials.Add(1) <= test.deaf {
					part := test.part
					conn = deafConn{conn, &part, test.half}
				}
				return conn, err
			})
			_, err := client.OAuth(t.Context(), login)
			if test.kind == 0 && err != nil {
				t.Error(err)
			}
			if test.kind != 0 {
				failure := asError(t, err)
				if failure.Kind != test.kind ||
					strings.Contains(err.Error(), "grant") != (test.kind == vedauth.Ambiguous) {
					t.Errorf("kind %d: %v", failure.Kind, err)
				}
			}
			s.stop()
			if n := len(s.seen()); n != test.requests || dials.Load() != test.dials {
				t.Errorf("%d requests on %d connections, want %d on %d", n, dials.Load(), test.requests, test.dials)
			}
		})
	}
}
