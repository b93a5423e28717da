package fakevedauth_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const pathCertificate = "/vedauth/authorize/certificate"

func authorityNamed(t *testing.T, name string) *fakevedauth.Authority {
	t.Helper()
	authority, err := fakevedauth.NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func issue(t *testing.T, authority *fakevedauth.Authority, spec fakevedauth.ClientSpec) *tls.Certificate {
	t.Helper()
	pair, err := authority.IssueClient(spec)
	if err != nil {
		t.Fatal(err)
	}
	return &pair
}

// peerWith is a client with a certificate, or without if it is nil.
func peerWith(t *testing.T, fake *fakevedauth.Server, pair *tls.Certificate) peer {
	t.Helper()
	config := &tls.Config{RootCAs: fake.CAPool(), MinVersion: tls.VersionTLS12}
	if pair != nil {
		config.Certificates = []tls.Certificate{*pair}
	}
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return peer{t, fake.URL(), &http.Client{Transport: transport}}
}

func certificateLogin() map[string]string {
	return map[string]string{"client_id": fakevedauth.DefaultClientID, "scope": "certificate:manage"}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	clients, strangers := authorityNamed(t, "Clients"), authorityNamed(t, "Strangers")
	lower, err := clients.Intermediate("Clients below")
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) fakevedauth.ClientSpec { return fakevedauth.ClientSpec{CommonName: name} }
	full := fakevedauth.ClientSpec{CommonName: "alice", UPN: "alice@corp.example.com", Email: "alice@example.com"}
	yesterday := time.Now().Add(-24 * time.Hour)
	old := fakevedauth.ClientSpec{CommonName: "alice", NotBefore: yesterday.Add(-time.Hour), NotAfter: yesterday}
	approved := []string{"cn=clients, o=example", lower.Name()}
	for name, c := range map[string]struct {
		authority *fakevedauth.Authority
		spec      fakevedauth.ClientSpec
		source    fakevedauth.Source
		issuers   []string
		status    int
		says      string
	}{
		"common name":    {clients, full, fakevedauth.SourceCN, nil, 200, "access_token"},
		"UPN":            {clients, full, fakevedauth.SourceUPN, approved, 200, "access_token"},
		"e-mail":         {clients, full, fakevedauth.SourceEmail, approved, 200, "access_token"},
		"intermediate":   {lower, full, fakevedauth.SourceCN, approved, 200, "access_token"},
		"not listed":     {clients, full, fakevedauth.SourceCN, []string{"CN=Others"}, 401, "not signed by an approved"},
		"no such field":  {clients, named("alice"), fakevedauth.SourceUPN, nil, 401, "acceptable identity"},
		"nobody":         {clients, named("zoe"), fakevedauth.SourceCN, nil, 401, "acceptable identity"},
		"unhandled":      {clients, named("eve"), fakevedauth.SourceCN, nil, 401, "Unhandled identity claim type"},
		"no rule":        {clients, named("bob"), fakevedauth.SourceCN, nil, 400, "local:bob"},
		"wrong root":     {strangers, full, fakevedauth.SourceCN, nil, 403, "403.16"},
		"expired":        {clients, old, fakevedauth.SourceCN, nil, 403, "403.17"},
		"no certificate": {nil, full, fakevedauth.SourceCN, nil, 403, "403.7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := fakevedauth.StartForTest(t, fakevedauth.Options{
				ClientAuth: tls.RequestClientCert, ClientRoots: clients.Pool(),
				ApprovedIssuers: c.issuers, CertificateSource: c.source,
			})
			fake.AddUser(fakevedauth.User{
				Names:    []string{"alice", "alice@corp.example.com", "alice@example.com"},
				Identity: fakevedauth.DefaultIdentity,
			})
			fake.AddUser(fakevedauth.User{Names: []string{"eve"}, Identity: "local:{e}", Unhandled: true}, "terraform")
			fake.AddUser(fakevedauth.User{Names: []string{"bob", "local:bob"}, Identity: "local:{b}"})
			var pair *tls.Certificate
			if c.authority != nil {
				pair = issue(t, c.authority, c.spec)
			}
			peerWith(t, fake, pair).post(pathCertificate, certificateLogin()).expect(t, c.status, "", c.says)
			if got := fake.Requests()[0].ClientCertificate; (got == "") != (pair == nil) {
				t.Errorf("recorded certificate %q", got)
			}
		})
	}
}

func TestCertificateSwitchedOff(t *testing.T) {
	t.Parallel()
	clients := authorityNamed(t, "Clients")
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{
		ClientAuth: tls.RequestClientCert, Disabled: only(fakevedauth.Certificate),
	})
	p := peerWith(t, fake, issue(t, clients, fakevedauth.ClientSpec{CommonName: "alice"}))
	p.post(pathCertificate, certificateLogin()).expect(t, 401, "", "Certificate authentication not enabled")
}

// TestHandshakeDemands: versions of TLS, and a certificate that the handshake insists on.
func TestHandshakeDemands(t *testing.T) {
	t.Parallel()
	clients := authorityNamed(t, "Clients")
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients.Pool(),
		MinTLS: tls.VersionTLS13, MaxTLS: tls.VersionTLS13,
	})
	if _, err := peerWith(t, fake, nil).try("GET", pathVerify, "", "", ""); err == nil {
		t.Error("no certificate was needed")
	}
	p := peerWith(t, fake, issue(t, clients, fakevedauth.ClientSpec{CommonName: "alice"}))
	p.post(pathCertificate, certificateLogin()).expect(t, 200, "", "")
	fake.Configure(func(o *fakevedauth.Options) { o.ClientRoots = clients.Pool() })
	p.post(pathCertificate, certificateLogin()).expect(t, 200, "", "")
	fake.Advance(2 * 365 * 24 * time.Hour)
	p.post(pathCertificate, certificateLogin()).expect(t, 403, "", "403.17")
	if got := fake.RequestsTo(fakevedauth.Certificate)[0].TLSVersion; got != tls.VersionTLS13 {
		t.Errorf("version %x", got)
	}
}

// TestCertificateBehindAProxy: the identity comes in headers, if they are trusted.
func TestCertificateBehindAProxy(t *testing.T) {
	t.Parallel()
	for dn, want := range map[string]int{
		"CN=alice,O=Example": 200, "O=Example, CN=alice": 200, "/O=Example/CN=alice": 200,
		"CN=zoe": 401, "(null)": 403, "": 403,
	} {
		for trust, status := range map[bool]int{true: want, false: 403} {
			fake := fakevedauth.StartForTest(t, fakevedauth.Options{PlainHTTP: true, TrustProxyHeaders: trust})
			p := peerOf(t, fake)
			p.http.Transport = withHeader{p.http.Transport, "X-Client-DN", dn}
			if got := p.post(pathCertificate, certificateLogin()); got.status != status {
				t.Errorf("%q, trusted %v: %d, want %d", dn, trust, got.status, status)
			}
		}
	}
}

// withHeader plays the proxy.
type withHeader struct {
	http.RoundTripper
	name, value string
}

func (w withHeader) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if w.value != "" {
		r.Header.Set(w.name, w.value)
	}
	return w.RoundTripper.RoundTrip(r)
}

func TestPairPEM(t *testing.T) {
	t.Parallel()
	lower, err := authorityNamed(t, "Clients").Intermediate("Clients below")
	if err != nil {
		t.Fatal(err)
	}
	certificates, key, err := fakevedauth.PairPEM(*issue(t, lower, fakevedauth.ClientSpec{CommonName: "alice"}))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair([]byte(certificates), []byte(key))
	if err != nil || len(pair.Certificate) != 2 {
		t.Errorf("%d certificates, %v", len(pair.Certificate), err)
	}
	block, _ := pem.Decode([]byte(lower.PEM()))
	if root, err := x509.ParseCertificate(block.Bytes); err != nil || root.Subject.String() != lower.Name() {
		t.Errorf("%v", err)
	}
}
