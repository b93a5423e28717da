//go:build linux

package peers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync/atomic"
	"time"
)

// ClientCert names a client certificate of the rig.
type ClientCert string

// The client certificates. All but the named flaw is right with each.
const (
	CertRSA            ClientCert = "rsa"
	CertEC             ClientCert = "ec"
	CertEd25519        ClientCert = "ed25519"
	CertExpired        ClientCert = "expired"
	CertUnknownCA      ClientCert = "unknown-ca"
	CertNoIntermediate ClientCert = "no-intermediate"
	CertUnknownChain   ClientCert = "unknown-chain" // Of an authority that nobody knows, with its intermediate.
	CertNotYetValid    ClientCert = "not-yet-valid"
	CertServerOnly     ClientCert = "server-only" // Not for client authentication.
	CertLongChain      ClientCert = "long-chain"  // More intermediates than the server follows.
)

type pair struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// pki is an authority with an intermediate, made anew for each rig.
type pki struct {
	root, intermediate, stranger, server pair
	serial                               atomic.Int64
}

func newPKI() (*pki, error) {
	p := &pki{}
	authority := func(t *x509.Certificate) {
		t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign
	}
	var err error
	if p.root, err = p.issue("Peers Root", pair{}, nil, authority); err != nil {
		return nil, err
	}
	if p.intermediate, err = p.issue("Peers Intermediate", p.root, nil, authority); err != nil {
		return nil, err
	}
	if p.stranger, err = p.issue("Peers Stranger", pair{}, nil, authority); err != nil {
		return nil, err
	}
	p.server, err = p.issue("localhost", p.root, nil, func(t *x509.Certificate) {
		t.DNSNames, t.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	})
	return p, err
}

// issue makes a certificate, signed by itself if signer is empty, with a P-256 key unless one is given.
func (p *pki) issue(name string, signer pair, key crypto.Signer, change func(*x509.Certificate)) (pair, error) {
	if key == nil {
		var err error
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return pair{}, err
		}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(p.serial.Add(1)), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	change(template)
	if signer.cert == nil {
		signer = pair{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.cert, key.Public(), signer.key)
	if err != nil {
		return pair{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return pair{cert, key}, err
}

func (p pair) pem() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return nil, err
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Raw})
	return append(cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...), nil
}

// chainOf makes so many authorities, each of the one before, beginning with one of root's. It returns the last one and
// their certificates in the order in which a client sends them.
func (p *pki) chainOf(root pair, length int) (last pair, chain [][]byte, err error) {
	last = root
	for range length {
		last, err = p.issue("Peers Intermediate", last, nil, func(t *x509.Certificate) {
			t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign
		})
		if err != nil {
			return pair{}, nil, err
		}
		chain = append([][]byte{last.cert.Raw}, chain...)
	}
	return last, chain, nil
}

// Certificate makes a client certificate for the common name.
func (r *Rig) Certificate(kind ClientCert, commonName string) (*tls.Certificate, error) {
	signer, key := r.pki.intermediate, crypto.Signer(nil)
	chain := [][]byte{signer.cert.Raw}
	var err error
	switch kind {
	case CertUnknownCA:
		signer, chain = r.pki.stranger, nil
	case CertUnknownChain:
		signer, chain, err = r.pki.chainOf(r.pki.stranger, 1)
	case CertLongChain:
		signer, chain, err = r.pki.chainOf(r.pki.root, verifyDepth+1)
	case CertNoIntermediate:
		chain = nil
	case CertRSA:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case CertEd25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		return nil, err
	}
	leaf, err := r.pki.issue(commonName, signer, key, func(t *x509.Certificate) { spoil(t, kind) })
	if err != nil {
		return nil, err
	}
	chain = append([][]byte{leaf.cert.Raw}, chain...)
	return &tls.Certificate{PrivateKey: leaf.key, Leaf: leaf.cert, Certificate: chain}, nil
}

// spoil puts a flaw into a client certificate.
func spoil(t *x509.Certificate, kind ClientCert) {
	const shift = 48 * time.Hour
	switch kind {
	case CertExpired:
		t.NotBefore, t.NotAfter = t.NotBefore.Add(-shift), t.NotAfter.Add(-shift)
	case CertNotYetValid:
		t.NotBefore, t.NotAfter = t.NotBefore.Add(shift), t.NotAfter.Add(shift)
	case CertServerOnly:
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
}

// Intermediates returns the certificates that lead from a client certificate of the rig to its root.
func (r *Rig) Intermediates() []*x509.Certificate {
	return []*x509.Certificate{r.pki.intermediate.cert}
}
