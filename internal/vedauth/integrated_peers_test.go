//go:build linux

package vedauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
)

// TestWindowsAuthentication holds the client against a real KDC, and Apache with Kerberos and NTLM.
func TestWindowsAuthentication(t *testing.T) {
	t.Parallel()
	together(t, peers.Start(t, http.NotFoundHandler()), map[string]func(*testing.T, *peers.Rig){
		"every host":           integratedHosts,
		"extended protection":  boundLogons,
		"auto":                 autoChooses,
		"wrong passwords":      wrongPasswords,
		"twenty at once":       twentyAtOnce,
		"failures":             integratedFailures,
		"no challenge":         withoutChallenge,
		"what vedauth refuses": integratedRefusals,
		"sent once":            integratedIsSentOnce,
		"busy":                 integratedWhileBusy,
		"cancelled":            cancelledLogons,
		"through a proxy":      integratedThroughAProxy,
		"nothing stays open":   integratedKeepsNothingOpen,
	})
}

// windowsLogin is a login by any mechanism; warnings go to warned, if not nil.
func windowsLogin(
	rig *peers.Rig, mechanism winauth.Mechanism, credential winauth.Credential, warned *[]string,
) vedauth.IntegratedRequest {
	r := vedauth.IntegratedRequest{
		ClientID: fakevedauth.DefaultClientID, Scope: "certificate:manage", State: "s",
		Mechanism: mechanism, Credential: credential, Krb5Conf: []string{rig.Krb5Conf},
	}
	if warned != nil {
		r.Warn = func(text string) { *warned = append(*warned, text) }
	}
	return r
}

// byNTLM and byRealm are two ways to write one user, for NTLM and for Kerberos.
func byNTLM(user peers.User) winauth.Credential {
	return winauth.Credential{Username: peers.Domain + `\` + user.Name, Password: secret.New(user.Password)}
}

func byRealm(user peers.User) winauth.Credential {
	return winauth.Credential{Username: user.Name + "@" + peers.Realm, Password: secret.New(user.Password)}
}

func integratedHosts(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[0]
	keytab, err := rig.Keytab(user.Name)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := rig.Cache(user.Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []peers.Host{
		peers.Nego, peers.NTLMRaw, peers.NegoOnly, peers.OneLine, peers.OddCase,
		peers.NegoH2, peers.NegoReneg, peers.KrbOnly,
	} {
		for name, credential := range map[string]winauth.Credential{
			"ntlm": byNTLM(user), "kerberos": byRealm(user), "keytab": {KeytabFile: keytab}, "ccache": {CCacheFile: cache},
		} {
			mechanism := winauth.Kerberos
			if name == "ntlm" {
				mechanism = winauth.NTLM
			}
			if host == peers.KrbOnly && mechanism == winauth.NTLM || host == peers.NTLMRaw && mechanism == winauth.Kerberos {
				continue
			}
			for _, asked := range []winauth.Mechanism{mechanism, winauth.Auto} {
				t.Run(hostAnd(host, name+" "+string(asked)), func(t *testing.T) {
					t.Parallel()
					var warned []string
					s := newSite(t, rig, host, nil)
					token, err := s.client().Integrated(t.Context(), windowsLogin(rig, asked, credential, &warned))
					if err != nil {
						t.Fatal(err)
					}
					_, came, _ := s.seen(refusal.Integrated)
					isNTLM := strings.Contains(s.mechanism(), "NTLM")
					if !slices.Contains(namesOf(user.Name), came) || isNTLM != (mechanism == winauth.NTLM) {
						t.Errorf("came as %s by %s", came, s.mechanism())
					}
					if *token.Identity != identityOf(user.Name) || len(warned) != 0 {
						t.Errorf("%s, warnings %q", describe(token), warned)
					}
					if state := s.fake.Grants()[0].State; state != "s" {
						t.Errorf("state %q", state)
					}
				})
			}
		}
	}
}

// boundLogons: servers that insist on extended protection answer themselves, as a token with the user as its identity.
func boundLogons(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[1]
	for _, host := range []peers.Host{peers.EPARequire, peers.EPAAllow} {
		for _, credential := range []winauth.Credential{byNTLM(user), byRealm(user)} {
			s := newSite(t, rig, host, nil)
			token, err := s.client().Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil))
			if err != nil || !strings.Contains(*token.Identity, user.Name) {
				t.Errorf("%s: %s, %v", hostAnd(host, credential.Username), describe(token), err)
			}
		}
	}
}

// autoChooses: the rules of mechanism = auto. Where Kerberos was to be had and NTLM was used, there is a warning.
func autoChooses(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[2]
	keytab, err := rig.Keytab(user.Name)
	if err != nil {
		t.Fatal(err)
	}
	const realm = "[libdefaults]\ndns_lookup_kdc = no\n[realms]\nEXAMPLE.TEST = {\n kdc = 127.0.0.1:1\n}\n"
	down, err := rig.WriteFile("down.conf", realm)
	if err != nil {
		t.Fatal(err)
	}
	none, err := rig.WriteFile("none.conf", "[libdefaults]\ndns_lookup_kdc = no\n")
	if err != nil {
		t.Fatal(err)
	}
	bare := winauth.Credential{Username: user.Name, Password: secret.New(user.Password)}
	for name, test := range map[string]struct {
		host       peers.Host
		credential winauth.Credential
		conf       string
		ntlm       bool
		warns      string
		fails      string
	}{
		"realm with a KDC":    {host: peers.Nego, credential: byRealm(user)},
		"keytab":              {host: peers.Nego, credential: winauth.Credential{KeytabFile: keytab}},
		"domain":              {host: peers.Nego, credential: byNTLM(user), ntlm: true},
		"bare name":           {host: peers.Nego, credential: bare, ntlm: true},
		"realm without a KDC": {host: peers.Nego, credential: byRealm(user), conf: none, ntlm: true},
		"no KDC to be reached": {
			host: peers.Nego, credential: byRealm(user), conf: down, ntlm: true, warns: "no KDC could be reached",
		},
		"server without Kerberos": {
			host: peers.NTLMRaw, credential: byRealm(user), ntlm: true, warns: "does not offer Kerberos",
		},
		"no KDC, and a wrong password": {
			host: peers.Nego, credential: byRealm(peers.User{Name: user.Name, Password: "wr0ng"}), conf: down,
			fails: "NTLM was used in place of Kerberos, because no KDC could be reached",
		},
		"keytab, no KDC to be reached": {
			host: peers.Nego, credential: winauth.Credential{KeytabFile: keytab}, conf: down, fails: "127.0.0.1:1",
		},
		"keytab, server without Kerberos": {
			host: peers.NTLMRaw, credential: winauth.Credential{KeytabFile: keytab},
			fails: "does not offer kerberos",
		},
		"domain, server without NTLM": {
			host: peers.KrbOnly, credential: byNTLM(user), fails: "does not offer ntlm",
		},
		"user name without anything to it": {
			host: peers.Nego, credential: winauth.Credential{Username: user.Name},
			fails: "credential is incomplete",
		},
		"nothing, where nobody logs on": {host: peers.Nego, fails: "there is no credential"},
		"keytab that is not there": {
			host: peers.Nego, credential: winauth.Credential{KeytabFile: "/no/such"}, fails: "/no/such",
		},
		"configuration that is not there": {
			host: peers.Nego, credential: byRealm(user), conf: "/no/such", fails: "/no/such",
		},
		"server without either, one by one": {host: peers.KrbOnly, credential: bare, fails: "does not offer ntlm"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var warned []string
			r := windowsLogin(rig, winauth.Auto, test.credential, &warned)
			if test.conf != "" {
				r.Krb5Conf = []string{test.conf}
			}
			s := newSite(t, rig, test.host, nil)
			_, err := s.client().Integrated(t.Context(), r)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("%v, want %q", err, test.fails)
				}
				s.untouched()
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if how := s.mechanism(); strings.Contains(how, "NTLM") != test.ntlm {
				t.Errorf("came by %s", how)
			}
			if got := strings.Join(warned, " "); test.warns == "" && got != "" || !strings.Contains(got, test.warns) {
				t.Errorf("warnings %q, want %q", warned, test.warns)
			}
		})
	}
}
