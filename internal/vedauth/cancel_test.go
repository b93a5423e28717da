package vedauth_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// held is a server that tells when a request has come and answers when it is told to.
type held struct{ came, answer chan struct{} }

func hold() *held { return &held{make(chan struct{}, 16), make(chan struct{})} }

func (h *held) script(then script) script {
	return func(n int, r request, conn net.Conn) {
		h.came <- struct{}{}
		<-h.answer
		then(n, r, conn)
	}
}

// TestAWrittenTokenRequestIsNotCancelled: the grant is made whether or not anybody waits, so the answer is awaited.
func TestAWrittenTokenRequestIsNotCancelled(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *vedauth.Client) (*vedauth.Token, error){
		"authorize": func(ctx context.Context, c *vedauth.Client) (*vedauth.Token, error) { return c.OAuth(ctx, login) },
		"refresh": func(ctx context.Context, c *vedauth.Client) (*vedauth.Token, error) {
			return c.Refresh(ctx, "terraform", secret.New("refresh=="))
		},
	} {
		h := hold()
		s := serve(t, h.script(always("200 OK", goodToken, isJSON)))
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-h.came
			cancel()
			close(h.answer)
		}()
		token, err := call(ctx, connect(t, s))
		if err != nil || token.AccessToken.Reveal() != accessInGoodToken || len(s.seen()) != 1 {
			t.Errorf("%s: %v after %d requests", name, err, len(s.seen()))
		}
	}
}

// TestACancelledCallDoesNotAskAgain: the request that is under way is awaited, but no other follows.
func TestACancelledCallDoesNotAskAgain(t *testing.T) {
	t.Parallel()
	h := hold()
	s := serve(t, h.script(always("503 Service Unavailable", "")))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-h.came
		cancel()
		close(h.answer)
	}()
	_, err := connect(t, s, func(c *vedauth.Config) { c.Wait = nil }).OAuth(ctx, login)
	if failure := asError(t, err); failure.Kind != vedauth.Busy || len(s.seen()) != 1 {
		t.Errorf("%d requests, %v", len(s.seen()), err)
	}
}

// TestAHarmlessRequestIsCancelled at any time: before the answer and in the middle of it.
func TestAHarmlessRequestIsCancelled(t *testing.T) {
	t.Parallel()
	for _, beginning := range []string{"", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"} {
		for _, call := range []string{"verify", "revoke", "ping"} {
			synctest.Test(t, func(t *testing.T) {
				s := serveInMemory(t, func(_ int, _ request, conn net.Conn) {
					raw(conn, beginning)
					_, _ = conn.Read(make([]byte, 1)) // until the client hangs up
				})
				ctx, cancel := context.WithCancel(t.Context())
				result := make(chan error, 1)
				client := connect(t, s, func(c *vedauth.Config) { c.Wait = nil })
				began := time.Now()
				go func() { result <- calls[call](ctx, client) }()
				synctest.Wait() // everybody waits for the server
				cancel()
				failure := asError(t, <-result)
				if failure.Kind != vedauth.Canceled || !strings.Contains(failure.Error(), "the request was cancelled") || time.Since(began) > 0 {
					t.Errorf("%s after %q: kind %d, %v", call, beginning, failure.Kind, failure)
				}
			})
		}
	}
}

// TestADeadlineOfTheCaller is a cancellation with a text of its own.
func TestADeadlineOfTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serveInMemory(t, func(_ int, _ request, conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		failure := asError(t, calls["revoke"](ctx, connect(t, s)))
		if took := time.Since(began); took != 5*time.Second || failure.Kind != vedauth.Canceled ||
			!strings.Contains(failure.Error(), "no answer came in the time there was") {
			t.Errorf("after %v: kind %d, %v", took, failure.Kind, failure)
		}
	})
}

// TestNothingIsSentAfterACancellation, whether it comes before the call, while connecting or in the handshake.
func TestNothingIsSentAfterACancellation(t *testing.T) {
	t.Parallel()
	for call, run := range calls {
		s := serve(t, always("200 OK", goodToken, isJSON))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		log := &events{}
		client := connect(t, s, log.record)
		for range 50 { // a late cancellation would win or lose a race
			if failure := asError(t, run(ctx, client)); failure.Kind != vedauth.Canceled || failure.Status != 0 {
				t.Fatalf("%s: kind %d, %v", call, failure.Kind, failure)
			}
		}
		if len(s.seen()) != 0 || s.connections() != 0 || len(log.list) != 50 {
			t.Errorf("%s: %d requests on %d connections, %d events", call, len(s.seen()), s.connections(), len(log.list))
		}
	}
	for name, dial := range map[string]func(over <-chan struct{}) (net.Conn, error){
		// Both go on in the background when nobody wants their connection any more; so net/http has it.
		"dial": func(over <-chan struct{}) (net.Conn, error) {
			<-over
			return nil, net.ErrClosed
		},
		"handshake": func(over <-chan struct{}) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, far) }()
			go func() {
				<-over
				_ = far.Close()
			}()
			return near, nil
		},
	} {
		for call, run := range calls {
			synctest.Test(t, func(t *testing.T) {
				client := connect(t, &server{url: "https://tpp.example.com"}, func(c *vedauth.Config) { c.Wait = nil })
				over := make(chan struct{})
				defer close(over)
				client.DialWith(func(context.Context, string, string) (net.Conn, error) { return dial(over) })
				ctx, cancel := context.WithCancel(t.Context())
				result := make(chan error, 1)
				began := time.Now()
				go func() { result <- run(ctx, client) }()
				synctest.Wait()
				cancel()
				if failure := asError(t, <-result); failure.Kind != vedauth.Canceled || time.Since(began) > 0 {
					t.Errorf("%s in the %s: kind %d after %v: %v", call, name, failure.Kind, time.Since(began), failure)
				}
			})
		}
	}
}

// TestATimeoutBeforeTheWriteIsFinal: what was judged unsent, and may be sent again, must not be written a moment later.
func TestATimeoutBeforeTheWriteIsFinal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serveInMemory(t, always("200 OK", goodToken, isJSON))
		client := connect(t, s, func(c *vedauth.Config) { c.Wait, c.Timeout = nil, 10*time.Second })
		var late atomic.Int32
		client.DialWith(func(ctx context.Context, network, address string) (net.Conn, error) {
			timer := time.NewTimer(12 * time.Second) // the connection is there two seconds too late, and stays
			<-timer.C
			late.Add(1)
			return s.dial(context.WithoutCancel(ctx), network, address)
		})
		failure := asError(t, calls["authorize"](t.Context(), client))
		if failure.Kind != vedauth.Unreachable {
			t.Errorf("kind %d, %v", failure.Kind, failure)
		}
		timer := time.NewTimer(time.Minute) // let every late connection come about
		<-timer.C
		if len(s.seen()) != 0 || late.Load() == 0 {
			t.Errorf("%d requests were sent over %d late connections", len(s.seen()), late.Load())
		}
	})
}
