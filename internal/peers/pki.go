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

// Certificate makes a client certificate for the common name.
func (r *Rig) Certificate(kind ClientCert, commonName string) (*tls.Certificate, error) {
	signer, key := r.pki.intermediate, crypto.Signer(nil)
	var err error
	switch kind {
	case CertUnknownCA:
		signer = r.pki.stranger
	case CertRSA:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case CertEd25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		return nil, err
	}
	leaf, err := r.pki.issue(commonName, signer, key, func(t *x509.Certificate) {
		if kind == CertExpired {
			t.NotBefore, t.NotAfter = t.NotBefore.Add(-48*time.Hour), t.NotAfter.Add(-48*time.Hour)
		}
	})
	if err != nil {
		return nil, err
	}
	cert := &tls.Certificate{PrivateKey: leaf.key, Leaf: leaf.cert, Certificate: [][]byte{leaf.cert.Raw}}
	if kind != CertNoIntermediate && kind != CertUnknownCA {
		cert.Certificate = append(cert.Certificate, r.pki.intermediate.cert.Raw)
	}
	return cert, nil
}
