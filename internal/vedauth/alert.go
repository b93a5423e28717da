package vedauth

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// describe says in plain words why the server broke off, if it was for the certificate.
func (p *presenter) describe(err error, now time.Time) (problem, next string, known bool) {
	text := err.Error()
	leaf := p.leaf()
	switch {
	case strings.Contains(text, "protocol version not supported") && p.onlyOld.Load():
		return "the server speaks only TLS 1.3 and did not ask for the certificate in the handshake",
			"If it asks for certificates only for the path /vedauth, that needs TLS 1.3 post-handshake authentication, " +
				"which this program cannot do. Have an administrator either enable \"Negotiate Client Certificate\" on the " +
				"IIS binding, so that it asks in the handshake, or allow TLS 1.2.", true
	case strings.Contains(text, "tls: unknown certificate authority"):
		problem, next = p.untrusted(leaf)
		return problem, next, true
	case strings.Contains(text, "tls: expired certificate"):
		return "the server found the client certificate expired",
			"Renew the certificate; compare the clocks of this machine and of the server.", true
	case strings.Contains(text, "tls: revoked certificate"):
		return "the client certificate has been revoked", "Use another certificate.", true
	case strings.Contains(text, "tls: unsupported certificate"):
		return "the server found that the client certificate is not for client authentication",
			"Use a certificate with the extended key usage Client Authentication.", true
	case strings.Contains(text, "remote error: tls: internal error"):
		return "the server could not check the client certificate",
			"Its chain may be longer than the server allows, or its list of revoked certificates cannot be had. " +
				"Look in the server's log.", true
	case !endsHandshake(err):
		return "", "", false
	case leaf != nil && leaf.NotBefore.After(now):
		return fmt.Sprintf("the client certificate is not valid before %s", leaf.NotBefore.UTC().Format(time.RFC3339)),
			"Use another certificate, or wait; compare the clocks of this machine and of the server.", true
	}
	return "the server did not accept the client certificate",
		"Check that the certificate is for client authentication, and that its issuer is one that the server takes.", true
}

// untrusted says why a server finds no way from the certificate to an authority that it trusts.
func (p *presenter) untrusted(leaf *x509.Certificate) (problem, next string) {
	problem = "the server does not trust the client certificate"
	if leaf == nil {
		return problem, "Have its issuer added to the server's trusted authorities."
	}
	if len(p.cert.Certificate) == 1 && leaf.Issuer.String() != leaf.Subject.String() {
		return problem + ", which was sent without an intermediate certificate",
			fmt.Sprintf(
				"Add the certificate of its issuer (%s) to what is given, if that is an intermediate authority; "+
					"otherwise have an administrator add the issuer to the server's trusted authorities.",
				leaf.Issuer,
			)
	}
	last := leaf
	if chain, err := x509.ParseCertificate(p.cert.Certificate[len(p.cert.Certificate)-1]); err == nil {
		last = chain
	}
	return problem, fmt.Sprintf(
		"Have the authority behind it (%s) added to the server's trusted ones. If it is one of "+
			"them, the chain may be longer than the server allows.",
		last.Issuer,
	)
}

// leaf is the client's own certificate, or nil if it cannot be read.
func (p *presenter) leaf() *x509.Certificate {
	if p.cert.Leaf != nil || len(p.cert.Certificate) == 0 {
		return p.cert.Leaf
	}
	parsed, err := x509.ParseCertificate(p.cert.Certificate[0])
	if err != nil {
		return nil
	}
	return parsed
}

// endsHandshake is endsHandshake, with what only a server says that was shown a certificate: OpenSSL calls it an
// internal error if it gives up checking one.
func (c *Client) endsHandshake(err error) bool {
	return endsHandshake(err) ||
		c.presenter != nil && strings.Contains(err.Error(), "remote error: tls: internal error")
}
