package provider_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

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
		"disabled": {
			config{"disabled": true}, nil, "token_store",
			[]string{"disabled", "jwt, certificate, integrated, oauth"},
		},
		"off": {
			nil, map[string]string{"VEDAUTH_TOKEN_STORE": "off"}, "token_store",
			[]string{"VEDAUTH_TOKEN_STORE=off"},
		},
		"disabled and path": {
			config{"disabled": true, "path": "/somewhere"}, nil, "token_store", []string{"disabled"},
		},
		"relative variable": {
			nil, map[string]string{"VEDAUTH_TOKEN_STORE": "store"}, "token_store", []string{"not absolute"},
		},
		"no home": {
			nil, nil, "token_store",
			[]string{"There is no place for the token store", "HOME", "jwt, certificate, integrated or oauth"},
		},
		"not a directory": {config{"path": file}, nil, "", []string{"is not a directory", "token_store.path"}},
		"below a file": {
			config{"path": filepath.Join(file, "store")}, nil, "",
			[]string{"cannot be written", "persistent volume", "jwt, certificate"},
		},
		"others may look in": {config{"path": open}, nil, "", []string{"chmod 700 " + open}},
		"unknown path": {config{"path": unknown{}}, nil, "token_store", []string{"token_store in the " +
			"provider block is not known yet", "VEDAUTH_TOKEN_STORE"}},
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
		"block": {
			config{"path": place("block")}, map[string]string{"VEDAUTH_TOKEN_STORE": place("unused")},
			place("block"),
		},
		"block against off": {
			config{"path": place("against")}, map[string]string{"VEDAUTH_TOKEN_STORE": "off"}, place("against"),
		},
		"environment": {
			nil, map[string]string{"VEDAUTH_TOKEN_STORE": place("environment")}, place("environment"),
		},
		"settings in between": {
			config{"lock_timeout": "5s"}, map[string]string{"VEDAUTH_TOKEN_STORE": place("timeout")},
			place("timeout"),
		},
		"not disabled": {
			config{"disabled": false}, map[string]string{"VEDAUTH_TOKEN_STORE": place("enabled")}, place("enabled"),
		},
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
			b := newBench(
				t,
				fakevedauth.Options{},
				map[string]string{"VEDAUTH_TOKEN_STORE": filepath.Join(t.TempDir(), "store")},
			)
			b.must(b.validate(b.block(block)))
			b.must(b.configure(b.block(block)))
			got := b.openIn(b.ctx, refreshed, nil)
			if len(got.diags.errors()) != 1 {
				t.Fatalf("%s", got.diags)
			}
			b.wantText(
				got.diags.errors()[0],
				place(got.diags.errors()[0]),
				name+" in the provider block is not known yet",
			)
		})
	}
}
