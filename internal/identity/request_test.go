package identity

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestRetries: an attempt that fails for the moment is followed by another, and pauses grow.
func TestRetries(t *testing.T) {
	t.Parallel()
	failures := map[string]func(w http.ResponseWriter){
		"500": func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"502": func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"closed": func(w http.ResponseWriter) {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.Close()
			}
		},
		"cut off": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"value":"`))
		},
	}
	for name, fail := range failures {
		for _, p := range platforms {
			var left atomic.Int32
			left.Store(2)
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if left.Add(-1) >= 0 {
					fail(w)
					return
				}
				_, _ = w.Write([]byte(`{"` + p.member + `":"token"}`))
			})
			var slept pauses
			source := adjust(t, p.source(t, server.URL, nil), func(r *requester) { r.sleep = slept.sleep })
			got, err := source.Fetch(t.Context())
			if value := reveal(t, got, err); value != "token" {
				t.Errorf("%s: got %q", name, value)
			}
			if want := []time.Duration{500 * time.Millisecond, 2 * time.Second}; !slices.Equal(slept.list(), want) {
				t.Errorf("%s: pauses %v", name, slept.list())
			}
		}
	}
}

// TestNetworkErrors: three attempts, then an error that names the host and nothing of request and answer.
func TestNetworkErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handle func(net.Conn)
		words  []string
	}{
		"closed": {
			func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) },
			[]string{"was closed before the answer was complete"},
		},
		"not HTTP": {func(conn net.Conn) {
			// What the other side says is repeated by net/http in its error, and here it is the request itself.
			request := make([]byte, 4096)
			n, _ := conn.Read(request)
			_, _ = conn.Write(bytes.ReplaceAll(request[:n], []byte("\r\n"), []byte(" ")))
			_, _ = conn.Write([]byte("\r\n\r\n"))
		}, []string{"the answer is not HTTP"}},
		"cut off": {func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"value\":"))
		}, []string{"was closed before the answer was complete"}},
	}
	for name, test := range tests {
		for _, p := range platforms {
			address := listen(t, test.handle)
			var slept pauses
			source := adjust(t, p.source(t, "http://"+address, nil), func(r *requester) { r.sleep = slept.sleep })
			_, err := source.Fetch(t.Context())
			wantError(t, err, p.attribute, append(test.words, address, "(3 attempts)"), secretsOf(`{"value":`))
			if len(slept.list()) != 2 {
				t.Errorf("%s: %d pauses", name, len(slept.list()))
			}
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	server := serve(t, answer(http.StatusOK, ""))
	server.Close()
	var slept pauses
	source := platforms["GitHub Actions"].source(t, server.URL, nil)
	_, err := adjust(t, source, func(r *requester) { r.sleep = slept.sleep }).Fetch(t.Context())
	wantError(t, err, "github_actions", []string{"refused", "(3 attempts)", "NO_PROXY"}, secretsOf(""))
}

// TestSlowService: an attempt has a time of its own.
func TestSlowService(t *testing.T) {
	t.Parallel()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	var slept pauses
	source := adjust(t, platforms["GitHub Actions"].source(t, server.URL, nil), func(r *requester) {
		r.sleep, r.timeout = slept.sleep, 50*time.Millisecond
	})
	_, err := source.Fetch(t.Context())
	wantError(t, err, "github_actions", []string{"no answer within", "(3 attempts)"}, secretsOf(""))
	if len(slept.list()) != 2 {
		t.Errorf("%d pauses", len(slept.list()))
	}
	if r := newRequester(variables(nil)); r.timeout != 30*time.Second {
		t.Errorf("an attempt may take %s", r.timeout)
	}
}

// TestCancelledPause: no attempt follows a pause that was cut short.
func TestCancelledPause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := serve(t, answer(http.StatusServiceUnavailable, ""))
	source := adjust(t, platforms["GitHub Actions"].source(t, server.URL, nil), func(r *requester) {
		r.sleep = func(ctx context.Context, d time.Duration) error {
			cancel()
			return sleep(ctx, d)
		}
	})
	_, err := source.Fetch(ctx)
	wantError(t, err, "github_actions", []string{"was cancelled"}, secretsOf(""))
	if !errors.Is(err, context.Canceled) || len(server.seen()) != 1 {
		t.Errorf("%v after %d requests", err, len(server.seen()))
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := sleep(t.Context(), time.Hour); err != nil || time.Since(start) != time.Hour {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// listen accepts connections and closes each after handle is done with it.
func listen(t *testing.T, handle func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			handle(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}
