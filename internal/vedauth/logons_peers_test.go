//go:build linux

package vedauth_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
)

// wrongPasswords: one login with a wrong password is one failed logon, by the servers' own logs, and no more is tried:
// not NTLM after Kerberos, not another host, not another connection.
func wrongPasswords(t *testing.T, rig *peers.Rig) {
	const wrong = "Wr0ng-and-secret"
	kerberosUser, ntlmUser := peers.Users()[18].Name, peers.Users()[19].Name
	s := newSite(t, rig, peers.Nego, nil)
	mistyped := byRealm(peers.User{Name: kerberosUser, Password: wrong})
	_, err := s.client().Integrated(t.Context(), windowsLogin(rig, winauth.Auto, mistyped, nil))
	explains(t, err, vedauth.Refused, "refused the password", "tried once")
	if class := asError(t, err).Row.Class; class != refusal.Credentials {
		t.Errorf("class %s", class)
	}
	if n := strings.Count(rig.KDCLog(), "PREAUTH_FAILED: "+kerberosUser+"@"); n != 1 {
		t.Errorf("the KDC counts %d failed logons", n)
	}
	mustNotHold(t, fmt.Sprintf("%v %+v %#v", err, err, err), wrong)
	s.untouched()

	s = newSite(t, rig, peers.NTLMRaw, nil)
	before := strings.Count(rig.HostLog(peers.NTLMRaw), "gss_accept_sec_context() failed")
	mistyped = byNTLM(peers.User{Name: ntlmUser, Password: wrong})
	_, err = s.client().Integrated(t.Context(), windowsLogin(rig, winauth.Auto, mistyped, nil))
	explains(t, err, vedauth.Refused, "401", "refused the Windows logon of "+peers.Domain+`\`+ntlmUser, "tried once")
	if class := asError(t, err).Row.Class; class != refusal.Credentials {
		t.Errorf("class %s", class)
	}
	if n := strings.Count(rig.HostLog(peers.NTLMRaw), "gss_accept_sec_context() failed") - before; n != 1 {
		t.Errorf("the server counts %d failed logons", n)
	}
	mustNotHold(t, fmt.Sprintf("%v %+v %#v", err, err, err), wrong)
	s.untouched()
	if len(s.waits.list) != 0 {
		t.Error("it was tried again")
	}
}

// twentyAtOnce: twenty users by both mechanisms, with one client: nobody gets the token of another.
func twentyAtOnce(t *testing.T, rig *peers.Rig) {
	s := newSite(t, rig, peers.Nego, nil)
	client := s.client()
	var wg sync.WaitGroup
	for _, user := range peers.Users() {
		if user == peers.Users()[18] || user == peers.Users()[19] { // whose failed logons are counted
			continue
		}
		for _, credential := range []winauth.Credential{byNTLM(user), byRealm(user)} {
			wg.Go(func() {
				token, err := client.Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil))
				if err != nil || *token.Identity != identityOf(user.Name) {
					t.Errorf("%s: %s, %v", credential.Username, describe(token), err)
				}
			})
		}
	}
	wg.Wait()
	if n := s.fake.Ledger().Issued; n != 36 {
		t.Errorf("%d grants, want 36", n)
	}
}

func integratedThroughAProxy(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[9]
	for _, credential := range []winauth.Credential{byNTLM(user), byRealm(user)} {
		forward := startProxy(t, nil, nil)
		s := newSite(t, rig, peers.Nego, nil)
		client := s.client(explicit(t, "http://"+proxyCredentials+"@"+forward.address))
		if _, err := client.Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil)); err != nil {
			t.Errorf("%s: %v", credential.Username, err)
		}
		if n := len(forward.requests()); n != 1 {
			t.Errorf("%d connections through the proxy, want one for the whole logon", n)
		}
	}
}

// integratedKeepsNothingOpen: a connection on which somebody is logged on does not outlive the login.
func integratedKeepsNothingOpen(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[10]
	for _, credential := range []winauth.Credential{byNTLM(user), byRealm(user)} {
		hungUp := make(chan struct{})
		s := newSite(t, rig, peers.Nego, nil)
		forward := startProxy(t, nil, func(conn net.Conn) bool {
			far, err := net.Dial("tcp", strings.TrimPrefix(s.url, "https://"))
			if err != nil {
				t.Error(err)
				return true
			}
			raw(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
			go func() { _, _ = io.Copy(conn, far) }()
			_, _ = io.Copy(far, conn)
			close(hungUp)
			_ = far.Close()
			return true
		})
		client := s.client(explicit(t, "http://"+forward.address))
		if _, err := client.Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-hungUp:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the connection is still open", credential.Username)
		}
	}
}
