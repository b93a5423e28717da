//go:build linux

package vedauth_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// onlyPostHandshake is the one way to ask that no client in Go can answer: it is explained, and nothing is sent.
func onlyPostHandshake(t *testing.T, rig *peers.Rig) {
	s := newSite(t, rig, peers.Loc13, nil)
	client := s.client().WithCertificate(issue(t, rig, peers.CertEC, tester))
	for range 2 { // the second time it is known that TLS 1.3 is of no use
		_, err := client.Certificate(t.Context(), byCertificate)
		explains(t, err, vedauth.Unreachable, "speaks only TLS 1.3", "did not ask for the certificate in the handshake",
			`"Negotiate Client Certificate" on the IIS binding`, "or allow TLS 1.2")
	}
	s.untouched()
	if n := s.opened.Load(); n != 3 {
		t.Errorf("%d connections, want 3: TLS 1.3 and 1.2, and 1.2", n)
	}
	if len(s.waits.list) != 0 {
		t.Error("it was tried again")
	}
}

func flawedCertificates(t *testing.T, rig *peers.Rig) {
	const untrusted = "the server does not trust the client certificate"
	for kind, says := range map[peers.ClientCert][]string{
		peers.CertUnknownCA: {
			untrusted, "sent without an intermediate certificate", "issuer (CN=Peers Stranger)", "trusted",
		},
		peers.CertNoIntermediate: {
			untrusted, "sent without an intermediate certificate",
			"Add the certificate of its issuer (CN=Peers Intermediate)",
		},
		peers.CertUnknownChain: {
			untrusted, "the authority behind it (CN=Peers Stranger) added to the server's trusted ones",
		},
		peers.CertExpired:     {"the server found the client certificate expired", "Renew the certificate"},
		peers.CertNotYetValid: {"the client certificate is not valid before", "clock"},
		peers.CertServerOnly:  {"not for client authentication", "Client Authentication"},
		peers.CertLongChain: {
			untrusted, "the authority behind it (CN=Peers Root)", "longer than the server allows",
		},
	} {
		cert := issue(t, rig, kind, tester)
		for _, host := range []peers.Host{
			peers.Loc, peers.Loc12, peers.VHost, peers.VHost12, peers.VHost13, peers.VHostOpt,
		} {
			t.Run(hostAnd(host, kind), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, rig, host, nil)
				_, err := s.client().WithCertificate(cert).Certificate(t.Context(), byCertificate)
				explains(t, err, vedauth.Unreachable, says...)
				s.untouched()
				// Over TLS 1.3 the alert may be lost when it overtakes the request; then it takes a second try to get one.
				if strings.Contains(string(host), "12") && len(s.waits.list) != 0 {
					t.Error("it was tried again")
				}
			})
		}
	}
}

// withoutACertificate: another grant at a server that insists on a certificate.
func withoutACertificate(t *testing.T, rig *peers.Rig) {
	for _, host := range []peers.Host{peers.VHost, peers.VHost12, peers.VHost13} {
		s := newSite(t, rig, host, nil)
		_, err := s.client().OAuth(t.Context(), login)
		explains(t, err, vedauth.Unreachable, "may demand a client certificate", "vedauth_certificate_token")
		s.untouched()
	}
}

func cancelledCertificateLogins(t *testing.T, rig *peers.Rig) {
	cert := issue(t, rig, peers.CertEC, tester)
	for nth, name := range []string{1: "in the first handshake", 2: "in the second handshake"} {
		if name == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			s := newSite(t, rig, peers.Loc, func(n int, conn net.Conn) bool {
				if n != nth {
					return false
				}
				cancel()
				_, _ = conn.Read(make([]byte, 1<<10)) // until the client hangs up, or has said hello
				return true
			})
			_, err := s.client().WithCertificate(cert).Certificate(ctx, byCertificate)
			explains(t, err, vedauth.Canceled)
			s.untouched()
		})
	}
	t.Run("after it was sent", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, rig, peers.Loc, nil)
		release := make(chan struct{})
		s.fake.Inject(refusal.Certificate, fakevedauth.Once(fakevedauth.Hold(release).AfterCommit()))
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			s.waitFor(func(l fakevedauth.Ledger) bool { return l.Issued == 1 })
			cancel()
			close(release)
		}()
		token, err := s.client().WithCertificate(cert).Certificate(ctx, byCertificate)
		if err != nil || token.AccessToken.Empty() {
			t.Errorf("the answer is lost: %v", err)
		}
	})
}

// certificateWithoutAnswer: what may have made a grant is not sent again, over no version of TLS.
func certificateWithoutAnswer(t *testing.T, rig *peers.Rig) {
	cert := issue(t, rig, peers.CertEC, tester)
	for _, host := range []peers.Host{peers.Loc, peers.VHost} {
		s := newSite(t, rig, host, nil)
		s.fake.Inject(refusal.Certificate, fakevedauth.Always(fakevedauth.Reset().AfterCommit()))
		_, err := s.client().WithCertificate(cert).Certificate(t.Context(), byCertificate)
		explains(t, err, vedauth.Ambiguous, "502", "may have made a grant")
		s.once(refusal.Certificate)

		s = newSite(t, rig, host, nil)
		s.fake.Inject(refusal.Certificate, fakevedauth.Times(2, fakevedauth.Status(503)))
		if _, err = s.client().WithCertificate(cert).Certificate(t.Context(), byCertificate); err != nil {
			t.Errorf("%s: after two 503: %v", host, err)
		}
	}
}

// forbiddenForAnotherReason: a 403 over TLS 1.3 is tried once over TLS 1.2. If that cannot be, the 403 stands, and the
// server that speaks TLS 1.3 only is not written off.
func forbiddenForAnotherReason(t *testing.T, rig *peers.Rig) {
	cert := issue(t, rig, peers.CertEC, tester)
	for host, requests := range map[peers.Host]int{peers.VHost13: 1, peers.VHost: 2, peers.VHost12: 1} {
		s := newSite(t, rig, host, nil)
		token, err := s.client().WithCertificate(cert).Certificate(t.Context(), byCertificate)
		if err != nil {
			t.Fatal(err)
		}
		client := s.client().WithCertificate(cert)
		s.fake.Inject(refusal.Certificate, fakevedauth.Always(fakevedauth.Refusal("scope-not-authorized", refusal.Legacy)))
		_, err = client.Certificate(t.Context(), byCertificate)
		explains(t, err, vedauth.Refused, "403", "User is not authorized for the requested scope")
		if n := len(s.fake.RequestsTo(refusal.Certificate)) - 1; n != requests {
			t.Errorf("%s: %d requests, want %d", host, n, requests)
		}
		if err := client.Revoke(t.Context(), token); err != nil {
			t.Errorf("%s: revoke after a 403: %v", host, err)
		}
	}
}
