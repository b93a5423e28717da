//go:build linux

package vedauth_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

var byCertificate = vedauth.CertificateRequest{ClientID: fakevedauth.DefaultClientID, Scope: "certificate:manage"}

// TestClientCertificates holds the client against Apache, which asks for certificates in every way that IIS can.
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	together(t, peers.Start(t, http.NotFoundHandler()), map[string]func(*testing.T, *peers.Rig){
		"every host":                certificateHosts,
		"only TLS 1.3, per path":    onlyPostHandshake,
		"flawed":                    flawedCertificates,
		"verify and revoke":         certificateForTheWholeGrant,
		"through a proxy":           certificateThroughAProxy,
		"others are not disturbed":  renegotiationWithoutCertificate,
		"cancelled":                 cancelledCertificateLogins,
		"many at once":              certificatesAtOnce,
		"no answer":                 certificateWithoutAnswer,
		"a 403 that nothing cures":  forbiddenForAnotherReason,
		"kinds of key":              kindsOfKey,
		"none, where one is needed": withoutACertificate,
	})
}

// certificateHosts: whoever asks, and however, gets the certificate once, over TLS 1.3 wherever that can work.
func certificateHosts(t *testing.T, rig *peers.Rig) {
	const old, modern = "TLSv1.2", "TLSv1.3"
	cert := issue(t, rig, peers.CertEC, tester)
	for host, want := range map[peers.Host]struct {
		version     string
		connections int64
	}{
		// Where nobody asks in the TLS 1.3 handshake, there is a second one.
		peers.Loc: {old, 2}, peers.LocOpt: {old, 2}, peers.LocH2: {old, 2}, peers.LocAll: {old, 2},
		peers.Loc12: {old, 1}, peers.VHost12: {old, 1}, peers.RenegAll: {old, 1},
		peers.VHost: {modern, 1}, peers.VHostOpt: {modern, 1}, peers.VHost13: {modern, 1}, peers.VHostH2: {modern, 1},
		// Asked in the handshake, and again for the path, which TLS 1.3 cannot: Apache answers 403.
		peers.OptLoc: {old, 2},
	} {
		t.Run(string(host), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, rig, host, nil)
			token, err := s.client().WithCertificate(cert).Certificate(t.Context(), byCertificate)
			if err != nil {
				t.Fatal(err)
			}
			version, _, dn := s.seen(refusal.Certificate)
			if version != want.version || dn != "CN="+tester || token.Identity == nil || *token.Identity != identityOf(tester) {
				t.Errorf("over %s as %q: %s; want %s", version, dn, describe(token), want.version)
			}
			if n := s.opened.Load(); n != want.connections {
				t.Errorf("%d connections, want %d", n, want.connections)
			}
		})
	}
}

func kindsOfKey(t *testing.T, rig *peers.Rig) {
	for _, kind := range []peers.ClientCert{peers.CertRSA, peers.CertEC, peers.CertEd25519} {
		for _, host := range []peers.Host{peers.Loc, peers.VHost, peers.VHost12} {
			s := newSite(t, rig, host, nil)
			client := s.client().WithCertificate(issue(t, rig, kind, tester))
			if _, err := client.Certificate(t.Context(), byCertificate); err != nil {
				t.Errorf("%s: %v", hostAnd(host, kind), err)
			}
		}
	}
}

// certificateForTheWholeGrant: where vedauth wants a certificate for everything, verify and revoke show it as well.
func certificateForTheWholeGrant(t *testing.T, rig *peers.Rig) {
	cert := issue(t, rig, peers.CertEC, tester)
	for _, host := range []peers.Host{peers.LocAll, peers.VHost, peers.VHost12, peers.RenegAll} {
		t.Run(string(host), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, rig, host, nil)
			client := s.client().WithCertificate(cert)
			token, err := client.Certificate(t.Context(), byCertificate)
			if err != nil {
				t.Fatal(err)
			}
			if v, err := client.Verify(t.Context(), token.AccessToken); err != nil || !v.Valid {
				t.Errorf("verify: %+v, %v", v, err)
			}
			if err := client.Revoke(t.Context(), token); err != nil {
				t.Errorf("revoke: %v", err)
			}
			for _, endpoint := range []refusal.Endpoint{refusal.Certificate, refusal.Verify, refusal.Revoke} {
				if _, _, dn := s.seen(endpoint); dn != "CN="+tester {
					t.Errorf("%s: came as %q", endpoint, dn)
				}
			}
			if ledger := s.fake.Ledger(); ledger.Live != 0 || ledger.Revoked != 1 {
				t.Error(ledger)
			}
		})
	}
}

func certificateThroughAProxy(t *testing.T, rig *peers.Rig) {
	for host, connections := range map[peers.Host]int{peers.Loc: 2, peers.VHost: 1} {
		forward := startProxy(t, nil, nil)
		s := newSite(t, rig, host, nil)
		client := s.client(explicit(t, "http://"+proxyCredentials+"@"+forward.address)).
			WithCertificate(issue(t, rig, peers.CertEC, tester))
		if _, err := client.Certificate(t.Context(), byCertificate); err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if _, _, dn := s.seen(refusal.Certificate); dn != "CN="+tester {
			t.Errorf("%s: came as %q", host, dn)
		}
		if n := len(forward.requests()); n != connections || forward.requests()[0].Method != http.MethodConnect {
			t.Errorf("%s: %d requests to the proxy, want %d of CONNECT", host, n, connections)
		}
	}
}

// renegotiationWithoutCertificate: IIS that accepts certificates renegotiates with everybody, also for a password.
func renegotiationWithoutCertificate(t *testing.T, rig *peers.Rig) {
	s := newSite(t, rig, peers.RenegAll, nil)
	client := s.client()
	r := login
	r.Username, r.Password = fakevedauth.DefaultUser, secret.New(fakevedauth.DefaultPassword)
	token, err := client.OAuth(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if version, _, dn := s.seen(refusal.OAuth); version != "TLSv1.2" || dn != "" {
		t.Errorf("over %s as %q", version, dn)
	}
	if v, err := client.Verify(t.Context(), token.AccessToken); err != nil || !v.Valid {
		t.Errorf("verify: %+v, %v", v, err)
	}
	if err := client.Revoke(t.Context(), token); err != nil || s.fake.Ledger().Live != 0 {
		t.Errorf("revoke: %v, %v", err, s.fake.Ledger())
	}
}

func certificatesAtOnce(t *testing.T, rig *peers.Rig) {
	var wg sync.WaitGroup
	for _, host := range []peers.Host{peers.Loc, peers.VHost} {
		s := newSite(t, rig, host, nil)
		base := s.client()
		for _, user := range peers.Users() {
			cert := issue(t, rig, peers.CertEC, user.Name+"@"+peers.Realm)
			wg.Go(func() {
				token, err := base.WithCertificate(cert).Certificate(t.Context(), byCertificate)
				if err != nil || *token.Identity != identityOf(user.Name) {
					t.Errorf("%s: %s, %v", hostAnd(host, user.Name), describe(token), err)
				}
			})
		}
		one := base.WithCertificate(issue(t, rig, peers.CertEC, tester))
		for range 20 {
			wg.Go(func() {
				if _, err := one.Certificate(t.Context(), byCertificate); err != nil {
					t.Errorf("%s, one client: %v", host, err)
				}
			})
		}
	}
	wg.Wait()
}
