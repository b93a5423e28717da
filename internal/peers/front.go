//go:build linux

package peers

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Front opens a port of its own that leads to a virtual host, with a backend of its own behind it, and returns its
// address, such as https://localhost:1234. So tests that share the servers need not share what is behind them.
//
// intercept, unless nil, sees each connection first, counted from 1, and returns whether it has dealt with it.
func (r *Rig) Front(tb testing.TB, host Host, backend http.Handler, intercept func(n int, conn net.Conn) bool) string {
	tb.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	address := "localhost:" + port
	r.backends.Store(address, backend)
	var done sync.WaitGroup
	ended := make(chan struct{})
	done.Go(func() {
		for n := 1; ; n++ {
			conn, err := listener.AcceptTCP()
			if err != nil {
				return
			}
			done.Go(func() {
				if intercept == nil || !intercept(n, conn) {
					r.pipe(host, conn, ended)
				}
				_ = conn.Close()
			})
		}
	})
	tb.Cleanup(func() {
		close(ended)
		_ = listener.Close()
		done.Wait()
	})
	scheme := "https"
	if host == NegoHTTP {
		scheme = "http"
	}
	return scheme + "://" + address
}

// pipe connects a client with a virtual host until both, or the test, have had enough. What one says last must arrive
// even if it does not listen any more: that is how TLS 1.3 refuses a certificate.
func (r *Rig) pipe(host Host, client *net.TCPConn, ended <-chan struct{}) {
	server, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: r.ports[host]})
	if err != nil {
		return
	}
	var both sync.WaitGroup
	forward := func(to, from *net.TCPConn) {
		_, _ = io.Copy(to, from)
		_ = to.CloseWrite()
	}
	both.Go(func() { forward(server, client) })
	both.Go(func() { forward(client, server) })
	enough := make(chan struct{})
	go func() {
		both.Wait()
		close(enough)
	}()
	select {
	case <-enough:
	case <-ended:
	}
	_, _ = client.Close(), server.Close()
	<-enough
}

// byFront hands a request to the backend of the front that it came through, or to the one that all others have.
func (r *Rig) byFront(other http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		found, _ := r.backends.Load(request.Header.Get("X-Forwarded-Host"))
		if backend, ok := found.(http.Handler); ok {
			backend.ServeHTTP(w, request)
			return
		}
		other.ServeHTTP(w, request)
	})
}
