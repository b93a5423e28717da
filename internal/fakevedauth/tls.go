package fakevedauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync/atomic"
	"time"
)

// authority is a certificate authority that lives in memory.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         string
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: key of the authority: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "fakevedauth authority", Organization: []string{"Example"}},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(1, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: certificate of the authority: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: certificate of the authority: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &authority{certificate: certificate, key: key, pem: string(text)}, nil
}

// issue makes a key and signs template for it.
func (a *authority) issue(template *x509.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("fakevedauth: key: %w", err)
	}
	template.SerialNumber = serial()
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("fakevedauth: certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// serverConfig makes the server's certificate, for loopback names and the address it listens on.
func (a *authority) serverConfig(options Options, address net.Addr) (*tls.Config, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "localhost"},
		NotBefore:   time.Now().Add(-time.Hour),
		NotAfter:    time.Now().AddDate(1, 0, 0),
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if tcp, ok := address.(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		template.IPAddresses = append(template.IPAddresses, tcp.IP)
	}
	certificate, err := a.issue(template)
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

func serial() *big.Int {
	number := make([]byte, 16)
	_, _ = rand.Read(number) // never fails
	return new(big.Int).Rsh(new(big.Int).SetBytes(number), 1)
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
		if err != nil {
			return nil, err
		}
		if l.breaks.Add(-1) < 0 {
			l.breaks.Store(0)
			return conn, nil
		}
		resetConn(conn)
	}
}

// BreakConnections resets the next n connections before their TLS handshake, so that no request gets through on them.
// It does nothing on a server that does not listen.
func (s *Server) BreakConnections(n int) {
	if s.listener != nil {
		s.listener.breaks.Store(int64(n))
	}
}
