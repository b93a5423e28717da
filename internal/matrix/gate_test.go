package matrix_test

import (
	"crypto/tls"
	"io"
	"maps"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
)

// gate stands before a server and hands connections on to it, except for those that it is told to spoil.
type gate struct {
	listener *net.TCPListener
	target   string

	mu   sync.Mutex
	wire matrix.Wire
	left int                            // connections to spoil; -1 is all
	open map[*net.TCPConn]chan struct{} // those of clients; closed when the client has closed it
	wg   sync.WaitGroup
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: listener, target: target, open: map[*net.TCPConn]chan struct{}{}}
	g.wg.Go(g.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		g.wg.Wait()
	})
	return g
}

func (g *gate) url() string { return "https://" + g.listener.Addr().String() }

// spoil spoils the next connections: n, or all if n is -1.
func (g *gate) spoil(wire matrix.Wire, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wire, g.left = wire, n
}

// hangUp ends the connections that clients keep, and returns when they have noticed.
func (g *gate) hangUp() {
	g.mu.Lock()
	open := maps.Clone(g.open)
	g.mu.Unlock()
	for conn := range open {
		_ = conn.CloseWrite()
	}
	for _, ended := range open {
		<-ended
	}
}

func (g *gate) next() matrix.Wire {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left == 0 {
		return matrix.Whole
	}
	if g.left > 0 {
		g.left--
	}
	return g.wire
}

func (g *gate) serve() {
	for {
		client, err := g.listener.AcceptTCP()
		if err != nil {
			return
		}
		ended := make(chan struct{})
		g.mu.Lock()
		g.open[client] = ended
		g.mu.Unlock()
		g.wg.Go(func() {
			g.handle(client)
			g.mu.Lock()
			delete(g.open, client)
			g.mu.Unlock()
			close(ended)
		})
	}
}

func (g *gate) handle(conn *net.TCPConn) {
	defer func() { _ = conn.Close() }()
	switch wire := g.next(); wire {
	case matrix.Whole:
		g.forward(conn)
	case matrix.ResetAtOnce:
		_ = conn.SetLinger(0)
	default:
		server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{badCertificates().of[wire]}, MinVersion: tls.VersionTLS12})
		_ = server.Handshake()
	}
}

// forward copies both directions until one of them ends, and hands its end on: a reset as a reset.
func (g *gate) forward(conn net.Conn) {
	server, err := net.Dial("tcp", g.target)
	if err != nil {
		return
	}
	var both sync.WaitGroup
	pipe := func(to, from net.Conn) {
		_, err := io.Copy(to, from)
		if tcp, ok := to.(*net.TCPConn); ok && err != nil {
			_ = tcp.SetLinger(0)
		}
		_ = to.Close()
		_ = from.Close()
	}
	both.Go(func() { pipe(server, conn) })
	pipe(conn, server)
	both.Wait()
}

// badCertificates are made once: a trusted authority, and certificates with one fault each.
var badCertificates = sync.OnceValue(func() (made struct {
	authority *fakevedauth.Authority
	of        map[matrix.Wire]tls.Certificate
},
) {
	here := []net.IP{net.IPv4(127, 0, 0, 1)}
	stranger, err := fakevedauth.NewAuthority("nobody")
	must(err)
	made.authority, err = fakevedauth.NewAuthority("the gate")
	must(err)
	made.of = map[matrix.Wire]tls.Certificate{}
	issue := func(wire matrix.Wire, by *fakevedauth.Authority, spec fakevedauth.ServerSpec) {
		made.of[wire], err = by.IssueServer(spec)
		must(err)
	}
	issue(matrix.NotTrusted, stranger, fakevedauth.ServerSpec{Addresses: here})
	issue(matrix.Expired, made.authority, fakevedauth.ServerSpec{Addresses: here,
		NotBefore: time.Now().AddDate(0, -2, 0), NotAfter: time.Now().AddDate(0, -1, 0)})
	issue(matrix.OtherName, made.authority, fakevedauth.ServerSpec{Names: []string{"other.example.com"}})
	return made
})

func must(err error) {
	if err != nil {
		panic(err)
	}
}
