package vedauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// TestTheWholeCallHasALimit of three times the timeout, whatever the server does, by the clock of a bubble.
func TestTheWholeCallHasALimit(t *testing.T) {
	t.Parallel()
	hang := func(_ int, _ request, conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) }
	for name, test := range map[string]struct {
		call     string
		answer   script
		timeout  time.Duration
		from, to time.Duration
		requests int
	}{
		"hanging verify":    {"verify", hang, 10 * time.Second, 29 * time.Second, 30 * time.Second, 3},
		"hanging revoke":    {"revoke", hang, 10 * time.Second, 29 * time.Second, 30 * time.Second, 3},
		"hanging authorize": {"authorize", hang, 10 * time.Second, 10 * time.Second, 10 * time.Second, 1},
		"default timeout":   {"authorize", hang, 0, 90 * time.Second, 90 * time.Second, 1},
		"a pause that does not fit": {"authorize", always("503 Busy", "", "Retry-After: 30"), 9 * time.Second,
			0, 0, 1},
		"pauses that fit": {"authorize", always("503 Busy", "", "Retry-After: 30"), 90 * time.Second,
			90 * time.Second, 90 * time.Second, 4},
		"dripping header": {"authorize", drip("HTTP/1.1 200 OK\r\nX: "), 10 * time.Second, 10 * time.Second, 10 * time.Second, 1},
		"dripping body":   {"authorize", drip("HTTP/1.1 200 OK\r\n\r\n"), 10 * time.Second, 10 * time.Second, 10 * time.Second, 1},
		"dripping body of verify": {"verify", drip("HTTP/1.1 200 OK\r\n\r\n"), 10 * time.Second,
			29 * time.Second, 30 * time.Second, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serveInMemory(t, test.answer)
				client := connect(t, s, func(c *vedauth.Config) { c.Wait, c.Timeout = nil, test.timeout })
				began := time.Now()
				failure := asError(t, calls[test.call](t.Context(), client))
				if took := time.Since(began); took < test.from || took > test.to || len(s.seen()) != test.requests {
					t.Errorf("%d requests in %v, want %d in %v to %v: %v", len(s.seen()), took, test.requests, test.from, test.to, failure)
				}
			})
		})
	}
}

// drip sends a beginning and then one byte a second, for ever.
func drip(beginning string) script {
	return func(_ int, _ request, conn net.Conn) {
		raw(conn, beginning)
		go func() { _, _ = io.Copy(io.Discard, conn) }() // a farewell waits in memory until somebody reads it
		for {
			timer := time.NewTimer(time.Second)
			<-timer.C
			if _, err := fmt.Fprint(conn, "x"); err != nil {
				return
			}
		}
	}
}

// TestAHandshakeThatHangs ends by itself, well before an idle server's minute and a half is up, and may be tried again.
func TestAHandshakeThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := connect(t, &server{url: "https://tpp.example.com"}, func(c *vedauth.Config) { c.Wait = nil })
		dials := 0
		client.DialWith(func(context.Context, string, string) (net.Conn, error) {
			dials++
			near, far := net.Pipe()
			go func() {
				for { // take all, say nothing
					if _, err := far.Read(make([]byte, 1024)); err != nil {
						return
					}
				}
			}()
			return near, nil
		})
		began := time.Now()
		failure := asError(t, calls["authorize"](t.Context(), client))
		if failure.Kind != vedauth.Unreachable || dials != 4 || time.Since(began) > 270*time.Second {
			t.Errorf("kind %d, %d dials in %v: %v", failure.Kind, dials, time.Since(began), failure)
		}
	})
}

func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := vedauth.Wait(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := vedauth.Wait(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 61*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestNoTimeLeft: a caller who had to wait for so long is told that, and not that the run was interrupted.
func TestNoTimeLeft(t *testing.T) {
	t.Parallel()
	s := serve(t, always("200 OK", goodToken, isJSON))
	client := connect(t, s)
	ctx, cancel := client.WithBudgetSince(t.Context(), time.Now().Add(-3*client.Timeout()))
	defer cancel()
	_, err := client.OAuth(ctx, login)
	failure := asError(t, err)
	if failure.Kind != vedauth.Unreachable || !strings.Contains(err.Error(), "no answer came in time. An idle server") || strings.Contains(err.Error(), "grant") {
		t.Errorf("kind %d, %v", failure.Kind, err)
	}
	if len(s.seen()) != 0 {
		t.Error("the request was sent all the same")
	}
	// A call that may be sent at any time is told the same.
	if _, err := client.Verify(ctx, secret.New("access==")); asError(t, err).Kind != vedauth.Unreachable {
		t.Errorf("verify: %v", err)
	}
}
