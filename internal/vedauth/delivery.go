package vedauth

import (
	"context"
	"net"
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
}

// sent reports whether the server may have the request.
func (p *progress) sent() bool { return p.Load() == written && (p.arrived.Load() || !p.watched.Load()) }

type progressKey struct{}

// withProgress lets the connection that is made for a request know that request.
func withProgress(ctx context.Context, state *progress) context.Context {
	return context.WithValue(ctx, progressKey{}, state)
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// watched makes connections that watch the request for which they are made.
func watched(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		state, ok := ctx.Value(progressKey{}).(*progress)
		if err != nil || !ok {
			return conn, err
		}
		state.watched.Store(true)
		return &watchedConn{Conn: conn, state: state, trip: tripOf(ctx)}, nil
	}
}

// leastPart is the size in bytes of the smallest record of TLS with the body of a request, about. An alert, which is
// written when the connection is closed, is smaller with the ciphers that matter.
const leastPart = 40

// watchedConn carries one request, and nothing at all once it is too late for the server to ask for a certificate.
type watchedConn struct {
	net.Conn
	state *progress
	trip  *trip
}

// Write writes, and takes note.
func (c *watchedConn) Write(p []byte) (int, error) {
	if c.trip.tooLate.Load() {
		return 0, errNotAsked
	}
	begun := c.state.Load() == written
	n, err := c.Conn.Write(p)
	if begun && n > 0 && len(p) >= leastPart {
		c.state.arrived.Store(true)
	}
	return n, err
}
