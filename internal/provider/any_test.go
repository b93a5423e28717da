package provider_test

import (
	"encoding/base64"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestWhichCredentialIsUsed: the first that is configured and there; a refusal is passed with a warning, what leaves it
// open what happened is not.
func TestWhichCredentialIsUsed(t *testing.T) {
	t.Parallel()
	noChallenge := fakevedauth.Answer(401, "", "")
	for name, test := range map[string]struct {
		have   []string
		grants []string
		faults map[fakevedauth.Endpoint]fakevedauth.Fault
		logon  bool   // the server asks for NTLM, and refuses what it gets
		used   string // empty for an error
		asked  string
		says   []string // of the warning, or of the error
	}{
		"all there":       {have: []string{"jwt", "refresh", "certificate"}, used: "jwt", asked: "jwt"},
		"no jwt":          {have: []string{"refresh", "certificate"}, used: "refresh", asked: "token"},
		"nothing stored":  {have: []string{"certificate"}, used: "certificate", asked: "certificate"},
		"only a password": {used: "oauth", asked: "oauth"},
		"another order": {
			have: []string{"jwt", "refresh", "certificate"}, grants: []string{"oauth", "jwt"}, used: "oauth",
			asked: "oauth",
		},
		"another order, no file": {
			have: []string{"jwt"}, grants: []string{"certificate", "jwt"}, used: "jwt", asked: "jwt",
		},
		"refused jwt": {
			have: []string{"refused jwt", "refresh"}, used: "refresh", asked: "jwt token",
			says: []string{"The credential jwt was refused", "The credential refresh was used in its place"},
		},
		"dead grant": {
			have: []string{"dead refresh", "certificate"}, used: "certificate", asked: "token certificate",
			says: []string{"The credential refresh was refused", "The credential certificate was used in its place"},
		},
		"refused certificate": {
			have: []string{"unknown certificate"}, used: "oauth", asked: "certificate oauth",
			says: []string{"The credential certificate was refused", "acceptable identity", "The credential " +
				"oauth was used"},
		},
		"no challenge": {
			have: []string{"integrated"}, grants: []string{"integrated", "oauth"}, used: "oauth",
			asked:  "integrated oauth",
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Integrated: noChallenge},
		},
		"another challenge": {
			have: []string{"integrated"}, grants: []string{"integrated", "oauth"}, used: "oauth",
			asked:  "integrated oauth",
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Integrated: noChallenge.Header("Www-Authenticate", `Basic realm="x"`)},
		},
		"a wrong password, then another": {
			have: []string{"wrong password", "integrated"}, grants: []string{"oauth", "integrated"}, asked: "oauth",
			says: []string{"oauth: refused.", "integrated: it is not tried, because the password of oauth was refused"},
		},
		"a wrong Windows password, then another": {
			have: []string{"integrated"}, grants: []string{"integrated", "oauth"}, logon: true, asked: "integrated",
			says: []string{"integrated: refused.", "oauth: it is not tried, because the password of integrated " +
				"was refused"},
		},
		"a wrong password, then a jwt": {
			have: []string{"wrong password", "jwt"}, grants: []string{"oauth", "jwt"}, used: "jwt", asked: "oauth jwt",
			says: []string{"The credential oauth was refused", "The credential jwt was used"},
		},
		"a password that the server takes from nobody": {
			have: []string{"wrong password", "jwt"}, grants: []string{"oauth", "jwt"}, used: "jwt", asked: "oauth jwt",
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.OAuth: fakevedauth.Refusal("password-disabled", fakevedauth.Modern)},
			says:   []string{"Username/Password authentication not enabled"},
		},
		"lost answer": {
			have: []string{"jwt", "certificate"}, asked: "jwt", says: []string{"may have made a grant whose " +
				"token nobody knows"},
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.JWT: fakevedauth.Reset()},
		},
		"damaged answer": {
			have: []string{"jwt", "certificate"}, asked: "jwt", says: []string{"has been revoked"},
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.JWT: fakevedauth.Trailing("x")},
		},
		"busy": {
			have: []string{"jwt", "certificate"}, asked: "jwt", says: []string{"503"},
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.JWT: fakevedauth.Status(503)},
		},
		"gateway": {
			have: []string{"jwt", "certificate"}, asked: "jwt", says: []string{"502"},
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.JWT: fakevedauth.Status(502)},
		},
		"busy refresh": {
			have: []string{"refresh", "certificate"}, asked: "token", says: []string{"stays good"},
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Token: fakevedauth.Status(503)},
		},
		"lost refresh": {
			have: []string{"refresh", "certificate"}, asked: "token", says: []string{"no answer that tells"},
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Token: fakevedauth.Reset()},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEverywhere(t)
			e.have(test.have...)
			e.must(e.configure(e.provider))
			for endpoint, fault := range test.faults {
				e.fake.Inject(endpoint, fakevedauth.Always(fault))
			}
			if test.logon {
				e.fake.Inject(fakevedauth.Integrated, fakevedauth.Sequence(ntlm(), ntlmChallenge(), ntlm()))
			}
			block := config{}
			if test.grants != nil {
				block["grants"] = test.grants
			}
			got := e.openIn(e.ctx, anyToken, block)
			if asked := e.asked(); asked != test.asked {
				t.Errorf("asked %q, want %q", asked, test.asked)
			}
			switch {
			case test.used == "":
				if len(got.diags.errors()) != 1 || len(got.diags) != 1 {
					t.Fatalf("want one error and no warning: %s", got.diags)
				}
				e.wantText(got.diags[0], place(got.diags[0]), test.says...)
			case test.says != nil:
				e.wantWarning(got.diags, test.says...)
			default:
				e.must(got.diags)
			}
			if test.used != "" {
				if got.result["grant"] != test.used {
					t.Errorf("grant = %v, want %s", got.result["grant"], test.used)
				}
				e.must(e.close(got.private))
			}
			live := e.fake.Ledger().Count(func(g fakevedauth.Grant) bool { return g.Live && g.Endpoint != "" })
			if live != 0 {
				t.Errorf("%v", e.fake.Ledger())
			}
			for who, failed := range e.fake.Ledger().FailedLogons {
				if failed > 1 {
					t.Errorf("%d failed logons of %s", failed, who)
				}
			}
		})
	}
}

// ntlm asks for a Windows logon, or refuses one.
func ntlm() fakevedauth.Fault {
	return fakevedauth.Answer(401, "", "").Header("Www-Authenticate", "NTLM")
}

// ntlmChallenge is the second step of a logon: a challenge that asks for nothing but Unicode.
func ntlmChallenge() fakevedauth.Fault {
	message := append([]byte("NTLMSSP\x00\x02"), make([]byte, 39)...)
	message[20] = 1
	return fakevedauth.Answer(401, "", "").
		Header("Www-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(message))
}
