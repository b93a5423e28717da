package provider_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
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
	return configured(t, options, merge(config{"token_store": config{"path": directory, "lock_timeout": "1s"}}, change)), directory
}

// openType opens a block of a type, which must succeed without a warning.
func (b *bench) openType(typeName string, block config) opened {
	b.t.Helper()
	got := b.openIn(b.ctx, typeName, block)
	b.must(got.diags)
	return got
}

// wantRefreshed compares how often the fake has refreshed, and how many grants it has revoked.
func (b *bench) wantRefreshed(refreshes, revoked int) {
	b.t.Helper()
	if l := b.fake.Ledger(); l.Refreshed != refreshes || l.Revoked != revoked {
		b.t.Errorf("%d refreshes, %s; want %d and %d revoked", l.Refreshed, l, refreshes, revoked)
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
			"client_id": "terraform", "scope": "certificate:discover,manage", "granted_scope": "certificate:discover,manage",
			"access_token": tokens.Access, "token_type": "Bearer", "identity": nil, "expires_in": life - 1,
			"expires": noon.Unix() + life, "expires_at": "2027-02-21T12:00:00Z",
			"refresh_until": noon.Unix() + grantLife, "grant_expires_at": "2027-11-23T12:00:00Z",
		}
	}
	got := b.openType(refreshed, config{"refresh_token": seed})
	wantSame(t, got.result, merge(want(), config{"refresh_token": seed, "name": nil, "minimum_validity": nil}))
	b.wantKept(got.result, config{"refresh_token": seed})

	again := b.openType(refreshed, config{"scope": "ssh", "name": "default"}) // the scope is the grant's, whatever is written
	wantSame(t, again.result, merge(want(), config{"scope": "ssh", "name": "default", "refresh_token": nil, "minimum_validity": nil}))

	data := b.read(refreshed, nil)
	b.must(data.diags)
	wantSame(t, data.result, want())
	for _, block := range []opened{got, again} {
		b.must(b.close(block.private))
	}
	b.wantRefreshed(1, 0)
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
			b := newBench(t, fakevedauth.Options{}, map[string]string{"VEDAUTH_TOKEN_STORE": filepath.Join(t.TempDir(), "store")})
			provider := b.block(nil)
			block := place(b, provider, b.seed("ssh"))
			for range 3 { // each Configure is a process of its own, to Terraform
				b.must(b.configure(provider))
				b.must(b.close(b.openType(refreshed, block).private))
			}
			b.wantRefreshed(1, 0)
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

// TestWithoutAStore: nothing is sent, so the seed is as good as before.
func TestWithoutAStore(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		store config
		env   map[string]string
		where string
		says  []string
	}{
		"disabled":           {config{"disabled": true}, nil, "token_store", []string{"disabled", "jwt, certificate, integrated, oauth"}},
		"off":                {nil, map[string]string{"VEDAUTH_TOKEN_STORE": "off"}, "token_store", []string{"VEDAUTH_TOKEN_STORE=off"}},
		"disabled and path":  {config{"disabled": true, "path": "/somewhere"}, nil, "token_store", []string{"disabled"}},
		"relative variable":  {nil, map[string]string{"VEDAUTH_TOKEN_STORE": "store"}, "token_store", []string{"not absolute"}},
		"no home":            {nil, nil, "token_store", []string{"There is no place for the token store", "HOME", "jwt, certificate, integrated or oauth"}},
		"not a directory":    {config{"path": file}, nil, "", []string{"is not a directory", "token_store.path"}},
		"below a file":       {config{"path": filepath.Join(file, "store")}, nil, "", []string{"cannot be written", "persistent volume", "jwt, certificate"}},
		"others may look in": {config{"path": open}, nil, "", []string{"chmod 700 " + open}},
		"unknown path":       {config{"path": unknown{}}, nil, "token_store", []string{"token_store in the provider block is not known yet", "VEDAUTH_TOKEN_STORE"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fakevedauth.Options{}, test.env)
			provider := b.block(nil)
			if test.store != nil {
				provider["token_store"] = test.store
			}
			b.must(b.validate(provider))
			b.must(b.configure(provider))
			block := config{"refresh_token": b.seed("ssh")}
			got := b.openIn(b.ctx, refreshed, block)
			b.wantError(got.diags, test.where, test.says...)
			if n := len(b.fake.Requests()); n != 0 {
				t.Errorf("%d requests", n)
			}
			b.must(b.configure(b.block(config{"token_store": config{"path": filepath.Join(t.TempDir(), "store")}})))
			b.openType(refreshed, block)
		})
	}
}

// TestWhereTheStoreIs: the block goes before the environment, and each says where by itself.
func TestWhereTheStoreIs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	place := func(name string) string { return filepath.Join(folder, name) }
	for name, test := range map[string]struct {
		store config
		env   map[string]string
		want  string
	}{
		"block":               {config{"path": place("block")}, map[string]string{"VEDAUTH_TOKEN_STORE": place("unused")}, place("block")},
		"block against off":   {config{"path": place("against")}, map[string]string{"VEDAUTH_TOKEN_STORE": "off"}, place("against")},
		"environment":         {nil, map[string]string{"VEDAUTH_TOKEN_STORE": place("environment")}, place("environment")},
		"settings in between": {config{"lock_timeout": "5s"}, map[string]string{"VEDAUTH_TOKEN_STORE": place("timeout")}, place("timeout")},
		"not disabled":        {config{"disabled": false}, map[string]string{"VEDAUTH_TOKEN_STORE": place("enabled")}, place("enabled")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fakevedauth.Options{}, test.env)
			provider := b.block(nil)
			if test.store != nil {
				provider["token_store"] = test.store
			}
			b.must(b.configure(provider))
			b.openType(refreshed, config{"refresh_token": b.seed("ssh")})
			if files, err := filepath.Glob(filepath.Join(test.want, "*.json")); err != nil || len(files) != 1 {
				t.Errorf("%d grants in %s: %v", len(files), test.want, err)
			}
		})
	}
}

func TestStoreSettingsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	for name, test := range map[string]struct {
		store config
		where string
		says  string
	}{
		"relative":         {config{"path": "./store"}, "token_store.path", "not an absolute path"},
		"empty":            {config{"path": ""}, "token_store.path", "empty string"},
		"not a duration":   {config{"lock_timeout": "10"}, "token_store.lock_timeout", "not a duration"},
		"no time at all":   {config{"lock_timeout": "0s"}, "token_store.lock_timeout", "longer than nothing"},
		"unknown":          {config{"path": unknown{}, "disabled": unknown{}, "lock_timeout": unknown{}}, "", ""},
		"everything right": {config{"path": "/var/lib/store", "disabled": false, "lock_timeout": "1m"}, "", ""},
	} {
		b.run(name, func(*testing.T) {
			diags := b.validate(b.block(config{"token_store": test.store}))
			if test.says == "" {
				b.must(diags)
			} else {
				b.wantError(diags, test.where, test.says)
			}
		})
	}
}

func TestUnknownRefreshSettings(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]config{
		"refresh":               {"refresh": unknown{}},
		"refresh.refresh_token": {"refresh": config{"refresh_token": unknown{}}},
		"refresh.name":          {"refresh": config{"name": unknown{}}},
		"token_store":           {"token_store": unknown{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fakevedauth.Options{}, map[string]string{"VEDAUTH_TOKEN_STORE": filepath.Join(t.TempDir(), "store")})
			b.must(b.validate(b.block(block)))
			b.must(b.configure(b.block(block)))
			got := b.openIn(b.ctx, refreshed, nil)
			if len(got.diags.errors()) != 1 {
				t.Fatalf("%s", got.diags)
			}
			b.wantText(got.diags.errors()[0], place(got.diags.errors()[0]), name+" in the provider block is not known yet")
		})
	}
}

// TestMinimumValidityOfAStoredGrant: a refresh gives what was asked for, if it can; and a grant that is the user's own is
// not revoked when it cannot.
func TestMinimumValidityOfAStoredGrant(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	b.fake.AddApplication(fakevedauth.Application{ClientID: "short", Scope: fakevedauth.DefaultScope, AccessTTL: time.Hour})
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
		b.wantRefreshed(step.refreshes, 0)
	}
}

// noServer is a server that is down: it shows whether a lease is all that keeps a refresh from being tried.
type noServer struct{}

var errDown = errors.New("down")

func (noServer) Ping(context.Context) error { return errDown }
func (noServer) Refresh(context.Context, secret.String) (tokenstore.Tokens, error) {
	return tokenstore.Tokens{}, errDown
}

// TestBlocksShareAStoredGrantAndItsLease: as long as one of them is open, no other run refreshes the token away.
func TestBlocksShareAStoredGrantAndItsLease(t *testing.T) {
	t.Parallel()
	b, directory := withStore(t, fakevedauth.Options{}, nil)
	block := config{"refresh_token": b.seed("ssh")}
	first, second := b.openType(refreshed, block), b.openType(refreshed, block)
	third := b.openType("vedauth_token", config{"grants": []string{"refresh"}})
	for _, other := range []opened{second, third} {
		if other.result["access_token"] != first.result["access_token"] {
			t.Error("the blocks have different tokens")
		}
	}
	b.wantRefreshed(1, 0)

	b.fake.Advance(fakevedauth.DefaultAccessTTL - time.Minute)
	store, err := tokenstore.New(tokenstore.Options{Dir: directory, Now: b.fake.Now})
	if err != nil {
		t.Fatal(err)
	}
	key, err := tokenstore.NewKey(b.fake.URL(), fakevedauth.DefaultClientID, "")
	if err != nil {
		t.Fatal(err)
	}
	kind := func() tokenstore.Kind {
		_, err := store.Acquire(t.Context(), tokenstore.Request{Key: key, Server: noServer{}, IfLeased: tokenstore.Refuse})
		var failed *tokenstore.Error
		if !errors.As(err, &failed) {
			t.Fatalf("err = %v", err)
		}
		return failed.Kind
	}
	for i, block := range []opened{first, second, third} {
		if got := kind(); got != tokenstore.Leased {
			t.Errorf("%d of 3 blocks are open, and another run may refresh: kind %d", 3-i, got)
		}
		b.must(b.close(block.private))
	}
	if got := kind(); got != tokenstore.Kept {
		t.Errorf("every block is closed, and another run may not refresh: kind %d", got)
	}
	b.wantRefreshed(1, 0)
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
	if err := b.fake.WaitFor(t.Context(), func(l fakevedauth.Ledger) bool { return l.InFlight[fakevedauth.Token] == 1 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	close(release)
	b.wantError((<-done).diags, "", "Cancelled", "interrupted")
	b.wantRefreshed(1, 0)
	b.openType(refreshed, config{})
	b.wantRefreshed(1, 0)
}

// TestStoredGrantsThatAreLost: the answer says what happened and what to do, and nothing is sent a third time.
func TestStoredGrantsThatAreLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults   []fakevedauth.Fault
		says     []string
		requests int
		next     []string // of the next run; nil if it succeeds
	}{
		"dead seed": {
			[]fakevedauth.Fault{fakevedauth.Refusal("refresh-token-dead", fakevedauth.Modern)},
			[]string{"The server refused the configured refresh_token", "vedauth_device_token", "Grant has been revoked"}, 1, nil,
		},
		"rotated, answer lost": {
			[]fakevedauth.Fault{fakevedauth.Reset().AfterCommit()},
			[]string{"the replacement was lost", "never arrived", "Give a new refresh_token"}, 2, []string{"has been used up"},
		},
		"no answer, not seen": {[]fakevedauth.Fault{fakevedauth.Reset()}, nil, 2, nil},
		"no answer twice": {
			[]fakevedauth.Fault{fakevedauth.Reset(), fakevedauth.Reset()}, []string{"no answer that tells whether the configured refresh_token was used"}, 2, nil,
		},
		"busy": {
			[]fakevedauth.Fault{fakevedauth.Status(503)}, []string{"configured refresh_token was not used and stays good", "Try again later"}, 1, nil,
		},
		"wrong client": {
			[]fakevedauth.Fault{fakevedauth.Refusal("refresh-client-mismatch", fakevedauth.Modern)}, []string{"stays good", "Check client_id"}, 1, nil,
		},
		"a login page": {[]fakevedauth.Fault{fakevedauth.HTML(403, "Log in")}, []string{"stays good", "Log in"}, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := withStore(t, fakevedauth.Options{}, nil)
			provider := b.block(config{"token_store": config{"path": filepath.Join(t.TempDir(), "store"), "lock_timeout": "1s"}})
			b.must(b.configure(provider))
			block := config{"refresh_token": b.seed("ssh")}
			b.fake.Inject(fakevedauth.Token, fakevedauth.Sequence(test.faults...))
			got := b.openIn(b.ctx, refreshed, block)
			if test.says == nil {
				b.must(got.diags)
			} else {
				b.wantError(got.diags, "", test.says...)
			}
			b.wantRequests(fakevedauth.Token, test.requests)
			b.must(b.configure(provider))
			next := b.openIn(b.ctx, refreshed, block)
			if test.next == nil {
				b.must(next.diags)
			} else {
				b.wantError(next.diags, "", test.next...)
				b.wantRequests(fakevedauth.Token, test.requests)
			}
		})
	}
}

// TestAFileThatOthersCanReadIsRefused with the command that mends it, before anything is sent.
func TestAFileThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	b, directory := withStore(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
	b.must(b.close(b.openType(refreshed, config{"refresh_token": b.seed("ssh")}).private))
	files, err := filepath.Glob(filepath.Join(directory, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	if err := os.Chmod(files[0], 0o644); err != nil {
		t.Fatal(err)
	}
	sent := len(b.fake.Requests())
	for _, typeName := range []string{refreshed, "vedauth_token"} { // the latter does not pass it over in silence
		b.wantError(b.openIn(b.ctx, typeName, nil).diags, "", "chmod 600 "+files[0])
	}
	if n := len(b.fake.Requests()); n != sent {
		t.Errorf("%d requests", n-sent)
	}
}

// TestAServerThatQuotesTheSeed: nothing of it is said, in a refusal, a page or a broken answer (the bench searches).
func TestAServerThatQuotesTheSeed(t *testing.T) {
	t.Parallel()
	for name, fault := range echoes("a refresh token of 32 characters") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := withStore(t, fakevedauth.Options{}, nil)
			b.secrets = append(b.secrets, "a refresh token of 32 characters")
			b.fake.Inject(fakevedauth.Token, fakevedauth.Always(fault))
			b.openIn(b.ctx, refreshed, config{"refresh_token": "a refresh token of 32 characters"})
			b.openIn(b.ctx, device, config{"device_code": "a refresh token of 32 characters", "name": "device"})
		})
	}
}
