package vedauth

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// The states of a request that must not be cancelled once it has been written.
const (
	waiting int32 = iota
	written
	abandoned
)

// progress is how far a request is: its state and, because package http has no more to say than that it has begun to
// write, what its connection knows. It matters where TLS 1.3 refuses a client certificate, or misses one: the server
// hangs up while the request is being written, and whether it was sent decides whether a grant may exist.
type progress struct {
	atomic.Int32
	// watched: the request has a connection that tells whether anything of the body arrived.
	watched, arrived atomic.Bool
	// kept: the connection has carried another request before.
	kept atomic.Bool
}

// sent reports whether the server may have the request.
func (p *progress) sent() bool { return p.Load() == written && (p.arrived.Load() || !p.watched.Load()) }

// got notes which connection the request goes out on, when that is ready for it. One without a body is as good as
// written then.
func (p *progress) got(info httptrace.GotConnInfo, hasBody bool) {
	p.kept.Store(info.Reused)
	if conn := watchedIn(info.Conn); conn != nil {
		if info.Reused {
			conn.settle()
		}
		conn.carry(p, info.Reused)
		p.watched.Store(true)
	}
	if !hasBody {
		p.CompareAndSwap(waiting, written)
	}
}

// watchedIn finds the connection of ours below the layers of TLS, or returns nil.
func watchedIn(conn net.Conn) *watchedConn {
	for {
		switch c := conn.(type) {
		case *watchedConn:
			return c
		case *tls.Conn:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// watched makes connections that watch the requests that they carry.
func watched(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &watchedConn{Conn: conn, trip: tripOf(ctx), reader: newReader()}, nil
	}
}

// leastPart is the size in bytes of the smallest record of TLS with the body of a request, about. An alert, which is
// written when the connection is closed, is smaller with the ciphers that matter.
const leastPart = 40

// watchedConn carries one request after the other, and nothing at all once it is too late for the server to ask for a
// certificate.
type watchedConn struct {
	net.Conn
	trip    *trip
	carried atomic.Pointer[progress] // nil while TLS begins
	kept    atomic.Bool              // it has waited for this request, of which nothing has been written
	*reader
}

// errStale stops a request before it is written to a connection that the server has closed. Package net/http then takes
// another one.
var errStale = errors.New("the server has closed the connection that was kept")

// carry makes the connection that of one request.
func (c *watchedConn) carry(state *progress, kept bool) {
	c.carried.Store(state)
	c.kept.Store(kept)
}

// Read reads, and takes note.
func (c *watchedConn) Read(p []byte) (int, error) {
	c.waits(true)
	defer c.waits(false)
	return c.Conn.Read(p)
}

// Close closes, and takes note.
func (c *watchedConn) Close() error {
	defer c.end()
	return c.Conn.Close()
}

// Write writes, and takes note.
func (c *watchedConn) Write(p []byte) (int, error) {
	if c.trip.tooLate.Load() {
		return 0, errNotAsked
	}
	// A server has nothing to say before it is asked. If there is something, it is the end.
	if c.kept.CompareAndSwap(true, false) && hasInput(c.Conn) {
		return 0, errStale
	}
	state := c.carried.Load()
	begun := state != nil && state.Load() == written
	n, err := c.Conn.Write(p)
	if begun && n > 0 && len(p) >= leastPart {
		state.arrived.Store(true)
	}
	return n, err
}
