//go:build linux

package vedauth_test

import (
	"net/http"
	"os"
	"path/filepath"
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

// integratedFailures: what kind each failure is, so that the callers above know what it was.
func integratedFailures(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[3]
	keytab, err := rig.Keytab(user.Name)
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) winauth.Credential {
		return byRealm(peers.User{Name: name, Password: peers.Password(name)})
	}
	for name, test := range map[string]struct {
		host       peers.Host
		mechanism  winauth.Mechanism
		credential winauth.Credential
		change     func(*vedauth.IntegratedRequest)
		kind       vedauth.Kind
		class      refusal.Class
		says       string
	}{
		"no KDC known": {
			credential: winauth.Credential{Username: "x@NOWHERE.TEST", Password: secret.New("x")}, kind: vedauth.Unreachable,
			says: `no KDC is known for the realm "NOWHERE.TEST"`,
		},
		"unknown user": {
			credential: named("nobody"), kind: vedauth.Refused, class: refusal.Credentials,
			says: "does not know the user",
		},
		"disabled": {
			credential: named(peers.UserDisabled), kind: vedauth.Refused, class: refusal.Credentials,
			says: "locked, disabled or expired",
		},
		"password expired": {
			credential: named(peers.UserPasswordExpired), kind: vedauth.Refused, class: refusal.Credentials,
			says: "must be changed",
		},
		"unknown service": {
			credential: byRealm(user),
			change:     func(r *vedauth.IntegratedRequest) { r.SPN = "HTTP/no.example.test" }, kind: vedauth.Refused,
			class: refusal.Client, says: "does not know the service HTTP/no.example.test",
		},
		"encryption": {
			credential: named(peers.UserRC4Only), kind: vedauth.Refused, class: refusal.Client,
			says: "encryption type",
		},
		"damaged keytab": {
			credential: winauth.Credential{KeytabFile: damaged(t, keytab)}, kind: vedauth.Refused,
			class: refusal.Client, says: "keytab",
		},
		"keytab as a cache": {
			credential: winauth.Credential{CCacheFile: keytab}, kind: vedauth.Refused, class: refusal.Client,
			says: "keytab_file",
		},
		"unknown mechanism": {
			mechanism: "basic", credential: byNTLM(user), kind: vedauth.Refused, class: refusal.Client,
			says: `no mechanism "basic"`,
		},
		"Kerberos wanted": {
			host: peers.NTLMRaw, credential: byRealm(user), kind: vedauth.Refused, class: refusal.Disabled,
			says: "only ntlm",
		},
		"NTLM wanted": {
			host: peers.KrbOnly, mechanism: winauth.NTLM, credential: byNTLM(user), kind: vedauth.Refused,
			class: refusal.Disabled, says: "only negotiate",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.host == "" {
				test.host = peers.Nego
			}
			if test.mechanism == "" {
				test.mechanism = winauth.Kerberos
			}
			s := newSite(t, rig, test.host, nil)
			r := windowsLogin(rig, test.mechanism, test.credential, nil)
			if test.change != nil {
				test.change(&r)
			}
			_, err := s.client().Integrated(t.Context(), r)
			explains(t, err, test.kind, test.says)
			if class := asError(t, err).Row.Class; test.class != "" && class != test.class {
				t.Errorf("class %s, want %s", class, test.class)
			}
			mustNotHold(t, err.Error(), user.Password, peers.Password(peers.UserDisabled))
			s.untouched()
			if len(s.waits.list) != 0 {
				t.Error("it was tried again")
			}
		})
	}
}

// damaged copies a keytab without its end.
func damaged(t *testing.T, keytab string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "damaged.keytab")
	whole, err := os.ReadFile(keytab)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, whole[:len(whole)-7])
	return file
}

// withoutChallenge: the server does not ask who is there. The request proper is not sent then.
func withoutChallenge(t *testing.T, rig *peers.Rig) {
	for name, test := range map[string]struct {
		fault fakevedauth.Fault
		kind  vedauth.Kind
		class refusal.Class
		says  string
	}{
		"200": {
			fakevedauth.JSONBody(goodToken), vedauth.Refused, refusal.Disabled,
			"does not ask for Windows authentication",
		},
		"401": {
			fakevedauth.Answer(401, "", ""), vedauth.Refused, refusal.Disabled, "enable Windows authentication",
		},
		"400": {
			fakevedauth.Refusal("client-id-missing", refusal.Modern), vedauth.Refused, refusal.Disabled,
			"anonymous",
		},
		"403, a page": {fakevedauth.Status(403), vedauth.Refused, refusal.Disabled, "does not ask"},
		"404":         {fakevedauth.Status(404), vedauth.Unexpected, "", "no vedauth at this address"},
		"redirect": {
			fakevedauth.Redirect(302, "https://login.example.com/"), vedauth.Unexpected, "",
			"a redirect to https://login.example.com",
		},
		"other kinds": {
			fakevedauth.Answer(401, "", "").Header("WWW-Authenticate", `Basic realm="x"`), vedauth.Refused,
			refusal.Disabled, "only basic",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, rig, peers.Loc, nil)
			s.fake.Inject(refusal.Integrated, fakevedauth.Always(test.fault))
			_, err := s.client().Integrated(t.Context(), windowsLogin(rig, winauth.NTLM, byNTLM(peers.Users()[4]), nil))
			explains(t, err, test.kind, test.says)
			if class := asError(t, err).Row.Class; class != test.class {
				t.Errorf("class %q, want %q", class, test.class)
			}
			s.once(refusal.Integrated)
			if requests := s.fake.RequestsTo(refusal.Integrated); len(requests[0].Body) != 0 {
				t.Errorf("%s was sent", requests[0].Body)
			}
		})
	}
}

// integratedRefusals: what vedauth itself says after a logon that the server in front has taken, in both dialects. It
// must not be taken for a refused logon, although IIS adds its challenge to every 401.
func integratedRefusals(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[5]
	for _, row := range refusal.Table {
		if !slices.Contains(row.Endpoints, refusal.Integrated) {
			continue
		}
		for _, answer := range row.Answers {
			for _, credential := range []winauth.Credential{byNTLM(user), byRealm(user)} {
				if answer.Status == http.StatusUnauthorized && answer.Code == "" && answer.Text == "" {
					continue // as a refused logon looks
				}
				for name, fault := range map[string]fakevedauth.Fault{
					"plain":      fakevedauth.RefusalAnswer(answer, fakevedauth.AsTable),
					"challenged": fakevedauth.RefusalAnswer(answer, fakevedauth.AsTable).Header("WWW-Authenticate", "Negotiate"),
				} {
					t.Run(strings.Join([]string{row.ID, string(answer.Dialect), credential.Username, name}, " "), func(t *testing.T) {
						t.Parallel()
						s := newSite(t, rig, peers.Nego, nil)
						s.fake.Inject(refusal.Integrated, fakevedauth.Always(fault))
						_, err := s.client().Integrated(t.Context(), windowsLogin(rig, winauth.Auto, credential, nil))
						explains(t, err, vedauth.Refused, row.Cause, row.Next)
						if failure := asError(t, err); failure.Row.ID != row.ID || failure.Status != answer.Status {
							t.Errorf("row %s, status %d", failure.Row.ID, failure.Status)
						}
						s.once(refusal.Integrated)
					})
				}
			}
		}
	}
}
