package provider_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const refreshed = "vedauth_refreshed_token"

// seed makes a grant by hand and returns its refresh token.
func (b *bench) seed(scope string) string {
	b.t.Helper()
	tokens, err := b.fake.Issue(fakevedauth.DefaultClientID, fakevedauth.DefaultUser, scope)
	if err != nil {
		b.t.Fatal(err)
	}
	return tokens.Refresh
}

// withStore is configured with a token store of the test's own.
func withStore(t *testing.T, options fakevedauth.Options, change config) (b *bench, directory string) {
	t.Helper()
	directory = filepath.Join(t.TempDir(), "store")
	return configured(
		t,
		options,
		merge(config{"token_store": config{"path": directory, "lock_timeout": "1s"}}, change),
	), directory
}

// openType opens a block of a type, which must succeed without a warning.
func (b *bench) openType(typeName string, block config) opened {
	b.t.Helper()
	got := b.openIn(b.ctx, typeName, block)
	b.must(got.diags)
	return got
}

// wantRefreshed compares how often the fake has refreshed. It must have revoked nothing.
func (b *bench) wantRefreshed(refreshes int) {
	b.t.Helper()
	if l := b.fake.Ledger(); l.Refreshed != refreshes || l.Revoked != 0 {
		b.t.Errorf("%d refreshes, %s; want %d and none revoked", l.Refreshed, l, refreshes)
	}
}

// TestStoredOutputs: every output of a grant from the store, of the ephemeral resource and of the data source.
func TestStoredOutputs(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{Now: atNoon}, nil)
	seed := b.seed("Certificate:Manage,Discover")
	life, grantLife := int64(fakevedauth.DefaultAccessTTL/time.Second), int64(fakevedauth.DefaultGrantTTL/time.Second)
	want := func() map[string]any {
		tokens, _ := b.fake.TokensOf(1)
		return map[string]any{
			"client_id":        "terraform",
			"scope":            "certificate:discover,manage",
			"granted_scope":    "certificate:discover,manage",
			"access_token":     tokens.Access,
			"token_type":       "Bearer",
			"identity":         nil,
			"expires_in":       life - 1,
			"expires":          noon.Unix() + life,
			"expires_at":       "2027-02-21T12:00:00Z",
			"refresh_until":    noon.Unix() + grantLife,
			"grant_expires_at": "2027-11-23T12:00:00Z",
		}
	}
	got := b.openType(refreshed, config{"refresh_token": seed})
	wantSame(t, got.result, merge(want(), config{"refresh_token": seed, "name": nil, "minimum_validity": nil}))
	b.wantKept(got.result, config{"refresh_token": seed})

	again := b.openType(
		refreshed,
		config{"scope": "ssh", "name": "default"},
	) // the scope is the grant's, whatever is written
	wantSame(
		t,
		again.result,
		merge(want(), config{"scope": "ssh", "name": "default", "refresh_token": nil, "minimum_validity": nil}),
	)

	data := b.read(refreshed, nil)
	b.must(data.diags)
	wantSame(t, data.result, want())
	for _, block := range []opened{got, again} {
		b.must(b.close(block.private))
	}
	b.wantRefreshed(1)
}

// TestWhereTheSeedComesFrom: the block, the provider block, the environment; and each is spent once.
func TestWhereTheSeedComesFrom(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(b *bench, provider config, seed string) config{
		"block":    func(_ *bench, _ config, seed string) config { return config{"refresh_token": seed} },
		"provider": func(_ *bench, p config, seed string) config { p["refresh"] = config{"refresh_token": seed}; return nil },
		"variable": func(b *bench, _ config, seed string) config { b.env["VEDAUTH_REFRESH_TOKEN"] = seed; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(
				t,
				fakevedauth.Options{},
				map[string]string{"VEDAUTH_TOKEN_STORE": filepath.Join(t.TempDir(), "store")},
			)
			provider := b.block(nil)
			block := place(b, provider, b.seed("ssh"))
			for range 3 { // each Configure is a process of its own, to Terraform
				b.must(b.configure(provider))
				b.must(b.close(b.openType(refreshed, block).private))
			}
			b.wantRefreshed(1)
			block = place(b, provider, b.seed("certificate:manage"))
			b.must(b.configure(provider))
			got := b.openIn(b.ctx, refreshed, block)
			b.wantWarning(got.diags, "has not been seen before", "starts anew from it")
			if got.result["granted_scope"] != "certificate:manage" {
				t.Errorf("the new seed gave %v", got.result["granted_scope"])
			}
		})
	}
}

// TestMinimumValidityOfAStoredGrant: a refresh gives what was asked for, if it can; and a grant that is the user's own is
// not revoked when it cannot.
func TestMinimumValidityOfAStoredGrant(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	b.fake.AddApplication(
		fakevedauth.Application{ClientID: "short", Scope: fakevedauth.DefaultScope, AccessTTL: time.Hour},
	)
	b.fake.AddRule(fakevedauth.Rule{ClientID: "short", Identity: fakevedauth.DefaultIdentity})
	tokens, err := b.fake.Issue("short", fakevedauth.DefaultUser, "ssh")
	if err != nil {
		t.Fatal(err)
	}
	block := func(minimum any) config {
		return config{"client_id": "short", "refresh_token": tokens.Refresh, "minimum_validity": minimum}
	}
	for _, step := range []struct {
		after     time.Duration
		minimum   any
		refreshes int
		says      string
	}{
		{0, nil, 1, ""},
		{20 * time.Minute, nil, 1, ""}, // 40 of 60 minutes are left
		{0, "39m", 1, ""},
		{0, "50m", 2, ""},
		{0, "2h", 2, "minimum_validity asks for 2h0m0s, but the token lives"},
		{35 * time.Minute, nil, 3, ""}, // less than half is left
	} {
		b.fake.Advance(step.after)
		got := b.openIn(b.ctx, refreshed, block(step.minimum))
		if step.says == "" {
			b.must(got.diags)
			b.must(b.close(got.private))
		} else {
			b.wantError(got.diags, "minimum_validity", step.says)
		}
		b.wantRefreshed(step.refreshes)
	}
}

// TestACancelledOpenKeepsTheNewTokens: the answer comes when the run has been interrupted.
func TestACancelledOpenKeepsTheNewTokens(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	block := config{"refresh_token": b.seed("ssh")}
	release := make(chan struct{})
	b.fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Hold(release).AfterCommit()))
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	done := make(chan opened)
	go func() { done <- b.openIn(ctx, refreshed, block) }()
	if err := b.fake.WaitFor(
		t.Context(),
		func(l fakevedauth.Ledger) bool { return l.InFlight[fakevedauth.Token] == 1 },
	); err != nil {
		t.Fatal(err)
	}
	cancel()
	close(release)
	b.wantError((<-done).diags, "", "Cancelled", "interrupted")
	b.wantRefreshed(1)
	b.openType(refreshed, config{})
	b.wantRefreshed(1)
}
