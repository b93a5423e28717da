package vedauth_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// authority issues the certificates of a test; its certificate is all that a client has to know.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

var trusted = newAuthority()

// newAuthority and issue fail by panicking, because they also run before any test does. Nothing they do can fail.
func newAuthority() *authority {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	a := &authority{}
	der, key := a.sign(template)
	a.certificate, _ = x509.ParseCertificate(der)
	a.key, a.pem = key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func (a *authority) sign(template *x509.Certificate) ([]byte, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		panic(err)
	}
	return der, key
}

// issue makes a server certificate for the names that tests use; change alters it.
func (a *authority) issue(change func(*x509.Certificate)) tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test server"}, NotBefore: time.Unix(0, 0),
		NotAfter: time.Unix(1<<33, 0), DNSNames: []string{"localhost", "tpp.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(template)
	}
	der, key := a.sign(template)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// request is what a server received.
type request struct {
	*http.Request
	body string
	tls  tls.ConnectionState
}

// script answers the nth request, counted from 1, with whatever bytes it likes. When it returns, the connection ends.
type script func(n int, r request, conn net.Conn)

// server reads one request from each TLS connection and runs a script for it.
type server struct {
	url      string
	dial     func(context.Context, string, string) (net.Conn, error) // nil for the network
	listener net.Listener

	mu       sync.Mutex
	requests []request
	opened   int
	done     sync.WaitGroup
}

var leaf = trusted.issue(nil)

// serve starts a server on loopback. change alters its TLS settings.
func serve(t *testing.T, answer script, change ...func(*tls.Config)) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: "https://" + listener.Addr().String(), listener: listener}
	s.run(t, answer, change)
	return s
}

func (s *server) run(t *testing.T, answer script, change []func(*tls.Config)) {
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
	t.Cleanup(func() {
		_ = s.listener.Close()
		s.done.Wait()
	})
}

func (s *server) handle(conn *tls.Conn, answer script) {
	defer func() {
		if s.dial != nil { // the farewell of TLS would wait for a client that does not listen any more
			_ = conn.NetConn().Close()
			return
		}
		_ = conn.Close()
	}()
	if conn.Handshake() != nil {
		_, _ = io.Copy(io.Discard, conn.NetConn()) // closed at once, the connection could swallow the alert that says why
		return
	}
	got, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return
	}
	r := request{Request: got, body: string(body), tls: conn.ConnectionState()}
	s.mu.Lock()
	s.requests = append(s.requests, r)
	n := len(s.requests)
	s.mu.Unlock()
	answer(n, r, conn)
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

// memoryNet is a network in memory, for bubbles of testing/synctest.
type memoryNet struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (m *memoryNet) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memoryNet) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memoryNet) Addr() net.Addr { return &net.TCPAddr{} }

func (m *memoryNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.conns <- far:
		return near, nil
	case <-m.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serveInMemory starts a server that only the clients of this test can reach, at tpp.example.com.
func serveInMemory(t *testing.T, answer script) *server {
	t.Helper()
	network := &memoryNet{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := &server{url: "https://tpp.example.com", listener: network, dial: network.dial}
	s.run(t, answer, nil)
	return s
}

// say writes a whole answer; status is what follows HTTP/1.1, and headers are lines of their own.
func say(conn io.Writer, status, body string, headers ...string) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %s\r\nContent-Length: %d\r\n", status, len(body))
	for _, header := range headers {
		fmt.Fprintf(&out, "%s\r\n", header)
	}
	fmt.Fprintf(&out, "\r\n%s", body)
	_, _ = conn.Write(out.Bytes())
}

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

// pauses records what a client wanted to wait, and does not wait.
type pauses struct {
	mu   sync.Mutex
	list []time.Duration
}

func (p *pauses) wait(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, d)
	return ctx.Err()
}

// connect makes a client of s that trusts it, uses no proxy and does not wait between attempts.
func connect(t *testing.T, s *server, change ...func(*vedauth.Config)) *vedauth.Client {
	t.Helper()
	config := vedauth.Config{
		Server: s.url, CAPEM: trusted.pem, UserAgent: "test/1", Getenv: func(string) string { return "" }, Wait: (&pauses{}).wait,
	}
	for _, alter := range change {
		alter(&config)
	}
	client, err := vedauth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if s.dial != nil {
		client.DialWith(s.dial)
	}
	return client
}

var login = vedauth.OAuthRequest{ClientID: "terraform", Scope: "certificate:manage", Username: "local:user", Password: secret.New(password)}

// asError returns err as the type that every failure has.
func asError(t *testing.T, err error) *vedauth.Error {
	t.Helper()
	var failure *vedauth.Error
	if !errors.As(err, &failure) {
		t.Fatalf("not an *Error: %T %v", err, err)
	}
	return failure
}

// mustNotHold fails if text holds one of the secrets.
func mustNotHold(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("the secret %q is in %q", s, text)
		}
	}
}

// tokenOf makes a token that holds value as its access and its refresh token.
func tokenOf(value string) *vedauth.Token {
	return &vedauth.Token{ClientID: "terraform", AccessToken: secret.New(value), RefreshToken: secret.New(value)}
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// events records what a client logs.
type events struct {
	mu   sync.Mutex
	list []vedauth.Event
}

func (e *events) record(c *vedauth.Config) {
	c.Log = func(_ context.Context, event vedauth.Event) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.list = append(e.list, event)
	}
}

func (e *events) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return fmt.Sprintf("%+v", e.list)
}
