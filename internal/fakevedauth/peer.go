package fakevedauth

import (
	"crypto/tls"
	"crypto/x509"
)

// peerCertificate is what a client presented in the TLS handshake.
type peerCertificate struct {
	leaf          *x509.Certificate
	intermediates []*x509.Certificate
}

func peerOf(state *tls.ConnectionState) *peerCertificate {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	return &peerCertificate{leaf: state.PeerCertificates[0], intermediates: state.PeerCertificates[1:]}
}
