// Package clientcert turns what users have (a PKCS#12 file, or PEM certificates and a PEM key, in any of their many
// forms) into a certificate that TLS can present: the leaf that fits the key, followed by its intermediates.
//
// It reads bytes, not files, and knows nothing of vedauth. Key material and passwords never appear in its errors.
package clientcert

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"time"
)

// DecodeBase64 decodes PKCS#12 bytes that travel as text: standard or URL alphabet, padded or not, wrapped in lines
// or not. The error is an *Error.
func DecodeBase64(text string) ([]byte, error) {
	text = strings.Join(strings.Fields(text), "")
	text = strings.TrimRight(text, "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 {
		return nil, problem(NotBase64, "Encode the file with: openssl base64 -A -in client.p12",
			"the PKCS#12 text is not base64")
	}
	return data, nil
}

// CheckValidity returns a *ValidityError if cert's leaf is expired, or not valid yet, at now. Loading does not check
// it, so that the caller decides when a certificate is too old.
func CheckValidity(cert *tls.Certificate, now time.Time) error {
	leaf := cert.Leaf
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return &ValidityError{Subject: leaf.Subject.String(), NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter, Now: now}
	}
	return nil
}

// publicKey is what every public key of the standard library can do.
type publicKey interface {
	Equal(x crypto.PublicKey) bool
}

// assemble finds the leaf that fits the key and puts its intermediates behind it.
func assemble(key crypto.PrivateKey, all []*x509.Certificate) (*tls.Certificate, error) {
	signer, isSigner := key.(crypto.Signer)
	if !isSigner {
		return nil, problem(Unsupported, "Use an RSA, EC or Ed25519 key.", "the private key is of a kind that cannot sign")
	}
	public, canCompare := signer.Public().(publicKey)
	if !canCompare {
		return nil, problem(Unsupported, "Use an RSA, EC or Ed25519 key.", "the private key is of an unknown kind")
	}
	leaf := findLeaf(public, all)
	if leaf == nil {
		return nil, problem(Mismatch, "Give the certificate that was issued for this key: compare the output of "+
			"\"openssl pkey -in client.key -pubout\" and \"openssl x509 -in client.crt -noout -pubkey\".",
			"none of the %d certificates belongs to the private key", len(all))
	}
	cert := &tls.Certificate{PrivateKey: key, Leaf: leaf, Certificate: [][]byte{leaf.Raw}}
	for _, intermediate := range intermediates(leaf, all) {
		cert.Certificate = append(cert.Certificate, intermediate.Raw)
	}
	return cert, nil
}

// findLeaf returns the certificate with that public key; of several (a renewal kept the key) the one that lasts
// longest.
func findLeaf(public publicKey, all []*x509.Certificate) *x509.Certificate {
	var leaf *x509.Certificate
	for _, cert := range all {
		if public.Equal(cert.PublicKey) && (leaf == nil || cert.NotAfter.After(leaf.NotAfter)) {
			leaf = cert
		}
	}
	return leaf
}

// intermediates walks from the leaf upwards. The root stays out: a server that trusts it has it.
func intermediates(leaf *x509.Certificate, all []*x509.Certificate) []*x509.Certificate {
	var chain []*x509.Certificate
	for current := leaf; len(chain) < len(all); {
		next := issuer(current, all)
		if next == nil {
			break
		}
		chain = append(chain, next)
		current = next
	}
	return chain
}

// issuer returns the intermediate that signed cert. The signature decides, not the name alone: a renewed authority
// has two certificates of one name.
func issuer(cert *x509.Certificate, all []*x509.Certificate) *x509.Certificate {
	if selfIssued(cert) {
		return nil
	}
	for _, candidate := range all {
		if bytes.Equal(cert.RawIssuer, candidate.RawSubject) && !selfIssued(candidate) &&
			candidate.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil {
			return candidate
		}
	}
	return nil
}

func selfIssued(cert *x509.Certificate) bool { return bytes.Equal(cert.RawIssuer, cert.RawSubject) }
