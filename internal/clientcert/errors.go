package clientcert

import (
	"fmt"
	"time"
)

// Problem names what is wrong with the given material, for code that decides (which attribute to point at) and for
// tests. The sentence for the reader is in Error.
type Problem string

// The problems.
const (
	// NotBase64: the text is not base64.
	NotBase64 Problem = "not base64"
	// NotPKCS12: the bytes are something else, PEM for example.
	NotPKCS12 Problem = "not PKCS#12"
	// NotPEM: the bytes are something else, DER for example.
	NotPEM Problem = "not PEM"
	// Damaged: the format is right and the content cannot be read.
	Damaged Problem = "damaged"
	// BER: PKCS#12 in the indefinite-length encoding that NSS, Firefox and some certificate authorities write.
	BER Problem = "BER encoding"
	// NoMAC: PKCS#12 without integrity protection.
	NoMAC Problem = "no MAC"
	// WrongPassword: the password does not open the file or the key.
	WrongPassword Problem = "wrong password"
	// PasswordMissing: the key is encrypted and no password was given.
	PasswordMissing Problem = "password missing"
	// PasswordCharacters: PKCS#12 cannot express a character of the password.
	PasswordCharacters Problem = "password characters"
	// Unsupported: an algorithm that this program does not read.
	Unsupported Problem = "unsupported algorithm"
	// SeveralKeys: more than one private key.
	SeveralKeys Problem = "several private keys"
	// NoKey: no private key.
	NoKey Problem = "no private key"
	// NoCertificate: no certificate.
	NoCertificate Problem = "no certificate"
	// Mismatch: no certificate belongs to the key.
	Mismatch Problem = "key and certificate do not match"
)

// Error says what is wrong and what to do. It never holds key material or a password.
type Error struct {
	Problem Problem
	// Detail is what happened, a sentence without its full stop.
	Detail string
	// Next is what to do, one or more sentences.
	Next string
}

// Error joins the two sentences.
func (e *Error) Error() string { return e.Detail + ". " + e.Next }

func problem(p Problem, next, detail string, args ...any) *Error {
	return &Error{Problem: p, Detail: fmt.Sprintf(detail, args...), Next: next}
}

// ValidityError reports a certificate that is expired or not valid yet.
type ValidityError struct {
	// Subject is the certificate's subject.
	Subject string
	// NotBefore and NotAfter bound its validity.
	NotBefore, NotAfter time.Time
	// Now is the moment of the check.
	Now time.Time
}

// Expired reports whether the end has passed; false means that the beginning has not come yet.
func (e *ValidityError) Expired() bool { return e.Now.After(e.NotAfter) }

// Error names the certificate, both dates and the remedy.
func (e *ValidityError) Error() string {
	from, to := e.NotBefore.UTC().Format(time.RFC3339), e.NotAfter.UTC().Format(time.RFC3339)
	if e.Expired() {
		return fmt.Sprintf("the client certificate %q expired on %s. Renew it and give the new certificate with its key.",
			e.Subject, to)
	}
	return fmt.Sprintf(
		"the client certificate %q is not valid before %s (until %s). Check this machine's clock, which says %s, or use "+
			"another certificate.", e.Subject, from, to, e.Now.UTC().Format(time.RFC3339))
}

// guard turns a panic of a parser into err, without the panic's text: it may quote its input.
func guard(err *error) {
	if recover() != nil {
		*err = problem(Damaged, "Export the certificate and its key again.",
			"the certificate or key is damaged in a way that stopped its parser")
	}
}
