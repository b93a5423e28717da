package vedauth_test

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

var certificateLogin = vedauth.CertificateRequest{ClientID: "terraform", Scope: "certificate:manage"}

// ask makes a server ask for a client certificate in the handshake.
func ask(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }

func onlyTLS12(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }
func onlyTLS13(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }

func withCertificate(t *testing.T, s *server, change ...func(*vedauth.Config)) *vedauth.Client {
	t.Helper()
	cert := trusted.issue(nil)
	return connect(t, s, change...).WithCertificate(&cert)
}

// versions lists over which version of TLS the requests came, and whether with a certificate.
func versions(s *server) string {
	var list []string
	for _, r := range s.seen() {
		version := map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"}[r.tls.Version]
		if len(r.tls.PeerCertificates) > 0 {
			version += " cert"
		}
		list = append(list, version)
	}
	return strings.Join(list, ", ")
}

// by12 answers by the version of TLS.
func by12(old, modern script) script {
	return func(n int, r request, conn net.Conn) {
		if r.tls.Version == tls.VersionTLS12 {
			old(n, r, conn)
			return
		}
		modern(n, r, conn)
	}
}

const scopeRefusal = `{"error":"invalid_scope","error_description":"User is not authorized for the requested scope"}`

// TestCertificate: which version of TLS carries the request, and how often it is sent.
func TestCertificate(t *testing.T) {
	t.Parallel()
	good, forbidden := always("200 OK", goodToken, isJSON), always("403 Forbidden", "<html><title>403.7</title></html>")
	for _, test := range []struct {
		name     string
		change   []func(*tls.Config)
		answer   script
		versions string
		want     string // of the error, or empty
	}{
		{"asked in the handshake", []func(*tls.Config){ask}, good, "1.3 cert", ""},
		{"asked over 1.2", []func(*tls.Config){ask, onlyTLS12}, good, "1.2 cert", ""},
		{"not asked: 1.2, where it could still come", nil, good, "1.2", ""},
		{"403 over 1.3, not over 1.2", []func(*tls.Config){ask}, by12(good, forbidden), "1.3 cert, 1.2 cert", ""},
		{"403 over both", []func(*tls.Config){ask}, forbidden, "1.3 cert, 1.2 cert", "403.7"},
		{"403 where there is no 1.2", []func(*tls.Config){ask, onlyTLS13}, always("403 Forbidden", scopeRefusal, isJSON), "1.3 cert",
			"User is not authorized for the requested scope"},
		{"401 is not tried again", []func(*tls.Config){ask}, always("401 Certificate not signed by an approved issuer", ""), "1.3 cert",
			"AuthorizedIssuerDns"},
		{"no answer is not tried again", []func(*tls.Config){ask}, hangUp, "1.3 cert", "may have made a grant"},
		{"neither asked nor 1.2", []func(*tls.Config){onlyTLS13}, good, "", "speaks only TLS 1.3 and did not ask for the certificate"},
	} {
		s := serve(t, test.answer, test.change...)
		token, err := withCertificate(t, s).Certificate(t.Context(), certificateLogin)
		if got := versions(s); got != test.versions {
			t.Errorf("%s: requests over %q, want %q", test.name, got, test.versions)
		}
		switch {
		case test.want == "" && (err != nil || token.AccessToken.Reveal() != accessInGoodToken):
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		case test.want != "" && !strings.Contains(test.want, "a grant") && strings.Contains(err.Error(), "made a grant"):
			t.Errorf("%s: there can be no grant: %v", test.name, err)
		}
		for _, r := range s.seen() {
			if r.URL.Path != "/vedauth/Authorize/Certificate" || r.body != `{"client_id":"terraform","scope":"certificate:manage"}` {
				t.Errorf("%s: %s %s", test.name, r.URL, r.body)
			}
		}
	}
}

// TestA403DoesNotSpoilTheClient: after a refused scope the grants that there are must still be revoked, also on a server
// that speaks no TLS 1.2.
func TestA403DoesNotSpoilTheClient(t *testing.T) {
	t.Parallel()
	s := serve(t, inTurn(always("200 OK", goodToken, isJSON), always("403 Forbidden", scopeRefusal, isJSON), always("200 OK", "")), ask, onlyTLS13)
	client := withCertificate(t, s)
	token, err := client.Certificate(t.Context(), certificateLogin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Certificate(t.Context(), certificateLogin); err == nil {
		t.Error("a 403 is no success")
	}
	token.ExpiresIn = nil
	if err := client.Revoke(t.Context(), token); err != nil || versions(s) != "1.3 cert, 1.3 cert, 1.3 cert" {
		t.Errorf("%s: %v", versions(s), err)
	}
}

// TestRevokeWithACertificate that the server asks for too late, over TLS 1.3 after the request has been read: what IIS
// does then is of many kinds, so that nothing is sent, and over TLS 1.2 all is well.
func TestRevokeWithACertificate(t *testing.T) {
	t.Parallel()
	s := serve(t, by12(always("200 OK", ""), hangUp))
	client := withCertificate(t, s, func(c *vedauth.Config) { c.Retries = -1 })
	for range 2 {
		if err := client.Revoke(t.Context(), grantOf("", 60)); err != nil {
			t.Error(err)
		}
	}
	if got := versions(s); got != "1.2, 1.2" {
		t.Errorf("requests over %q", got)
	}
}
