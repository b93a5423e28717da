package provider_test

import (
	"crypto/tls"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const (
	anyToken  = "vedauth_token"
	issuerURI = "https://pipelines.example.com"
)

// everywhere is a bench whose provider block has every credential; what of them is there is for the test to say.
type everywhere struct {
	*bench
	provider          config
	issuer            *fakevedauth.Issuer
	store, cert, seed string
}

func newEverywhere(t *testing.T, options fakevedauth.Options) *everywhere {
	t.Helper()
	folder := t.TempDir()
	options.ClientAuth = tls.RequestClientCert
	e := &everywhere{
		bench: newBench(t, options, map[string]string{}), store: filepath.Join(folder, "store"), cert: filepath.Join(folder, "client.pem"),
	}
	e.issuer = fakevedauth.StartIssuerForTest(t, e.fake.Now)
	err := e.fake.AddJWTMapping(fakevedauth.JWTMapping{
		Name: "pipelines", IssuerURI: issuerURI, JWKS: e.issuer.JWKS(), PurposeField: "aud", PurposeMatch: "^vedauth$",
		IDField: "sub", IDMatch: "^repo", Grantee: fakevedauth.DefaultIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	e.provider = e.block(config{
		"token_store": config{"path": e.store, "lock_timeout": "1s"},
		"jwt":         config{"jwt_env": "ID_TOKEN"},
		"certificate": config{"certificate_file": e.cert, "private_key_file": e.cert},
		"integrated":  config{"keytab_file": filepath.Join(folder, "keytab")},
		"oauth":       alice(nil),
	})
	return e
}

// have puts credentials there.
func (e *everywhere) have(names ...string) {
	e.t.Helper()
	for _, name := range names {
		switch name {
		case "jwt":
			e.env["ID_TOKEN"] = e.issuer.Mint(fakevedauth.RS256, fakevedauth.Claims{"iss": issuerURI, "aud": "vedauth", "sub": "repo"})
		case "refused jwt":
			e.env["ID_TOKEN"] = e.issuer.Mint(fakevedauth.RS256, fakevedauth.Claims{"iss": issuerURI, "aud": "another", "sub": "repo"})
		case "refresh":
			e.provider["refresh"] = config{"refresh_token": e.bench.seed("certificate:manage")}
		case "dead refresh":
			e.provider["refresh"] = config{"refresh_token": "a refresh token that never was"}
			e.secrets = append(e.secrets, "a refresh token that never was")
		case "certificate", "unknown certificate":
			spec := fakevedauth.ClientSpec{CommonName: fakevedauth.DefaultUser}
			if name != "certificate" {
				spec.CommonName = "mallory"
			}
			e.issueCertificate(spec)
		case "no oauth":
			delete(e.provider, "oauth")
		case "wrong password":
			e.provider["oauth"] = alice(config{"password": "not alice's password"})
			e.secrets = append(e.secrets, "not alice's password")
		case "integrated":
			e.provider["integrated"] = config{"username": `EXAMPLE\alice`, "password": "another of her passwords", "mechanism": "ntlm"}
			e.secrets = append(e.secrets, "another of her passwords")
		}
	}
}

func (e *everywhere) issueCertificate(spec fakevedauth.ClientSpec) {
	e.t.Helper()
	authority, err := fakevedauth.NewAuthority("Clients")
	if err != nil {
		e.t.Fatal(err)
	}
	pair, err := authority.IssueClient(spec)
	if err != nil {
		e.t.Fatal(err)
	}
	certificate, key, err := fakevedauth.PairPEM(pair)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(e.cert, []byte(certificate+key), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// asked lists the authorize calls, and refreshes, that the server got, in order and without repetition.
func (e *everywhere) asked() string {
	var endpoints []string
	for _, request := range e.fake.Requests() {
		if name, ok := strings.CutPrefix(string(request.Endpoint), "authorize/"); ok && name != "isauthserver" && name != "verify" {
			endpoints = append(endpoints, name)
		}
	}
	return strings.Join(slices.Compact(endpoints), " ")
}

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
		"all there":              {have: []string{"jwt", "refresh", "certificate"}, used: "jwt", asked: "jwt"},
		"no jwt":                 {have: []string{"refresh", "certificate"}, used: "refresh", asked: "token"},
		"nothing stored":         {have: []string{"certificate"}, used: "certificate", asked: "certificate"},
		"only a password":        {used: "oauth", asked: "oauth"},
		"another order":          {have: []string{"jwt", "refresh", "certificate"}, grants: []string{"oauth", "jwt"}, used: "oauth", asked: "oauth"},
		"another order, no file": {have: []string{"jwt"}, grants: []string{"certificate", "jwt"}, used: "jwt", asked: "jwt"},
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
			says: []string{"The credential certificate was refused", "acceptable identity", "The credential oauth was used"},
		},
		"no challenge": {
			have: []string{"integrated"}, grants: []string{"integrated", "oauth"}, used: "oauth", asked: "integrated oauth",
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Integrated: noChallenge},
		},
		"another challenge": {
			have: []string{"integrated"}, grants: []string{"integrated", "oauth"}, used: "oauth", asked: "integrated oauth",
			faults: map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Integrated: noChallenge.Header("Www-Authenticate", `Basic realm="x"`)},
		},
		"a wrong password, then another": {
			have: []string{"wrong password", "integrated"}, grants: []string{"oauth", "integrated"}, asked: "oauth",
			says: []string{"oauth: refused.", "integrated: it is not tried, because the password of oauth was refused"},
		},
		"a wrong Windows password, then another": {
			have: []string{"integrated"}, grants: []string{"integrated", "oauth"}, logon: true, asked: "integrated",
			says: []string{"integrated: refused.", "oauth: it is not tried, because the password of integrated was refused"},
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
			have: []string{"jwt", "certificate"}, asked: "jwt", says: []string{"may have made a grant whose token nobody knows"},
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
			e := newEverywhere(t, fakevedauth.Options{})
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
	return fakevedauth.Answer(401, "", "").Header("Www-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(message))
}

// TestNothingApplies: every credential is listed with its reason, and nothing was sent.
func TestNothingApplies(t *testing.T) {
	t.Parallel()
	e := newEverywhere(t, fakevedauth.Options{})
	e.have("no oauth")
	e.must(e.configure(e.provider))
	got := e.openIn(e.ctx, anyToken, nil)
	e.wantError(got.diags, "grants", "No credential applies",
		"- jwt: ", "ID_TOKEN", "- refresh: the token store holds no usable grant default",
		"- certificate: certificate_file: the file "+e.cert+" does not exist", "- integrated: keytab_file: the file", "does not exist",
		"- oauth: it is not configured: the provider block has no oauth, and the environment has no VEDAUTH_USERNAME and VEDAUTH_PASSWORD, no VENAFI_USER and VENAFI_PASS")
	if n := len(e.fake.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}

	bare := newBench(t, fakevedauth.Options{}, nil)
	bare.must(bare.configure(bare.block(nil)))
	bare.wantError(bare.openIn(bare.ctx, anyToken, nil).diags, "grants",
		"- jwt: it is not configured", "VEDAUTH_JWT_FILE", "- refresh: There is no place for the token store",
		"- certificate: it is not configured", "- integrated: the provider block has no integrated", "- oauth: it is not configured")
}

// TestRefusalsAreListedToo where nothing is left.
func TestRefusalsAreListedToo(t *testing.T) {
	t.Parallel()
	e := newEverywhere(t, fakevedauth.Options{})
	e.have("refused jwt", "dead refresh", "unknown certificate", "wrong password")
	e.must(e.configure(e.provider))
	e.wantError(e.openIn(e.ctx, anyToken, nil).diags, "grants", "- jwt: refused. ", "- refresh: refused. ", "- certificate: refused. ",
		"- integrated: keytab_file", "- oauth: refused. ", "Username/password combination not valid")
	e.wantLedger(0, 0)
}

// TestIntegratedMustBeInTheProviderBlock: the variables of a password do for oauth, not for a Windows logon.
func TestIntegratedMustBeInTheProviderBlock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		integrated any
		asked      string
	}{"absent": {nil, "oauth"}, "empty": {config{}, "integrated oauth"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEverywhere(t, fakevedauth.Options{})
			e.env["VEDAUTH_USERNAME"], e.env["VEDAUTH_PASSWORD"] = fakevedauth.DefaultUser, fakevedauth.DefaultPassword
			e.provider["integrated"], e.provider["oauth"] = test.integrated, nil
			e.fake.Inject(fakevedauth.Integrated, fakevedauth.Always(fakevedauth.Answer(401, "", "")))
			e.must(e.configure(e.provider))
			got := e.openType(anyToken, nil)
			if got.result["grant"] != "oauth" || e.asked() != test.asked {
				t.Errorf("used %v, asked %q, want %q", got.result["grant"], e.asked(), test.asked)
			}
		})
	}
}

// TestTheDataSourceSkipsTheStoredGrant also if it is the only one, or named.
func TestTheDataSourceSkipsTheStoredGrant(t *testing.T) {
	t.Parallel()
	e := newEverywhere(t, fakevedauth.Options{})
	e.have("refresh", "certificate")
	e.must(e.configure(e.provider))
	got := e.read(anyToken, nil)
	e.must(got.diags)
	if got.result["grant"] != "certificate" {
		t.Errorf("grant = %v", got.result["grant"])
	}
	if _, there := got.result["refresh_token"]; there {
		t.Error("a data source shows a refresh token")
	}
	e.wantError(e.read(anyToken, config{"grants": []string{"refresh"}}).diags, "grants", "- refresh: a data source does not use it")
	e.wantRequests(fakevedauth.Token, 0)
}

// TestTheOutputsOfAnyToken: they are those of the grant that was used, and what was configured stays as it is.
func TestTheOutputsOfAnyToken(t *testing.T) {
	t.Parallel()
	e := newEverywhere(t, fakevedauth.Options{})
	e.have("refresh")
	e.must(e.configure(e.provider))
	stored := e.openType(anyToken, nil)
	if stored.result["refresh_token"] != nil || stored.result["identity"] != nil || stored.result["scope"] != "certificate:manage" {
		t.Error("a stored grant shows a refresh token, an identity or another scope than its own")
	}
	block := config{"grants": []string{"oauth"}, "state": "s", "scope": "SSH", "client_id": "terraform", "revoke_on_close": false}
	kept := e.openType(anyToken, block)
	if kept.result["grants"] != "oauth" { // as this bench shows a list
		t.Errorf("grants = %v", kept.result["grants"])
	}
	delete(block, "grants")
	e.wantKept(kept.result, block)
	if kept.result["refresh_token"] == nil || kept.result["identity"] != fakevedauth.DefaultIdentity || kept.result["granted_scope"] != "ssh" {
		t.Errorf("outputs: %v, %v", kept.result["identity"], kept.result["granted_scope"])
	}
	e.must(e.close(stored.private))
	e.must(e.close(kept.private))
	e.wantLedger(2, 0)
}

func TestGrantsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	for name, grants := range map[string][]string{"empty": {}, "unknown": {"device"}, "twice": {"jwt", "jwt"}} {
		b.run(name, func(t *testing.T) {
			if diags := b.validateEphemeral(anyToken, config{"grants": grants}); len(diags.errors()) != 1 {
				t.Errorf("%s", diags)
			}
		})
	}
	b.must(b.validateEphemeral(anyToken, config{"grants": []string{"oauth", "jwt"}}))
	b.must(b.validateEphemeral(anyToken, config{"grants": unknown{}}))
}

// TestAStoredTokenInUse: where another run uses the stored grant's token and it is due for a refresh, another credential
// is used if there is one; otherwise the refresh waits for the other run.
func TestAStoredTokenInUse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		have []string
		used string
		says string
	}{
		"another way":    {[]string{"certificate"}, "certificate", ""},
		"no other way":   {[]string{"no oauth"}, "refresh", "was refreshed after waiting 1s for other runs"},
		"a password too": {nil, "oauth", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEverywhere(t, fakevedauth.Options{})
			e.have(append(test.have, "refresh")...)
			e.must(e.configure(e.provider))
			first := e.openType(refreshed, nil)
			e.fake.Advance(fakevedauth.DefaultAccessTTL - 10*time.Minute)
			e.must(e.configure(e.provider)) // as another run, which holds no token of its own
			got := e.openIn(e.ctx, anyToken, nil)
			if got.result["grant"] != test.used {
				t.Errorf("grant = %v, want %s", got.result["grant"], test.used)
			}
			if test.says == "" {
				e.must(got.diags)
				e.wantRefreshed(1, 0)
			} else {
				e.wantWarning(got.diags, test.says)
			}
			e.must(e.close(first.private))
		})
	}
}

// TestAStoreThatCannotBeHadIsNoCredential: another one is used; a store that is not safe is an error instead (see
// TestAFileThatOthersCanReadIsRefused).
func TestAStoreThatCannotBeHadIsNoCredential(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]config{
		"disabled": {"disabled": true}, "below a file": {"path": filepath.Join(os.Args[0], "store")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEverywhere(t, fakevedauth.Options{})
			e.have("refresh")
			e.provider["token_store"] = store
			e.must(e.configure(e.provider))
			if got := e.openType(anyToken, nil); got.result["grant"] != "oauth" {
				t.Errorf("grant = %v", got.result["grant"])
			}
			e.wantRequests(fakevedauth.Token, 0)
		})
	}
}
