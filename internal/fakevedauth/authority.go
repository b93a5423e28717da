package fakevedauth

import (
	"crypto"
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
	"time"
)

// Authority is a certificate authority that lives in memory: the server's own, or one for client certificates.
type Authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	// chain leads from this authority up to, and without, the root.
	chain [][]byte
}

// NewAuthority makes a root.
func NewAuthority(commonName string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: key of the authority: %w", err)
	}
	template := authorityTemplate(commonName)
	return signAuthority(template, template, key, key)
}

// Intermediate makes an authority below this one. What it issues brings the intermediate certificate along.
func (a *Authority) Intermediate(commonName string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: key of the authority: %w", err)
	}
	lower, err := signAuthority(authorityTemplate(commonName), a.certificate, key, a.key)
	if err != nil {
		return nil, err
	}
	lower.chain = append([][]byte{lower.certificate.Raw}, a.chain...)
	return lower, nil
}

func authorityTemplate(commonName string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: commonName, Organization: []string{"Example"}},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(5, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func signAuthority(template, parent *x509.Certificate, key *ecdsa.PrivateKey, by crypto.Signer) (*Authority, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: certificate of the authority: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: certificate of the authority: %w", err)
	}
	return &Authority{certificate: certificate, key: key}, nil
}

// PEM is the authority's certificate.
func (a *Authority) PEM() string { return certificatePEM(a.certificate.Raw) }

// Pool trusts the authority and nothing else.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Name is the authority's distinguished name, as ApprovedIssuers has it.
func (a *Authority) Name() string { return a.certificate.Subject.String() }

// ClientSpec describes a client certificate. Empty fields are left out.
type ClientSpec struct {
	CommonName string
	UPN        string
	Email      string
	// NotBefore and NotAfter are an hour ago and in a year if zero.
	NotBefore time.Time
	NotAfter  time.Time
	// Key is an EC key made for the certificate if nil.
	Key crypto.Signer
}

// IssueClient makes a client certificate.
func (a *Authority) IssueClient(spec ClientSpec) (tls.Certificate, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: spec.CommonName, Organization: []string{"Example"}},
		NotBefore:   spec.NotBefore,
		NotAfter:    spec.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	names, err := alternativeNames(spec)
	if err != nil {
		return tls.Certificate{}, err
	}
	if names != nil {
		template.ExtraExtensions = []pkix.Extension{*names}
	}
	return a.issue(template, spec.Key)
}

// ServerSpec describes a server certificate. Zero times are an hour ago and in a year.
type ServerSpec struct {
	Names               []string
	Addresses           []net.IP
	NotBefore, NotAfter time.Time
}

// IssueServer makes a server certificate, for a server of the test's own.
func (a *Authority) IssueServer(spec ServerSpec) (tls.Certificate, error) {
	return a.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "server"},
		DNSNames:    spec.Names,
		IPAddresses: spec.Addresses,
		NotBefore:   spec.NotBefore,
		NotAfter:    spec.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, nil)
}

// issue signs template for key, and makes the key if there is none.
func (a *Authority) issue(template *x509.Certificate, key crypto.Signer) (tls.Certificate, error) {
	if key == nil {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return tls.Certificate{}, fmt.Errorf("fakevedauth: key: %w", err)
		}
		key = made
	}
	template.SerialNumber = serial()
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().AddDate(1, 0, 0)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("fakevedauth: certificate: %w", err)
	}
	return tls.Certificate{Certificate: append([][]byte{der}, a.chain...), PrivateKey: key}, nil
}

// PairPEM writes a certificate with its chain, and its key as unencrypted PKCS#8.
func PairPEM(pair tls.Certificate) (certificates, key string, err error) {
	for _, der := range pair.Certificate {
		certificates += certificatePEM(der)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		return "", "", fmt.Errorf("fakevedauth: key: %w", err)
	}
	return certificates, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func serial() *big.Int {
	number := make([]byte, 16)
	_, _ = rand.Read(number) // never fails
	return new(big.Int).Rsh(new(big.Int).SetBytes(number), 1)
}
