package fakevedauth

import (
	"crypto/tls"
	"net"
	"sync/atomic"
)

// serverConfig makes the server's certificate, for loopback names and the address it listens on.
func serverConfig(authority *Authority, options Options, address net.Addr) (*tls.Config, error) {
	spec := ServerSpec{Names: []string{"localhost"}, Addresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}}
	if tcp, ok := address.(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		spec.Addresses = append(spec.Addresses, tcp.IP)
	}
	certificate, err := authority.IssueServer(spec)
	if err != nil {
		return nil, err
	}
	protocols := []string{"http/1.1"}
	if options.HTTP2 {
		protocols = []string{"h2", "http/1.1"}
	}
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   protocols,
		MinVersion:   max(options.MinTLS, tls.VersionTLS12),
		MaxVersion:   options.MaxTLS,
		ClientAuth:   options.ClientAuth,
		ClientCAs:    options.ClientCAs,
	}, nil
}

// listener can reset connections before anything has been said on them.
type listener struct {
	net.Listener
	breaks atomic.Int64
}

// Accept returns the next connection that it is not told to break.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || !l.breakNext() {
			return conn, err
		}
		resetConn(conn)
	}
}

func (l *listener) breakNext() bool {
	for {
		left := l.breaks.Load()
		if left == 0 {
			return false
		}
		if l.breaks.CompareAndSwap(left, left-1) {
			return true
		}
	}
}

// BreakConnections resets the next n connections before their TLS handshake, so that no request gets through on them.
// It does nothing on a server that does not listen.
func (s *Server) BreakConnections(n int) {
	if s.listener != nil {
		s.listener.breaks.Store(int64(max(n, 0)))
	}
}
