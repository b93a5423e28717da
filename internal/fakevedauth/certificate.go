package fakevedauth

import (
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
)

// The headers in which a proxy in front hands on what it knows of the client's certificate.
const (
	headerClientDN = "X-Client-DN"
	headerIssuerDN = "X-Client-Issuer-DN"
)

// certificateGate refuses what IIS refuses before the server proper sees it: no certificate, one whose chain leads
// nowhere, one that has expired.
func certificateGate(s *Server, c *call) *reply {
	if c.options.TrustProxyHeaders && proxied(c, headerClientDN) != "" {
		return nil
	}
	title := ""
	if c.peer == nil {
		title = "403.7 - Forbidden: Client certificate required."
	} else if c.options.ClientRoots != nil {
		pool := x509.NewCertPool()
		for _, certificate := range c.peer.intermediates {
			pool.AddCert(certificate)
		}
		_, err := c.peer.leaf.Verify(x509.VerifyOptions{
			Roots:         c.options.ClientRoots,
			Intermediates: pool,
			CurrentTime:   s.Now(),
			KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		var invalid x509.CertificateInvalidError
		switch {
		case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
			title = "403.17 - Forbidden: Client certificate has expired or is not yet valid."
		case err != nil:
			title = "403.16 - Forbidden: Client certificate is untrusted or invalid."
		}
	}
	if title == "" {
		return nil
	}
	page := htmlReply(http.StatusForbidden, title)
	return &page
}

// authorizeCertificate is POST Authorize/Certificate.
func authorizeCertificate(s *Server, c *call) reply {
	return s.authorize(c, func() (*User, *reply) {
		name, issuer := certificateNames(c)
		if !approved(c.options.ApprovedIssuers, issuer) {
			return nil, s.refused("certificate-issuer")
		}
		user := s.userNamed(name)
		if name == "" || user == nil {
			return nil, s.refused("certificate-identity")
		}
		if user.Unhandled {
			return nil, s.refused("claim-type")
		}
		return user, nil
	})
}

// certificateNames returns whom a certificate names, in the field that counts, and who issued it.
func certificateNames(c *call) (name, issuer string) {
	if dn := proxied(c, headerClientDN); c.options.TrustProxyHeaders && dn != "" {
		attributes := map[Source][]string{SourceCN: {"CN"}, SourceEmail: {"emailAddress", "E"}}
		return attributeOf(dn, attributes[c.options.CertificateSource]), proxied(c, headerIssuerDN)
	}
	leaf := c.peer.leaf
	issuer = leaf.Issuer.String()
	switch c.options.CertificateSource {
	case SourceUPN:
		name = upnOf(leaf)
	case SourceEmail:
		if len(leaf.EmailAddresses) > 0 {
			name = leaf.EmailAddresses[0]
		}
	case SourceCN:
		name = leaf.Subject.CommonName
	}
	return name, issuer
}

// approved compares distinguished names without regard to case and to blanks around commas.
func approved(issuers []string, issuer string) bool {
	if issuers == nil {
		return true
	}
	for _, candidate := range issuers {
		if strings.EqualFold(tightDN(candidate), tightDN(issuer)) {
			return true
		}
	}
	return false
}

func tightDN(dn string) string {
	parts := strings.Split(dn, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, ",")
}

// attributeOf returns the first of the named attributes in a distinguished name, "CN=alice,O=Example" or
// "/O=Example/CN=alice".
func attributeOf(dn string, names []string) string {
	separator := ","
	if strings.HasPrefix(dn, "/") {
		separator = "/"
	}
	for part := range strings.SplitSeq(dn, separator) {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		for _, name := range names {
			if strings.EqualFold(key, name) {
				return value
			}
		}
	}
	return ""
}

// proxied reads a header that a proxy set; Apache writes "(null)" for what it does not have.
func proxied(c *call, name string) string {
	if value := c.Header.Get(name); value != "(null)" {
		return value
	}
	return ""
}
