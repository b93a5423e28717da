package vedauth_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// calls are the kinds of request that DESIGN 2.5 tells apart.
var calls = map[string]func(context.Context, *vedauth.Client) error{
	"authorize": func(ctx context.Context, c *vedauth.Client) error {
		_, err := c.OAuth(ctx, login)
		return err
	},
	"refresh": func(ctx context.Context, c *vedauth.Client) error {
		_, err := c.Refresh(ctx, "terraform", secret.New("refresh=="))
		return err
	},
	"verify": func(ctx context.Context, c *vedauth.Client) error {
		_, err := c.Verify(ctx, secret.New("access=="))
		return err
	},
	"revoke": func(ctx context.Context, c *vedauth.Client) error {
		return c.Revoke(ctx, &vedauth.Token{AccessToken: secret.New("access==")})
	},
	"ping": func(ctx context.Context, c *vedauth.Client) error { return c.Ping(ctx) },
}

// tries is how many requests each kind of call may make when every one ends in the same way.
type tries struct{ authorize, refresh, harmless int }

func (n tries) of(call string) int {
	switch call {
	case "authorize":
		return n.authorize
	case "refresh":
		return n.refresh
	default:
		return n.harmless
	}
}

var (
	ifBusy   = tries{4, 1, 4}
	ifSilent = tries{1, 1, 4}
	never    = tries{1, 1, 1}
)

// TestWhatIsSentAgain goes through every cell of the table in DESIGN 2.5.
func TestWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	const page = "<html><title>x</title></html>"
	for _, test := range []struct {
		name   string
		answer script
		tries  tries
		kind   vedauth.Kind
	}{
		{"429", always("429 Too Many Requests", ""), ifBusy, vedauth.Busy},
		{"503", always("503 Service Unavailable", page, "Content-Type: text/html"), ifBusy, vedauth.Busy},
		{"rerun in the body", always("500 Internal Server Error", `{"error":"deadlock","error_description":"Rerun the transaction."}`), ifBusy, vedauth.Busy},
		{"rerun in the reason", always("500 Was deadlocked. Rerun the transaction.", ""), ifBusy, vedauth.Busy},
		{"no answer", hangUp, ifSilent, vedauth.Ambiguous},
		{"half a header", func(_ int, _ request, c net.Conn) { raw(c, "HTTP/1.1 200 OK\r\nContent-") }, ifSilent, vedauth.Ambiguous},
		{"half a body", func(_ int, _ request, c net.Conn) { raw(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{") }, ifSilent, vedauth.Ambiguous},
		{"500", always("500 Internal Server Error", ""), ifSilent, vedauth.Ambiguous},
		{"501", always("501 Not Implemented", ""), ifSilent, vedauth.Ambiguous},
		{"502", always("502 Bad Gateway", page), ifSilent, vedauth.Ambiguous},
		{"504", always("504 Gateway Timeout", page), ifSilent, vedauth.Ambiguous},
		{"not HTTP", func(_ int, _ request, c net.Conn) { raw(c, "220 smtp ready\r\n") }, ifSilent, vedauth.Ambiguous},
		{"400", always("400 Bad Request", `{"error":"invalid_scope"}`), never, vedauth.Refused},
		{"401", always("401 Unauthorized", page, "Content-Type: text/html"), never, vedauth.Refused},
		{"403", always("403 Forbidden", ""), never, vedauth.Refused},
		{"301", always("301 Moved Permanently", "", "Location: /"), never, vedauth.Unexpected},
		{"307", always("307 Temporary Redirect", "", "Location: https://tpp.example.com/x"), never, vedauth.Unexpected},
		{"404", always("404 Not Found", page), never, vedauth.Unexpected},
		{"404, cut off", func(_ int, _ request, c net.Conn) {
			raw(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n<html>")
		}, never, vedauth.Unexpected},
		{"302, 5 MiB", always("302 Found", strings.Repeat("x", 5<<20), "Location: /"), never, vedauth.Unexpected},
		{"405", always("405 Method Not Allowed", page), never, vedauth.Unexpected},
		{"413", always("413 Request Entity Too Large", page), never, vedauth.Unexpected},
		{"418", always("418 I'm a teapot", ""), never, vedauth.Unexpected},
		{"a web page", always("200 OK", page), never, vedauth.Unexpected},
		{"a web page, cut off", func(_ int, _ request, c net.Conn) { raw(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<html>") }, never, vedauth.Unexpected},
		{"a web page of 5 MiB", always("200 OK", page+strings.Repeat(" ", 5<<20)), never, vedauth.Unexpected},
	} {
		for call, run := range calls {
			waits, s := &pauses{}, serve(t, test.answer)
			err := run(t.Context(), connect(t, s, func(c *vedauth.Config) { c.Wait = waits.wait }))
			want := test.tries.of(call)
			if n := len(s.seen()); n != want || len(waits.list) != want-1 {
				t.Errorf("%s, %s: %d requests, %d pauses, want %d requests", test.name, call, n, len(waits.list), want)
			}
			if call == "verify" && test.name == "401" {
				continue // which is an answer
			}
			if failure := asError(t, err); failure.Kind != test.kind || failure.Attempts != want || failure.Next() == "" {
				t.Errorf("%s, %s: kind %d after %d attempts: %v", test.name, call, failure.Kind, failure.Attempts, err)
			}
		}
	}
}

// TestAConnectionThatIsNeverMade is tried again by every kind of call, because nothing was sent.
func TestAConnectionThatIsNeverMade(t *testing.T) {
	t.Parallel()
	dials := map[string]func() (net.Conn, error){
		"no such host":    func() (net.Conn, error) { return nil, &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true} },
		"resolver broken": func() (net.Conn, error) { return nil, &net.DNSError{Err: "server misbehaving", Name: "x"} },
		"refused":         func() (net.Conn, error) { return nil, errors.New("connection refused") },
		"unreachable":     func() (net.Conn, error) { return nil, errors.New("no route to host") },
		"hangs up in the handshake": func() (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				_, _ = far.Read(make([]byte, 1<<14))
				_ = far.Close()
			}()
			return near, nil
		},
	}
	texts := map[string]string{
		"no such host": "the host name is unknown", "resolver broken": "the host name could not be looked up", "refused": "the connection was refused",
		"unreachable": "the request failed on the network", "hangs up in the handshake": "the connection was closed",
	}
	for name, dial := range dials {
		for call, run := range calls {
			client := connect(t, &server{url: "https://tpp.example.com"})
			n := 0
			client.DialWith(func(context.Context, string, string) (net.Conn, error) {
				n++
				return dial()
			})
			failure := asError(t, run(t.Context(), client))
			if n != 4 || failure.Kind != vedauth.Unreachable || failure.Attempts != 4 || failure.Status != 0 {
				t.Errorf("%s, %s: %d dials, kind %d", name, call, n, failure.Kind)
			}
			if said := failure.Said(); !strings.HasPrefix(said, texts[name]) || !strings.HasSuffix(said, " (after 4 attempts).") || failure.Next() == "" {
				t.Errorf("%s, %s: %v", name, call, failure)
			}
			if strings.Contains(failure.Error(), "grant") {
				t.Errorf("%s, %s: nothing was sent, so there can be no grant: %v", name, call, failure)
			}
		}
	}
}

func TestASecondTryThatSucceeds(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]script{
		"busy": always("503 Service Unavailable", ""), "rerun": always("500 rerun the transaction", ""),
	} {
		s := serveInMemory(t, inTurn(first, first, always("200 OK", goodToken, isJSON)))
		token, err := connect(t, s).OAuth(t.Context(), login)
		if err != nil || token.AccessToken.Reveal() != accessInGoodToken || len(s.seen()) != 3 {
			t.Errorf("%s: %d requests, %v", name, len(s.seen()), err)
		}
		for _, r := range s.seen() {
			if r.body != s.seen()[0].body || r.body == "" {
				t.Errorf("%s: body %q", name, r.body)
			}
		}
	}
	s := serveInMemory(t, inTurn(always("503 Busy", ""), always("200 OK", "[]")))
	_, err := connect(t, s).OAuth(t.Context(), login)
	if failure := asError(t, err); failure.Attempts != 2 || failure.Kind != vedauth.Ambiguous {
		t.Errorf("a bad reply to the second request: %d attempts, %v", failure.Attempts, err)
	}
}

func TestHowOften(t *testing.T) {
	t.Parallel()
	for retries, want := range map[int]int{-1: 1, 0: 4, 1: 2, 3: 4, 7: 8} {
		s := serveInMemory(t, always("503 Service Unavailable", ""))
		_ = calls["verify"](t.Context(), connect(t, s, func(c *vedauth.Config) { c.Retries = retries }))
		if n := len(s.seen()); n != want {
			t.Errorf("Retries = %d: %d requests, want %d", retries, n, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, " 7 ": 7 * time.Second, "30": 30 * time.Second, "31": 30 * time.Second, "86400": 30 * time.Second,
		"99999999999999999999":                            30 * time.Second,
		now.Add(12 * time.Second).Format(http.TimeFormat): 12 * time.Second,
		now.Add(time.Hour).Format(http.TimeFormat):        30 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		"": 0, "0": 0, "-5": 0, "soon": 0, "1.5": 0, "-99999999999999999999": 0,
	} {
		waits := &pauses{}
		s := serveInMemory(t, inTurn(always("503 Service Unavailable", "", "Retry-After: "+value), always("200 OK", goodToken)))
		_, err := connect(t, s, func(c *vedauth.Config) {
			c.Wait, c.Now = waits.wait, func() time.Time { return now }
		}).OAuth(t.Context(), login)
		if err != nil || len(waits.list) != 1 {
			t.Errorf("%q: %v, pauses %v", value, err, waits.list)
			continue
		}
		got := waits.list[0]
		if want == 0 && (got < 250*time.Millisecond || got > 500*time.Millisecond) || want > 0 && got != want {
			t.Errorf("%q: a pause of %v, want %v", value, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for attempt, longest := range map[int]time.Duration{
		1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 6: 16 * time.Second, 7: 30 * time.Second, 1000: 30 * time.Second,
	} {
		for range 50 {
			pause := vedauth.Backoff(attempt, 0)
			if pause < longest/2 || pause > longest {
				t.Errorf("before attempt %d: %v, want at most %v", attempt+1, pause, longest)
			}
			seen[pause] = true
		}
	}
	if len(seen) < 100 {
		t.Error("the pauses are not spread")
	}
}
