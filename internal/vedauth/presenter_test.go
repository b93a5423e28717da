package vedauth_test

import (
	"crypto/tls"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// perPath makes a server behave as IIS that asks for a certificate on the path only: not in a handshake of TLS 1.3.
// What it would do with a request on such a connection no test needs to know, because none may come.
func perPath(c *tls.Config) {
	inHandshake := c.Clone()
	inHandshake.ClientAuth = tls.RequireAnyClientCert
	c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Contains(hello.SupportedVersions, tls.VersionTLS13) {
			return nil, nil
		}
		return inHandshake, nil
	}
}

// TestNothingIsWrittenWhereNobodyCanAsk: IIS resets a TLS 1.3 connection on which it wants a certificate too late, or
// answers 500, and then nobody knows what became of the request. So it must not be there.
func TestNothingIsWrittenWhereNobodyCanAsk(t *testing.T) {
	t.Parallel()
	s := serve(t, always("200 OK", goodToken, isJSON), perPath)
	if _, err := withCertificate(t, s).Certificate(t.Context(), certificateLogin); err != nil {
		t.Fatal(err)
	}
	s.stop()
	seen := s.seen()
	if len(seen) != 1 || s.begun != 1 || s.connections() != 2 {
		t.Fatalf(
			"%d requests of %d begun, on %d connections; want one on the second",
			len(seen),
			s.begun,
			s.connections(),
		)
	}
	if got := seen[0].tls; got.Version != tls.VersionTLS12 || len(got.PeerCertificates) != 1 {
		t.Errorf("came over TLS %x with %d certificates", got.Version, len(got.PeerCertificates))
	}
}

// TestACertificateIsOnlyForTheServer, and not for an https proxy on the way, even if that asks for one.
func TestACertificateIsOnlyForTheServer(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*tls.Config){
		"asked in the handshake": func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert },
		"asked per path":         perPath,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			shown, handshakes := 0, 0
			forward := startProxy(t, &tls.Config{
				Certificates: []tls.Certificate{leaf}, ClientAuth: tls.RequestClientCert,
				VerifyConnection: func(state tls.ConnectionState) error {
					mu.Lock()
					defer mu.Unlock()
					shown, handshakes = shown+len(state.PeerCertificates), handshakes+1
					return nil
				},
			}, nil)
			s := serve(t, always("200 OK", goodToken, isJSON), change)
			client := withCertificate(t, s, explicit(t, "https://"+forward.address))
			if _, err := client.Certificate(t.Context(), certificateLogin); err != nil {
				t.Fatal(err)
			}
			if seen := s.seen(); len(seen) != 1 || len(seen[0].tls.PeerCertificates) != 1 {
				t.Errorf("%d requests came to the server", len(seen))
			}
			mu.Lock()
			defer mu.Unlock()
			if shown != 0 || handshakes != s.connections() {
				t.Errorf("the proxy was shown the certificate in %d of %d handshakes", shown, handshakes)
			}
		})
	}
}

// TestAServerThatGivesUpCheckingACertificate has not read the request.
func TestAServerThatGivesUpCheckingACertificate(t *testing.T) {
	t.Parallel()
	giveUp := func(c *tls.Config) {
		c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("internal error") }
	}
	waits := &pauses{}
	s := serve(t, always("200 OK", goodToken, isJSON), giveUp)
	client := withCertificate(t, s, func(c *vedauth.Config) { c.Wait = waits.wait })
	_, err := client.Certificate(t.Context(), certificateLogin)
	failure := asError(t, err)
	if failure.Kind != vedauth.Unreachable || failure.Said() != "the server could not check the client certificate." {
		t.Errorf("kind %d: %v", failure.Kind, err)
	}
	if len(waits.list) != 0 {
		t.Error("it was tried again")
	}
}
