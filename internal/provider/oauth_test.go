package provider_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// noon is the server's clock in tests that compare times.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// TestOutputs: every output, from servers of every age, of the ephemeral resource and the data source alike.
func TestOutputs(t *testing.T) {
	t.Parallel()
	const accessLife, grantLife = int64(fakevedauth.DefaultAccessTTL / time.Second), int64(fakevedauth.DefaultGrantTTL / time.Second)
	for name, test := range map[string]struct {
		options fakevedauth.Options
		change  func(want map[string]any)
	}{
		"21.1 and later":  {fakevedauth.Options{}, func(map[string]any) {}},
		"escaped slashes": {fakevedauth.Options{EscapeSlashes: true}, func(map[string]any) {}},
		"before 21.1": {fakevedauth.Options{Era: fakevedauth.Era20}, func(want map[string]any) {
			want["refresh_until"], want["grant_expires_at"] = nil, nil
		}},
		"2019": {fakevedauth.Options{Era: fakevedauth.Era2019}, func(want map[string]any) {
			want["refresh_until"], want["grant_expires_at"] = nil, nil
			want["expires_in"] = accessLife // worked out from expires and the server's clock
		}},
		"no refresh": {fakevedauth.Options{RefreshDisabled: true}, func(want map[string]any) {
			want["refresh_token"], want["refresh_until"], want["grant_expires_at"] = nil, nil, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := test.options
			options.Now = atNoon
			b := configured(t, options, config{"oauth": alice(nil)})
			tokens := func(id int) fakevedauth.Tokens {
				got, ok := b.fake.TokensOf(id)
				if !ok {
					t.Fatalf("there is no grant %d", id)
				}
				return got
			}
			want := map[string]any{
				"client_id": "terraform", "scope": "Certificate:Manage,Discover", "state": "xyz",
				"token_type": "Bearer", "granted_scope": "certificate:discover,manage", "identity": fakevedauth.DefaultIdentity,
				"expires_in": accessLife - 1, "expires": noon.Unix() + accessLife, "expires_at": "2027-02-21T12:00:00Z",
				"refresh_until": noon.Unix() + grantLife, "grant_expires_at": "2027-11-23T12:00:00Z",
			}
			test.change(want)
			input := config{"scope": "Certificate:Manage,Discover", "state": "xyz"}

			data := b.read(oauth, input)
			b.must(data.diags)
			wantData := maps.Clone(want)
			wantData["access_token"] = tokens(1).Access
			delete(wantData, "refresh_token") // a data source has none
			wantSame(t, data.result, wantData)

			ephemeral := b.mustOpen(input)
			want["access_token"] = tokens(2).Access
			if _, none := want["refresh_token"]; !none {
				want["refresh_token"] = tokens(2).Refresh
			}
			for _, unset := range []string{"username", "password", "minimum_validity", "revoke_on_close"} {
				want[unset] = nil
			}
			wantSame(t, ephemeral.result, want)
		})
	}
}

func wantSame(t testing.TB, got, want map[string]any) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(merge(maps.Clone(config(got)), want))) {
		value, there := got[name]
		if expected, wanted := want[name]; value != expected || there != wanted {
			t.Errorf("%s = %v, want %v", name, value, expected)
		}
	}
}

// TestLiteralReplies: replies as published by the vendor or by others, letter by letter, and replies with less in them.
func TestLiteralReplies(t *testing.T) {
	t.Parallel()
	const tokens = `"access_token":"tyzz4ONGHvxjCjQ6lsBHqg==","refresh_token":"Dp4FdbpVYKCUXWoCcKtzRA=="`
	for name, test := range map[string]struct {
		body string
		want map[string]any
	}{
		"2022 sample, without expires_in": {
			`{` + tokens + `,"expires":1795435200,"token_type":"Bearer","scope":"certificate:manage,revoke",` +
				`"identity":"local:{500abcf0-8e70-4103-a97b-5a690d4d00d0}","refresh_until":1795953600}`,
			map[string]any{
				"expires": int64(1795435200), "expires_in": int64(600), "expires_at": "2026-11-23T12:00:00Z",
				"identity": "local:{500abcf0-8e70-4103-a97b-5a690d4d00d0}", "refresh_until": int64(1795953600),
				"grant_expires_at": "2026-11-29T12:00:00Z", "granted_scope": "certificate:manage,revoke",
			},
		},
		"without expires": {
			`{` + tokens + `,"expires_in":600,"token_type":"Bearer","scope":"ssh"}`,
			map[string]any{"expires": noon.Unix() + 600, "expires_in": int64(600), "expires_at": "2026-11-23T12:10:00Z", "identity": nil},
		},
		"without any expiry": {
			`{` + tokens + `,"token_type":"Bearer","scope":"ssh"}`,
			map[string]any{"expires": nil, "expires_in": nil, "expires_at": nil, "refresh_until": nil, "grant_expires_at": nil},
		},
		"tokens alone": {
			`{"access_token":"tyzz4ONGHvxjCjQ6lsBHqg=="}`,
			map[string]any{"refresh_token": nil, "token_type": "Bearer", "granted_scope": nil, "identity": nil, "scope": "certificate:manage"},
		},
		"nulls, and a field of the future": {
			`{` + tokens + `,"expires_in":null,"expires":null,"refresh_until":null,"identity":null,"tenant":{"id":[1]}}`,
			map[string]any{"expires": nil, "expires_in": nil, "identity": nil},
		},
		"a grant that never ends": {`{` + tokens + `,"expires_in":600,"refresh_until":0}`, map[string]any{"refresh_until": nil}},
		"a byte order mark":       {"\ufeff{" + tokens + `,"expires_in":600}`, map[string]any{"expires_in": int64(600)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The server's clock is ten minutes behind that of this machine.
			b := configured(t, fakevedauth.Options{Now: func() time.Time { return noon.Add(-10 * time.Minute) }}, nil)
			b.now = atNoon
			b.secrets = append(b.secrets, "tyzz4ONGHvxjCjQ6lsBHqg==", "Dp4FdbpVYKCUXWoCcKtzRA==")
			test.want["access_token"] = "tyzz4ONGHvxjCjQ6lsBHqg=="
			b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.JSONBody(test.body)))
			got := b.mustOpen(alice(nil)).result
			for attribute, want := range test.want {
				if got[attribute] != want {
					t.Errorf("%s = %v, want %v", attribute, got[attribute], want)
				}
			}
		})
	}
}

// TestTheWire: what goes to the server, and what does not.
func TestTheWire(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	b.must(b.close(b.mustOpen(alice(config{"state": "s1", "scope": " SSH ; certificate:manage, discover;"})).private))
	requests := b.fake.Requests()
	if len(requests) != 2 {
		t.Fatalf("%d requests, want 2", len(requests))
	}
	login, revocation := requests[0], requests[1]
	want := map[string]any{
		"client_id": "terraform", "username": "alice", "password": fakevedauth.DefaultPassword, "scope": "SSH;certificate:manage,discover;", "state": "s1",
	}
	if got := login.Fields(); !maps.Equal(got, want) {
		t.Errorf("the body has %d fields: %v", len(got), slices.Sorted(maps.Keys(got)))
	}
	if login.Method != "POST" || login.Path != "/vedauth/Authorize/OAuth" || login.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s, %s", login.Method, login.Path, login.Header.Get("Content-Type"))
	}
	if login.Header.Get("Authorization") != "" || login.Header.Get("User-Agent") != "terraform-provider-vedauth/1.2.3 Terraform/1.99.0" {
		t.Errorf("headers: %v", login.Header)
	}
	if revocation.Method != "GET" || revocation.Path != "/vedauth/Revoke/Token" || !strings.HasPrefix(revocation.Header.Get("Authorization"), "Bearer ") {
		t.Errorf("%s %s", revocation.Method, revocation.Path)
	}
	for _, request := range requests {
		for name, values := range request.Header {
			if strings.Contains(strings.Join(values, " "), fakevedauth.DefaultPassword) {
				t.Errorf("the password is in the header %s", name)
			}
		}
		if strings.Contains(request.Path, "?") {
			t.Errorf("a query: %s", request.Path)
		}
	}
	b.wantLedger(1, 1)
}
