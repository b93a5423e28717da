package vedauth_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
)

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
