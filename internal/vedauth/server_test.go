package vedauth_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// request is what a server received.
type request struct {
	*http.Request
	body string
	tls  tls.ConnectionState
}

// script answers the nth request, counted from 1, with whatever bytes it likes. When it returns, the connection ends.
type script func(n int, r request, conn net.Conn)

// server reads one request from each TLS connection, or many, and runs a script for each.
type server struct {
	url      string
	dial     func(context.Context, string, string) (net.Conn, error) // nil for the network
	listener net.Listener
	many     bool          // takes one request after the other on a connection, until the client closes it
	ends     chan struct{} // has one for each connection that was closed

	mu       sync.Mutex
	requests []request
	opened   int
	begun    int // requests of which the header came
	done     sync.WaitGroup
}

// serve starts a server on loopback. change alters its TLS settings.
func serve(t *testing.T, answer script, change ...func(*tls.Config)) *server {
	t.Helper()
	return serveOn(t, &server{}, answer, change...)
}

// serveMany is serve, with connections that are kept.
func serveMany(t *testing.T, answer script) *server {
	t.Helper()
	return serveOn(t, &server{many: true}, answer)
}

func serveOn(t *testing.T, s *server, answer script, change ...func(*tls.Config)) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url, s.listener = "https://"+listener.Addr().String(), listener
	s.run(t, answer, change)
	return s
}

func (s *server) run(t *testing.T, answer script, change []func(*tls.Config)) {
	s.ends = make(chan struct{}, 1000)
	config := &tls.Config{Certificates: []tls.Certificate{leaf}}
	for _, alter := range change {
		alter(config)
	}
	s.done.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.opened++
			s.mu.Unlock()
			s.done.Go(func() { s.handle(tls.Server(conn, config), answer) })
		}
	})
	t.Cleanup(s.stop)
}

// stop takes no more connections and waits for those there are.
func (s *server) stop() {
	_ = s.listener.Close()
	s.done.Wait()
}

func (s *server) handle(conn *tls.Conn, answer script) {
	defer func() {
		if s.dial != nil { // the farewell of TLS would wait for a client that does not listen any more
			_ = conn.NetConn().Close()
			return
		}
		_ = conn.Close()
		select {
		case s.ends <- struct{}{}:
		default: // nobody counts
		}
	}()
	if conn.Handshake() != nil {
		_, _ = io.Copy(io.Discard, conn.NetConn()) // closed at once, the connection could swallow the alert that says why
		return
	}
	reader := bufio.NewReader(conn)
	for s.serveOne(conn, reader, answer) && s.many {
	}
}

// serveOne reports whether a request came.
func (s *server) serveOne(conn *tls.Conn, reader *bufio.Reader, answer script) bool {
	got, err := http.ReadRequest(reader)
	if err != nil {
		return false
	}
	s.mu.Lock()
	s.begun++
	s.mu.Unlock()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return false
	}
	r := request{Request: got, body: string(body), tls: conn.ConnectionState()}
	s.mu.Lock()
	s.requests = append(s.requests, r)
	n := len(s.requests)
	s.mu.Unlock()
	answer(n, r, conn)
	return true
}

// seen returns the requests that came so far.
func (s *server) seen() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

// connections is how many connections were opened so far.
func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// say writes a whole answer; status is what follows HTTP/1.1, and headers are lines of their own. It announces the end
// of the connection, unless a header says keepAlive.
func say(conn io.Writer, status, body string, headers ...string) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %s\r\nContent-Length: %d\r\n", status, len(body))
	if !slices.Contains(headers, keepAlive) {
		headers = append([]string{"Connection: close"}, headers...)
	}
	for _, header := range headers {
		fmt.Fprintf(&out, "%s\r\n", header)
	}
	fmt.Fprintf(&out, "\r\n%s", body)
	_, _ = conn.Write(out.Bytes())
}

const keepAlive = "Connection: keep-alive"

// raw writes text as it is.
func raw(conn io.Writer, text string) { _, _ = io.WriteString(conn, text) }

// always answers every request in the same way.
func always(status, body string, headers ...string) script {
	return func(_ int, _ request, conn net.Conn) { say(conn, status, body, headers...) }
}

// inTurn answers the first request by the first script and so on, and all that follow by the last.
func inTurn(scripts ...script) script {
	return func(n int, r request, conn net.Conn) { scripts[min(n, len(scripts))-1](n, r, conn) }
}

// byPath answers by the last part of the path, in lower case.
func byPath(scripts map[string]script) script {
	return func(n int, r request, conn net.Conn) {
		path := strings.ToLower(r.URL.Path)
		if answer, ok := scripts[path[strings.LastIndex(path, "/")+1:]]; ok {
			answer(n, r, conn)
		}
	}
}

// hangUp ends the connection without an answer.
func hangUp(int, request, net.Conn) {}

const (
	goodToken = `{"access_token":"7F71xjzl99T2hNUwy5l8Fw==","refresh_token":"Mxl4x5E6t0I9Ph06v69H6g==","expires_in":7775999,` +
		`"expires":1639342751,"token_type":"Bearer","scope":"certificate:manage","identity":"local:{a3f32838-c654-49fb-befe-b9d44336ffe0}"}`
	accessInGoodToken  = "7F71xjzl99T2hNUwy5l8Fw=="
	refreshInGoodToken = "Mxl4x5E6t0I9Ph06v69H6g=="
	password           = "Tr0ub4dor&3/ü+x"
	isJSON             = "Content-Type: application/json; charset=utf-8"
)
