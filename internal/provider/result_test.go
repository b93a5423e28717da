package provider_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestAResultNeverContradictsItsBlock: Terraform refuses a result in which a configured attribute has another value, and
// then does not close the block. The blocks are made at random of every value that could tempt to rewrite it.
func TestAResultNeverContradictsItsBlock(t *testing.T) {
	t.Parallel()
	choices := map[string][]any{
		"client_id": {nil, "terraform", "Terraform-2"},
		"scope":     {nil, "certificate:manage", " Certificate:Manage , Discover ; SSH ; ", "ssh;certificate:discover,manage", "SSH"},
		"state":     {nil, "x", " a b ", "%7B\"quoted\"%7D\n"},
	}
	ephemeralChoices := map[string][]any{
		"minimum_validity": {nil, "1s", "0h1m0s", "90000ms", "1h30m"},
		"revoke_on_close":  {nil, true, false},
		"username":         {"alice", "ALICE", "local:alice"},
		"password":         {fakevedauth.DefaultPassword},
	}
	random := rand.New(rand.NewPCG(20, 26))
	pick := func(block config, from map[string][]any) {
		for _, name := range []string{"client_id", "scope", "state", "minimum_validity", "revoke_on_close", "username", "password"} {
			if values := from[name]; values != nil {
				block[name] = values[random.IntN(len(values))]
			}
		}
	}
	b := configured(t, fakevedauth.Options{}, config{"client_id": "terraform", "scope": "codesignclient", "oauth": alice(nil)})
	b.fake.AddApplication(fakevedauth.Application{ClientID: "Terraform-2", Scope: fakevedauth.DefaultScope})
	b.fake.AddRule(fakevedauth.Rule{ClientID: "Terraform-2", Identity: fakevedauth.Everyone})
	for range 60 {
		block := config{}
		pick(block, choices)
		data := b.read(oauth, block)
		b.must(data.diags)
		b.wantKept(data.result, block)
		pick(block, ephemeralChoices)
		b.must(b.validateEphemeral(oauth, block))
		ephemeral := b.mustOpen(block)
		b.wantKept(ephemeral.result, block)
		b.must(b.close(ephemeral.private))
	}
}

// wantKept compares a result with the block it is of. Only client_id and scope may have a value that is not configured.
func (b *bench) wantKept(result map[string]any, block config) {
	b.t.Helper()
	effective := map[string]any{"client_id": "terraform", "scope": "codesignclient"}
	for name, configured := range block {
		want := configured
		if want == nil {
			want = effective[name]
		}
		if result[name] != want {
			b.t.Errorf("%s is %q in the result, %q in the block", name, result[name], configured)
		}
	}
}

// TestEffectiveSettings: client_id and scope show where they came from, from the most special place to the most general.
func TestEffectiveSettings(t *testing.T) {
	t.Parallel()
	environment := map[string]string{
		"VEDAUTH_CLIENT_ID": "terraform", "VENAFI_CLIENT_ID": "other", "VEDAUTH_SCOPE": "ssh",
	}
	for name, test := range map[string]struct {
		env             map[string]string
		provider, block config
		clientID, scope string
	}{
		"the block": {
			environment, config{"client_id": "other", "scope": "ssh"}, config{"client_id": "terraform", "scope": "certificate"},
			"terraform", "certificate",
		},
		"the provider block": {environment, config{"client_id": "terraform", "scope": "certificate"}, nil, "terraform", "certificate"},
		"the environment":    {environment, config{"client_id": nil, "scope": nil}, nil, "terraform", "ssh"},
		"the second variable": {
			map[string]string{"VEDAUTH_CLIENT_ID": "", "VENAFI_CLIENT_ID": "terraform", "VEDAUTH_SCOPE": "ssh"},
			config{"client_id": nil, "scope": nil}, nil, "terraform", "ssh",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fakevedauth.Options{}, test.env)
			b.must(b.configure(b.block(merge(config{"oauth": alice(nil)}, test.provider))))
			for _, got := range []opened{b.open(merge(config{}, test.block)), b.read(oauth, test.block)} {
				b.must(got.diags)
				if got.result["client_id"] != test.clientID || got.result["scope"] != test.scope {
					t.Errorf("client_id %v, scope %v; want %s, %s", got.result["client_id"], got.result["scope"], test.clientID, test.scope)
				}
			}
			for _, grant := range b.fake.Grants() {
				if grant.Application != test.clientID || grant.Scope != test.scope {
					t.Errorf("a grant for %s with %s", grant.Application, grant.Scope)
				}
			}
		})
	}
}

// TestMinimumValidity: what does not live long enough, or does not say how long, fails its block and is revoked; also
// one that another block has obtained before.
func TestMinimumValidity(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		life    time.Duration
		wanted  string
		hidden  bool
		keep    bool
		problem []string
	}{
		"long enough":       {life: time.Hour, wanted: "59m"},
		"exactly":           {life: time.Hour + time.Second, wanted: "1h"}, // the server tells one second less
		"too short":         {life: time.Hour, wanted: "1h", problem: []string{"does not live long enough", "asks for 1h0m0s", "lives 59m59s", "administrator"}},
		"not told":          {life: time.Hour, wanted: "1s", hidden: true, problem: []string{"unknown", "did not say", "Leave minimum_validity out"}},
		"not asked for":     {life: time.Hour, hidden: true},
		"too short, a kept": {life: time.Minute, wanted: "1h", keep: true, problem: []string{"does not live long enough"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{Now: atNoon}, nil)
			b.fake.AddApplication(fakevedauth.Application{ClientID: "terraform", Scope: fakevedauth.DefaultScope, AccessTTL: test.life})
			if test.hidden {
				b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.Rewrite(func(fields map[string]any) {
					delete(fields, "expires_in")
					delete(fields, "expires")
				})))
			}
			block := alice(config{"revoke_on_close": !test.keep})
			if test.wanted != "" {
				block["minimum_validity"] = test.wanted
			}
			got := b.open(block)
			if test.problem == nil {
				b.must(got.diags)
				b.wantLedger(1, 0)
				return
			}
			b.wantError(got.diags, "minimum_validity", test.problem...)
			b.wantLedger(1, 1)
			b.wantRequests(fakevedauth.Revoke, 1)
		})
	}
}

// TestMinimumValidityOfASharedToken: it fails its own block only.
func TestMinimumValidityOfASharedToken(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{Now: atNoon}, nil)
	b.fake.AddApplication(fakevedauth.Application{ClientID: "terraform", Scope: fakevedauth.DefaultScope, AccessTTL: time.Hour})
	first := b.mustOpen(alice(config{"minimum_validity": "50m"}))
	b.fake.Advance(20 * time.Minute)
	b.wantError(b.open(alice(config{"minimum_validity": "50m"})).diags, "minimum_validity", "lives 39m59s")
	b.wantLedger(1, 0)
	b.must(b.close(first.private))
	b.wantLedger(1, 1)
}
