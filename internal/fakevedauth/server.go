package fakevedauth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a fake vedauth. All methods may be called at any time from any goroutine.
type Server struct {
	authority *Authority
	listener  *listener
	http      *http.Server
	url       string

	done   chan struct{}
	active sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	changed chan struct{} // closed and replaced at every change
	options Options
	offset  time.Duration
	conns   map[net.Conn]struct{}

	applications map[string]Application
	rules        []Rule
	users        []*User
	grants       []*grant
	byAccess     map[string]*grant
	byRefresh    map[string]*grant
	spent        map[string]*grant
	failedLogons map[string]int
	mappings     []JWTMapping
	devices      []*device
	jwtsSeen     map[string]bool
	secrets      []string

	faults   map[Endpoint][]*activePlan
	requests []*Request
	inFlight map[Endpoint]int
	peak     map[Endpoint]int
}

// New returns a server that does not listen: an http.Handler to put behind a listener or a proxy of one's own. It
// needs Close too, because it takes over the connections of its requests.
func New(options Options) *Server {
	s := &Server{
		options:      options,
		done:         make(chan struct{}),
		changed:      make(chan struct{}),
		conns:        map[net.Conn]struct{}{},
		applications: map[string]Application{},
		byAccess:     map[string]*grant{},
		byRefresh:    map[string]*grant{},
		spent:        map[string]*grant{},
		failedLogons: map[string]int{},
		jwtsSeen:     map[string]bool{},
		faults:       map[Endpoint][]*activePlan{},
		inFlight:     map[Endpoint]int{},
		peak:         map[Endpoint]int{},
	}
	s.defaultWorld()
	return s
}

// Start returns a server that listens, with TLS unless PlainHTTP is set.
func Start(options Options) (*Server, error) {
	s := New(options)
	address := options.Addr
	if address == "" {
		address = "127.0.0.1:0"
	}
	tcp, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: listen on %s: %w", address, err)
	}
	s.listener = &listener{Listener: tcp}
	s.http = &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	serving := net.Listener(s.listener)
	s.url = "http://" + tcp.Addr().String()
	if !options.PlainHTTP {
		if s.authority, err = NewAuthority("fakevedauth authority"); err != nil {
			return nil, errors.Join(err, tcp.Close())
		}
		config, err := serverConfig(s.authority, options, tcp.Addr())
		if err != nil {
			return nil, errors.Join(err, tcp.Close())
		}
		s.http.TLSConfig = config
		s.url = "https://" + tcp.Addr().String()
		serving = tls.NewListener(s.listener, config)
		if options.HTTP2 {
			s.http.Protocols = new(http.Protocols)
			s.http.Protocols.SetHTTP1(true)
			s.http.Protocols.SetHTTP2(true)
		}
	}
	s.active.Go(func() {
		// Serve ends when Close closes the listener, and has nothing to say then.
		_ = s.http.Serve(serving)
	})
	return s, nil
}

// TB is what StartForTest needs of *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// StartForTest starts a server that ends with the test.
func StartForTest(t TB, options Options) *Server {
	t.Helper()
	s, err := Start(options)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Close ends the server and every connection, lets go of requests that a fault holds, and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	if s.http != nil {
		_ = s.http.Close()
	}
	s.active.Wait()
}

// URL is the root of the server, as https://127.0.0.1:port, without /vedauth; empty for one that does not listen.
func (s *Server) URL() string { return s.url }

// CAPEM is the certificate of the server's authority; empty for one without TLS.
func (s *Server) CAPEM() string {
	if s.authority == nil {
		return ""
	}
	return s.authority.PEM()
}

// CAPool trusts the server's authority and nothing else.
func (s *Server) CAPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.CAPEM()))
	return pool
}

// Client returns a plain HTTP client that trusts the server, uses no proxy and follows no redirect.
func (s *Server) Client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CAPool(), MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Configure changes options while the server runs.
func (s *Server) Configure(change func(*Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.options)
}

// Now is the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// Advance moves the server's clock.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
	s.notify()
}

// now is for those who hold mu.
func (s *Server) now() time.Time {
	if s.options.Now != nil {
		return s.options.Now().Add(s.offset)
	}
	return time.Now().Add(s.offset)
}

// notify wakes everybody who waits for a change. For those who hold mu.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}
