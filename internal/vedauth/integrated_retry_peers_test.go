//go:build linux

package vedauth_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
)

// integratedIsSentOnce: what may have made a grant is not sent again.
func integratedIsSentOnce(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[6]
	for _, credential := range []winauth.Credential{byNTLM(user), byRealm(user)} {
		s := newSite(t, rig, peers.Nego, nil)
		s.fake.Inject(refusal.Integrated, fakevedauth.Always(fakevedauth.Reset().AfterCommit()))
		_, err := s.client().Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil))
		explains(t, err, vedauth.Ambiguous, "may have made a grant")
		s.once(refusal.Integrated)

		s = newSite(t, rig, peers.Nego, nil)
		s.fake.Inject(refusal.Integrated, fakevedauth.Always(fakevedauth.Trailing("<!-- bye -->")))
		_, err = s.client().Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil))
		if failure := asError(t, err); failure.Grant == nil {
			t.Errorf("the token is lost: %v", err)
		}
		s.once(refusal.Integrated)
	}
}

// integratedWhileBusy: a server that is busy before the logon, and one that is after it.
func integratedWhileBusy(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[7]
	for _, credential := range []winauth.Credential{byNTLM(user), byRealm(user)} {
		s := newSite(t, rig, peers.Nego, func(n int, conn net.Conn) bool {
			if n > 1 {
				return false
			}
			front := &server{}
			own := &tls.Config{Certificates: []tls.Certificate{leaf}}
			front.handle(tls.Server(conn, own), always("503 Service Unavailable", ""))
			return true
		})
		if _, err := s.client().Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil)); err != nil {
			t.Errorf("before the logon: %v", err)
		}
		s.once(refusal.Integrated)
		if len(s.waits.list) != 1 {
			t.Errorf("waited %v", s.waits.list)
		}

		s = newSite(t, rig, peers.Nego, nil)
		s.fake.Inject(refusal.Integrated, fakevedauth.Times(2, fakevedauth.Status(503).RetryAfter(7)))
		if _, err := s.client().Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil)); err != nil {
			t.Errorf("after the logon: %v", err)
		}
		want := []time.Duration{7 * time.Second, 7 * time.Second}
		if !slices.Equal(s.waits.list, want) || s.fake.Ledger().Issued != 1 {
			t.Errorf("waited %v, %v", s.waits.list, s.fake.Ledger())
		}
	}
}

func cancelledLogons(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[8]
	for _, credential := range []winauth.Credential{byNTLM(user), byRealm(user)} {
		ctx, cancel := context.WithCancel(t.Context())
		s := newSite(t, rig, peers.Nego, func(_ int, conn net.Conn) bool {
			cancel()
			_, _ = conn.Read(make([]byte, 1<<10))
			return true
		})
		_, err := s.client().Integrated(ctx, windowsLogin(rig, winauth.Auto, credential, nil))
		explains(t, err, vedauth.Canceled)
		_, err = s.client().Integrated(ctx, windowsLogin(rig, winauth.Auto, credential, nil))
		explains(t, err, vedauth.Canceled)
		s.untouched()
		if n := s.opened.Load(); n != 1 {
			t.Errorf("%d connections, want one: the second login was cancelled before it began", n)
		}

		s = newSite(t, rig, peers.Nego, nil)
		release := make(chan struct{})
		s.fake.Inject(refusal.Integrated, fakevedauth.Once(fakevedauth.Hold(release).AfterCommit()))
		ctx, cancel = context.WithCancel(t.Context())
		go func() {
			s.waitFor(func(l fakevedauth.Ledger) bool { return l.Issued == 1 })
			cancel()
			close(release)
		}()
		token, err := s.client().Integrated(ctx, windowsLogin(rig, winauth.Auto, credential, nil))
		if err != nil || token.AccessToken.Empty() {
			t.Errorf("the answer is lost: %v", err)
		}
	}
	silentKDC(t, rig)
}

// silentKDC takes a request and says nothing: a login is not held up by it once it is cancelled.
func silentKDC(t *testing.T, rig *peers.Rig) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			cancel()
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	conf, err := rig.WriteFile("silent.conf", fmt.Sprintf("[realms]\nEXAMPLE.TEST = {\n kdc = %s\n}\n", listener.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, rig, peers.Nego, nil)
	r := windowsLogin(rig, winauth.Auto, byRealm(peers.Users()[8]), nil)
	r.Krb5Conf = []string{conf}
	_, err = s.client().Integrated(ctx, r)
	explains(t, err, vedauth.Canceled)
	s.untouched()
}
