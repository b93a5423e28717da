package vedauth_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

func TestTrust(t *testing.T) {
	t.Parallel()
	stranger := newAuthority()
	use := func(certificate tls.Certificate) func(*tls.Config) {
		return func(c *tls.Config) { c.Certificates = []tls.Certificate{certificate} }
	}
	for name, test := range map[string]struct {
		server func(*tls.Config)
		want   string
		again  bool // the system's anchors might have done
	}{
		"untrusted": {use(stranger.issue(nil)), "the server's certificate is not trusted", true},
		"expired": {use(trusted.issue(func(c *x509.Certificate) { c.NotAfter = time.Unix(1, 0) })),
			"the server's certificate has expired or is not yet valid", true},
		"not yet valid": {use(trusted.issue(func(c *x509.Certificate) { c.NotBefore = time.Unix(1<<32, 0) })),
			"the server's certificate has expired or is not yet valid", true},
		"another name": {use(trusted.issue(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"other.example.com"}, nil })),
			"the server's certificate is not for this host name", false},
		"no TLS 1.3 without a client certificate": {func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert },
			"it may demand a client certificate", false},
		"no TLS 1.2 without a client certificate": {func(c *tls.Config) {
			c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
		}, "it may demand a client certificate", false},
	} {
		waits := &pauses{}
		s := serve(t, always("200 OK", goodToken, isJSON), test.server)
		_, err := connect(t, s, func(c *vedauth.Config) { c.Wait = waits.wait }).OAuth(t.Context(), login)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
			continue
		}
		failure := asError(t, err)
		if failure.Kind != vedauth.Unreachable || failure.Status != 0 || failure.Next() == "" || strings.Contains(err.Error(), "grant") {
			t.Errorf("%s: kind %d, %v", name, failure.Kind, err)
		}
		connections := 1
		if test.again {
			connections = 2
		}
		// The alert that says why may come while the request is being written, which then was not sent, and is tried again.
		cut := strings.HasPrefix(name, "no TLS 1.3")
		if cut {
			connections += len(waits.list)
		}
		if len(s.seen()) != 0 || s.connections() != connections || len(waits.list) != 0 && !cut {
			t.Errorf("%s: %d requests on %d connections, pauses %v", name, len(s.seen()), s.connections(), waits.list)
		}
	}
}

// TestAnchorsInWhateverStandsAroundThem: the notes of a bundle, a byte order mark, and a second authority behind it all.
func TestAnchorsInWhateverStandsAroundThem(t *testing.T) {
	t.Parallel()
	first, second := newAuthority(), string(trusted.pem)
	s := serve(t, always("200 OK", goodToken, isJSON))
	for name, bundle := range map[string]string{
		"text":             "Our CA\n======\n" + second + "\nuntil 2030\n",
		"byte order mark":  "\ufeff" + second,
		"mark, second one": "\ufeff" + second + string(first.pem),
		"Windows' lines":   "\ufeff" + strings.ReplaceAll(second, "\n", "\r\n"),
		"a broken one":     "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" + second,
	} {
		if err := vedauth.CheckCA([]byte(bundle)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := connect(t, s, func(c *vedauth.Config) { c.CAPEM = []byte(bundle) }).OAuth(t.Context(), login); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOwnAnchorsAreAdded: with ca_pem the system's anchors stay, and without it they are all there is.
func TestOwnAnchorsAreAdded(t *testing.T) {
	system := newAuthority()
	file := t.TempDir() + "/system.pem"
	writeFile(t, file, system.pem)
	t.Setenv("SSL_CERT_FILE", file)
	t.Setenv("SSL_CERT_DIR", t.TempDir())
	if pool, err := x509.SystemCertPool(); err != nil || !pool.Equal(poolOf(system.pem)) {
		t.Log("this system does not take its anchors from SSL_CERT_FILE, or has read them before; only our own are tested")
	}
	s := serve(t, always("200 OK", goodToken, isJSON))
	if _, err := connect(t, s).OAuth(t.Context(), login); err != nil {
		t.Errorf("own anchor: %v", err)
	}
	_, err := connect(t, s, func(c *vedauth.Config) { c.CAPEM = nil }).OAuth(t.Context(), login)
	if err == nil || !strings.Contains(err.Error(), "not trusted") {
		t.Errorf("without it: %v", err)
	}
	client := connect(t, s)
	if !client.Transport().TLSClientConfig.RootCAs.Equal(poolOf(trusted.pem)) {
		t.Error("it does not begin with our anchors alone")
	}
	pool := client.WideTransport().TLSClientConfig.RootCAs
	both, err := x509.SystemCertPool()
	if err != nil {
		both = x509.NewCertPool()
	}
	if !both.AppendCertsFromPEM(trusted.pem) || !pool.Equal(both) {
		t.Error("the anchors are not the system's and ours")
	}
}

// TestNamedAnchorsComeFirst: a server that only the other anchors vouch for costs one handshake more, once, and no
// request. Certificates and Windows logins begin with all anchors.
func TestNamedAnchorsComeFirst(t *testing.T) {
	t.Parallel()
	system := newAuthority()
	s := serve(t, always("200 OK", goodToken, isJSON), func(c *tls.Config) { c.Certificates = []tls.Certificate{system.issue(nil)} })
	client := connect(t, s)
	client.WideTransport().TLSClientConfig.RootCAs = poolOf(system.pem)
	for i, connections := range []int{2, 3} {
		if _, err := client.OAuth(t.Context(), login); err != nil {
			t.Fatal(err)
		}
		if len(s.seen()) != i+1 || s.connections() != connections {
			t.Errorf("%d requests on %d connections, want %d on %d", len(s.seen()), s.connections(), i+1, connections)
		}
	}
	if _, err := client.WithCertificate(&tls.Certificate{}).OAuth(t.Context(), login); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
}

func poolOf(pem []byte) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

func TestBadAnchors(t *testing.T) {
	t.Parallel()
	for _, pem := range []string{"", "\n", "hunter2", "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n"} {
		if err := vedauth.CheckCA([]byte(pem)); err == nil {
			t.Errorf("CheckCA takes %q", pem)
		}
		_, err := vedauth.New(vedauth.Config{Server: "https://tpp.example.com", CAPEM: []byte(pem)})
		if err == nil || !strings.Contains(err.Error(), "no certificate in PEM form") {
			t.Errorf("New takes %q: %v", pem, err)
		}
	}
	if err := vedauth.CheckCA(append([]byte("issued by us\n"), trusted.pem...)); err != nil {
		t.Error(err)
	}
}
