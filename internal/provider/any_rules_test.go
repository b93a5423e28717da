package provider_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestNothingApplies: every credential is listed with its reason, and nothing was sent.
func TestNothingApplies(t *testing.T) {
	t.Parallel()
	e := newEverywhere(t)
	e.have("no oauth")
	e.must(e.configure(e.provider))
	got := e.openIn(e.ctx, anyToken, nil)
	e.wantError(
		got.diags,
		"grants",
		"No credential applies",
		"- jwt: ",
		"ID_TOKEN",
		"- refresh: the token store holds no usable grant default",
		"- certificate: certificate_file: the file "+e.cert+" does not exist",
		"- integrated: keytab_file: the file",
		"does not exist",
		"- oauth: it is not configured: the provider block has no oauth, and the environment has no "+
			"VEDAUTH_USERNAME and VEDAUTH_PASSWORD, no VENAFI_USER and VENAFI_PASS",
	)
	if n := len(e.fake.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}

	bare := newBench(t, fakevedauth.Options{}, nil)
	bare.must(bare.configure(bare.block(nil)))
	bare.wantError(
		bare.openIn(bare.ctx, anyToken, nil).diags,
		"grants",
		"- jwt: it is not configured",
		"VEDAUTH_JWT_FILE",
		"- refresh: There is no place for the token store",
		"- certificate: it is not configured",
		"- integrated: the provider block has no integrated",
		"- oauth: it is not configured",
	)
}

// TestRefusalsAreListedToo where nothing is left.
func TestRefusalsAreListedToo(t *testing.T) {
	t.Parallel()
	e := newEverywhere(t)
	e.have("refused jwt", "dead refresh", "unknown certificate", "wrong password")
	e.must(e.configure(e.provider))
	e.wantError(
		e.openIn(e.ctx, anyToken, nil).diags,
		"grants",
		"- jwt: refused. ",
		"- refresh: refused. ",
		"- certificate: refused. ",
		"- integrated: keytab_file",
		"- oauth: refused. ",
		"Username/password combination not valid",
	)
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
			e := newEverywhere(t)
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
	e := newEverywhere(t)
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
	e.wantError(
		e.read(anyToken, config{"grants": []string{"refresh"}}).diags,
		"grants",
		"- refresh: a data source does not use it",
	)
	e.wantRequests(fakevedauth.Token, 0)
}

// TestTheOutputsOfAnyToken: they are those of the grant that was used, and what was configured stays as it is.
func TestTheOutputsOfAnyToken(t *testing.T) {
	t.Parallel()
	e := newEverywhere(t)
	e.have("refresh")
	e.must(e.configure(e.provider))
	stored := e.openType(anyToken, nil)
	if stored.result["refresh_token"] != nil || stored.result["identity"] != nil ||
		stored.result["scope"] != "certificate:manage" {
		t.Error("a stored grant shows a refresh token, an identity or another scope than its own")
	}
	block := config{
		"grants":          []string{"oauth"},
		"state":           "s",
		"scope":           "SSH",
		"client_id":       "terraform",
		"revoke_on_close": false,
	}
	kept := e.openType(anyToken, block)
	if kept.result["grants"] != "oauth" { // as this bench shows a list
		t.Errorf("grants = %v", kept.result["grants"])
	}
	delete(block, "grants")
	e.wantKept(kept.result, block)
	if kept.result["refresh_token"] == nil || kept.result["identity"] != fakevedauth.DefaultIdentity ||
		kept.result["granted_scope"] != "ssh" {
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
	b.run("null among them", func(t *testing.T) {
		if diags := b.validateEphemeral(anyToken, config{"grants": []any{"jwt", nil}}); len(diags.errors()) != 1 {
			t.Errorf("%s", diags)
		}
	})
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
			e := newEverywhere(t)
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
				e.wantRefreshed(1)
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
			e := newEverywhere(t)
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
