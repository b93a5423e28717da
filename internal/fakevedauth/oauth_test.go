package fakevedauth_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestTheMainWay goes once around: authorize, verify, refresh, revoke.
func TestTheMainWay(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)

	first := p.login()
	for _, name := range []string{"access_token", "refresh_token"} {
		if raw, err := base64.StdEncoding.DecodeString(first.text(name)); err != nil || len(raw) != 16 {
			t.Errorf("%s is not base64 of 16 bytes: %q", name, first.text(name))
		}
	}
	if first.text("identity") != fakevedauth.DefaultIdentity || first.text("scope") != "certificate:manage" {
		t.Errorf("identity or scope: %s", first.body)
	}
	p.get(pathVerify, first.text("access_token")).expect(t, 200, "Token is valid", `"application":"terraform"`)

	second := p.refresh(first.text("refresh_token"))
	if second.status != 200 || second.text("access_token") == first.text("access_token") ||
		second.text("refresh_token") == first.text("refresh_token") || second.json["identity"] != nil {
		t.Errorf("refresh: %+v", second)
	}
	if second.number("refresh_until") != first.number("refresh_until") {
		t.Error("refresh moved the end of the grant")
	}
	p.get(pathVerify, first.text("access_token")).expect(t, 401, "", "Grant not found")
	p.refresh(first.text("refresh_token")).expect(t, 400, "Bad Request", "Grant has been revoked, has expired")

	revoked := p.get(pathRevoke, second.text("access_token"))
	revoked.expect(t, 200, "Grant for identity ["+fakevedauth.DefaultIdentity+"]", "")
	p.get(pathVerify, second.text("access_token")).expect(t, 401, "", "invalid_token")
	p.refresh(second.text("refresh_token")).expect(t, 400, "", "invalid_grant")
	expectLine(t, fake, "grants issued 1, revoked 1, live 0")
	for _, token := range []string{first.text("access_token"), second.text("refresh_token"), fakevedauth.DefaultPassword} {
		if !strings.Contains(strings.Join(fake.Secrets(), "\n"), token) {
			t.Error("Secrets misses one")
		}
	}
}

// TestVendorSample reproduces the arithmetic of the vendor's sample reply, to the second and in its field order.
func TestVendorSample(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{Now: at(1639342751 - 7776000).now})
	got := peerOf(t, fake).post(pathOAuth, with(credentials(), "scope", "Certificate:discover,manage,delete"))
	want := `{"access_token":"` + got.text("access_token") + `","refresh_token":"` + got.text("refresh_token") +
		`","expires_in":7775999,"expires":1639342751,"token_type":"Bearer","scope":"certificate:delete,discover,manage",` +
		`"identity":"` + fakevedauth.DefaultIdentity + `","refresh_until":1663102751}`
	if got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	if got.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("content type %q", got.header.Get("Content-Type"))
	}
	if date := got.header.Get("Date"); date != time.Unix(1639342751-7776000, 0).UTC().Format(http.TimeFormat) {
		t.Errorf("Date %q is not the server's clock", date)
	}
}

func TestEras(t *testing.T) {
	t.Parallel()
	for era, missing := range map[fakevedauth.Era][]string{
		fakevedauth.Era21:   nil,
		fakevedauth.Era20:   {"refresh_until"},
		fakevedauth.Era2019: {"refresh_until", "expires_in"},
	} {
		fake := fakevedauth.StartForTest(t, fakevedauth.Options{Era: era})
		got := peerOf(t, fake).login()
		all := []string{
			"access_token", "refresh_token", "expires_in", "expires", "token_type", "scope", "identity", "refresh_until",
		}
		for _, name := range all {
			_, have := got.json[name]
			if want := !slices.Contains(missing, name); have != want {
				t.Errorf("era %d: %s present %v, want %v", era, name, have, want)
			}
		}
	}
}

func TestNoRefreshAndNeverExpiring(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	fake.AddApplication(fakevedauth.Application{
		ClientID: "short", Scope: "certificate", NoRefresh: true, AccessTTL: time.Hour,
	})
	fake.AddApplication(fakevedauth.Application{ClientID: "endless", Scope: "certificate", NeverExpires: true})
	fake.AddRule(fakevedauth.Rule{ClientID: "short", Identity: fakevedauth.Everyone})
	fake.AddRule(fakevedauth.Rule{ClientID: "endless", Identity: fakevedauth.Everyone})
	p := peerOf(t, fake)

	short := p.post(pathOAuth, with(with(credentials(), "client_id", "short"), "scope", "certificate"))
	if short.json["refresh_token"] != nil || short.json["refresh_until"] != nil || short.number("expires_in") != 3599 {
		t.Errorf("without refresh: %s", short.body)
	}
	endless := p.post(pathOAuth, with(with(credentials(), "client_id", "endless"), "scope", "certificate"))
	if endless.json["refresh_token"] == nil || endless.json["refresh_until"] != nil {
		t.Errorf("never expiring: %s", endless.body)
	}
	p.get(pathVerify, endless.text("access_token")).expect(t, 200, "",
		`"expires":null,"expires_ISO8601":null,"expires_unix_time":0`)

	fake.Advance(2 * time.Hour)
	p.get(pathVerify, short.text("access_token")).expect(t, 401, "", "expired")
	ledger := fake.Ledger()
	if ledger.Expired != 1 || ledger.Live != 1 {
		t.Errorf("the grant without a refresh token must end with its access token: %+v", ledger)
	}
}

func TestRefusalsOfOAuth(t *testing.T) {
	t.Parallel()
	const (
		notValid = `Username\/password combination not valid`
		tooWide  = "User is not authorized for the requested scope"
	)
	cases := []struct {
		name, field, value string
		modern             int
		says               string
		legacy             int
		saysLegacy         string
	}{
		{"wrong password", "password", "x", 400, "invalid_grant|" + notValid, 401, "Username/password combination not valid"},
		{"unknown user", "username", "bob", 400, "invalid_grant|" + notValid, 401, "Username/password combination"},
		{"disabled user", "username", "dave", 400, "invalid_grant|" + notValid, 401, "Username/password combination"},
		{"no password", "password", "", 400, "invalid_grant|Missing username or password", 400, "Missing username"},
		{"no client_id", "client_id", "", 400, "invalid_request|Application identifier", 400, "Application identifier"},
		{"unknown client_id", "client_id", "Terraform", 400, "invalid_grant", 400, "Bad Request"},
		{"scope too wide", "scope", "admin", 400, "invalid_scope|" + tooWide, 403, "Failed to issue grant: " + tooWide},
		{"privilege too wide", "scope", "statistics:delete", 400, "invalid_scope|" + tooWide, 403, tooWide},
		{"no scope", "scope", "", 400, "invalid_scope", 400, ""},
		{"garbled scope", "scope", "certificate:", 400, "invalid_scope", 400, ""},
		{
			"no rule", "username", "carol", 400, `unauthorized_client|No rule\/permission for identity local:carol exists`,
			401, "Failed to issue grant: No rule/permission for identity local:carol exists",
		},
	}
	for _, dialect := range []string{"modern", "legacy"} {
		options := fakevedauth.Options{Dialect: fakevedauth.Modern}
		if dialect == "legacy" {
			options.Dialect = fakevedauth.Legacy
		}
		fake := fakevedauth.StartForTest(t, options)
		fake.AddUser(fakevedauth.User{
			Names: []string{"carol", "local:carol"}, Identity: "local:{c}", Password: fakevedauth.DefaultPassword,
		})
		fake.AddUser(fakevedauth.User{
			Names: []string{"dave"}, Identity: "local:{d}", Password: fakevedauth.DefaultPassword, Disabled: true,
		}, "terraform")
		p := peerOf(t, fake)
		for _, c := range cases {
			got := p.post(pathOAuth, with(credentials(), c.field, c.value))
			status, says := c.modern, strings.Split(c.says, "|")
			if dialect == "legacy" {
				status, says = c.legacy, []string{c.saysLegacy}
			}
			for _, say := range says {
				if got.status != status || !strings.Contains(got.body+got.reason, say) {
					t.Errorf("%s, %s: got %d %q %q, want %d %q",
						dialect, c.name, got.status, got.reason, got.body, status, say)
				}
			}
		}
		expectLine(t, fake, "grants issued 0, revoked 0, live 0")
	}
}

func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{Disabled: only(fakevedauth.OAuth)})
	peerOf(t, fake).post(pathOAuth, credentials()).expect(t, 400, "", `Username\/Password authentication not enabled`)
}

func TestAbsent(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{Absent: only(fakevedauth.OAuth)})
	peerOf(t, fake).post(pathOAuth, credentials()).expect(t, 404, "Not Found", "<!DOCTYPE html")
}

func TestLockout(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{LockAfter: 2})
	p := peerOf(t, fake)
	for range 2 {
		p.post(pathOAuth, with(credentials(), "password", "x")).expect(t, 400, "", "not valid")
		p.login() // which starts the count anew
	}
	for range 2 {
		p.post(pathOAuth, with(credentials(), "password", "x")).expect(t, 400, "", "not valid")
	}
	p.post(pathOAuth, credentials()).expect(t, 400, "", "not valid")
	if got := fake.Ledger().FailedLogons[fakevedauth.DefaultIdentity]; got != 5 {
		t.Errorf("failed logons: %d", got)
	}
	fake.Unlock("local:alice")
	p.login()
}

// TestUserNames: every documented form of a name, in any case.
func TestUserNames(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	names := []string{"local:alice", "alice", "ALICE", "alice@example.com", `EXAMPLE\alice`, "AD+corp:Alice"}
	fake.AddUser(fakevedauth.User{Names: names, Identity: fakevedauth.DefaultIdentity, Password: "p"})
	for _, name := range names {
		fields := with(with(credentials(), "username", name), "password", "p")
		peerOf(t, fake).post(pathOAuth, fields).expect(t, 200, "OK", "")
	}
}

func TestScopeForms(t *testing.T) {
	t.Parallel()
	for sent, granted := range map[string]string{
		"certificate":                              "certificate",
		"ssh;Certificate:Manage,discover":          "certificate:discover,manage;ssh",
		"certificate:manage;":                      "certificate:manage",
		"certificate:manage;certificate:discover":  "certificate:discover,manage",
		"any;configuration:manage,delete;security": "any;configuration:delete,manage;security",
		"certificate: manage":                      "",
		"certificate,ssh":                          "",
		"certificate:manage,":                      "",
		";":                                        "",
		"certificate:a:b":                          "",
	} {
		fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
		got := peerOf(t, fake).post(pathOAuth, with(credentials(), "scope", sent))
		if got.text("scope") != granted {
			t.Errorf("%q: granted %q, want %q (%s)", sent, got.text("scope"), granted, got.body)
		}
	}
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{PreserveScopeCase: true})
	got := peerOf(t, fake).post(pathOAuth, with(credentials(), "scope", "Certificate:manage,discover"))
	if got.text("scope") != "Certificate:discover,manage" {
		t.Errorf("case not kept: %s", got.body)
	}
}

// TestVerifyGolden compares all of a verify reply with the layout that clients of the vendor are tested with.
func TestVerifyGolden(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{Now: at(1647458820).now})
	p := peerOf(t, fake)
	token := p.post(pathOAuth, with(credentials(), "scope", "certificate:revoke,manage")).text("access_token")
	got := p.get(pathVerify, token)
	want := `{"access_issued_on":"\/Date(1647458820000)\/","access_issued_on_ISO8601":"2022-03-16T19:27:00Z",` +
		`"access_issued_on_unix_time":1647458820,"application":"terraform",` +
		`"expires":"\/Date(1678994820000)\/","expires_ISO8601":"2023-03-16T19:27:00Z","expires_unix_time":1678994820,` +
		`"grant_issued_on":"\/Date(1647458820000)\/","grant_issued_on_ISO8601":"2022-03-16T19:27:00Z",` +
		`"grant_issued_on_unix_time":1647458820,"identity":"` + fakevedauth.DefaultIdentity + `",` +
		`"scope":"certificate:manage,revoke","valid_for":7776000}`
	if got.body != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	if !json.Valid([]byte(got.body)) {
		t.Error("not JSON")
	}
}
