package vedauth_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// proxy is a forward proxy. answer replies to CONNECT, or returns false to have the connection made.
type proxy struct {
	address string
	mu      sync.Mutex
	asked   []*http.Request
}

const proxyCredentials = "alice:hunter2-%2F"

func startProxy(t *testing.T, secure *tls.Config, answer func(conn net.Conn) bool) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: listener.Addr().String()}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if secure != nil {
				conn = tls.Server(conn, secure)
			}
			done.Go(func() { p.handle(conn, answer) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		done.Wait()
	})
	return p
}

func (p *proxy) handle(conn net.Conn, answer func(net.Conn) bool) {
	defer func() { _ = conn.Close() }()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, r)
	p.mu.Unlock()
	if answer != nil && answer(conn) {
		return
	}
	// Whatever name was asked for, the test's server is on loopback, at that port.
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		return
	}
	far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return
	}
	raw(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		_, _ = io.Copy(far, conn)
		_ = far.Close()
	}()
	_, _ = io.Copy(conn, far)
}

func (p *proxy) requests() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*http.Request(nil), p.asked...)
}

func environment(values map[string]string) func(*vedauth.Config) {
	return func(c *vedauth.Config) { c.Getenv = func(name string) string { return values[name] } }
}

// byName is a server under a name that only a proxy can resolve: loopback addresses never go through the environment's.
func byName(s *server) *server {
	return &server{url: strings.Replace(s.url, "127.0.0.1", "tpp.example.com", 1)}
}

func explicit(t *testing.T, address string) func(*vedauth.Config) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *vedauth.Config) { c.ProxyURL = u }
}
