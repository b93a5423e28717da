package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const info = "vedauth_token_info"

// invalid is what is told of a token that the server does not accept: everything else is null.
func invalid() map[string]any {
	return map[string]any{
		"valid": false, "application": nil, "identity": nil, "granted_scope": nil, "access_issued_at": nil,
		"access_expires_at": nil, "grant_issued_at": nil, "grant_expires_at": nil, "valid_for": nil,
	}
}

// look asks in both forms, the ephemeral one with the token of its own, and compares both results with want.
func (b *bench) look(token string, want map[string]any) {
	b.t.Helper()
	own := b.openIn(b.ctx, info, config{"access_token": token})
	b.must(own.diags)
	wantSame(b.t, own.result, merge(config{"access_token": token}, want))
	b.must(b.configure(b.block(config{"client_id": nil, "scope": nil, "access_token": token})))
	data := b.read(info, nil)
	b.must(data.diags)
	wantSame(b.t, data.result, want)
	inherited := b.openIn(b.ctx, info, nil)
	b.must(inherited.diags)
	wantSame(b.t, inherited.result, merge(config{"access_token": nil}, want)) // not configured, so it stays null
}

// TestTokenInfo looks at tokens that live, have died, and never did.
func TestTokenInfo(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{Now: atNoon}, nil)
	issued, err := b.fake.Issue("terraform", "alice", "Certificate:Manage")
	if err != nil {
		t.Fatal(err)
	}
	b.fake.Advance(time.Hour)
	want := map[string]any{
		"valid": true, "application": "terraform", "identity": fakevedauth.DefaultIdentity, "granted_scope": "certificate:manage",
		"access_issued_at": "2026-11-23T12:00:00Z", "access_expires_at": "2027-02-21T12:00:00Z",
		"grant_issued_at": "2026-11-23T12:00:00Z", "grant_expires_at": "2027-11-23T12:00:00Z",
		"valid_for": int64(fakevedauth.DefaultAccessTTL / time.Second),
	}
	b.look(issued.Access, want)
	b.wantLedger(1, 0) // looking changes nothing
	b.wantRequests(fakevedauth.OAuth, 0)
	if !b.fake.RevokeGrant(issued.GrantID) {
		t.Fatal("not revoked")
	}
	b.look(issued.Access, invalid())
	b.secrets = append(b.secrets, "bm90IGEgdG9rZW4gYXQgYWxsIQ==")
	b.look("bm90IGEgdG9rZW4gYXQgYWxsIQ==", invalid())

	remove := b.fake.Inject(fakevedauth.Verify, fakevedauth.Always(fakevedauth.Status(401)))
	b.look(issued.Access, invalid()) // whoever says it
	remove()

	b.fake.AddApplication(fakevedauth.Application{ClientID: "eternal", Scope: fakevedauth.DefaultScope, NeverExpires: true})
	eternal, err := b.fake.Issue("eternal", "alice", "ssh")
	if err != nil {
		t.Fatal(err)
	}
	got := b.openIn(b.ctx, info, config{"access_token": eternal.Access})
	b.must(got.diags)
	if got.result["grant_expires_at"] != nil || got.result["access_expires_at"] != "2027-02-21T13:00:00Z" {
		t.Errorf("a grant that never ends: %v, %v", got.result["grant_expires_at"], got.result["access_expires_at"])
	}
}

// TestTokenInfoLiteral: the sample of the protocol, and each of its three forms of a time alone.
func TestTokenInfoLiteral(t *testing.T) {
	t.Parallel()
	const rest = `"application":"vcert-sdk","identity":"local:{500abcf0-8e70-4103-a97b-5a690d4d00d0}","scope":"certificate:manage,revoke","valid_for":7776000`
	forms := map[string]string{
		"dates": `"access_issued_on":"\/Date(1647458820386)\/","expires":"\/Date(1678994820386)\/","grant_issued_on":"\/Date(1647458820386)\/"`,
		"ISO 8601": `"access_issued_on_ISO8601":"2022-03-16T19:27:00Z","expires_ISO8601":"2023-03-16T19:27:00Z",` +
			`"grant_issued_on_ISO8601":"2022-03-16T19:27:00Z"`,
		"Unix time": `"access_issued_on_unix_time":1647458820,"expires_unix_time":1678994820,"grant_issued_on_unix_time":1647458820`,
	}
	forms["all three"] = forms["dates"] + "," + forms["ISO 8601"] + "," + forms["Unix time"]
	full := map[string]any{
		"valid": true, "application": "vcert-sdk", "identity": "local:{500abcf0-8e70-4103-a97b-5a690d4d00d0}",
		"granted_scope": "certificate:manage,revoke", "valid_for": int64(7776000),
		"access_issued_at": "2022-03-16T19:27:00Z", "access_expires_at": "2022-06-14T19:27:00Z",
		"grant_issued_at": "2022-03-16T19:27:00Z", "grant_expires_at": "2023-03-16T19:27:00Z",
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, nil)
			b.fake.Inject(fakevedauth.Verify, fakevedauth.Always(fakevedauth.JSONBody("{"+form+","+rest+"}")))
			b.look("c29tZSB0b2tlbiBvciBvdGhlcg==", full)
		})
	}
	t.Run("nothing but the answer", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		b.fake.Inject(fakevedauth.Verify, fakevedauth.Always(fakevedauth.JSONBody(`{"expires":null,"expires_unix_time":0}`)))
		b.look("c29tZSB0b2tlbiBvciBvdGhlcg==", merge(config(invalid()), config{"valid": true}))
	})
}

// TestTokenInfoFailures: everything but a 401 is an error, and none says that the token is not valid.
func TestTokenInfoFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault fakevedauth.Fault
		texts []string
	}{
		"500":          {fakevedauth.Status(500), []string{"500"}},
		"403":          {fakevedauth.Refusal("scope-insufficient", fakevedauth.Modern), []string{"403", "Grant rejected scope"}},
		"404":          {fakevedauth.Status(404), []string{"404", "no vedauth at this address"}},
		"a login page": {fakevedauth.HTML(200, "Sign in"), []string{`"Sign in"`}},
		"empty":        {fakevedauth.EmptyBody(), []string{"reply cannot be used"}},
		"broken":       {fakevedauth.TruncateQuietly(-1), []string{"in the middle of the JSON"}},
		"busy":         {fakevedauth.Status(503), []string{"503", "after 4 attempts"}},
		"redirect":     {fakevedauth.Redirect(302, "https://login.example.com/"), []string{"redirect"}},
		"no answer":    {fakevedauth.Drop(), []string{"closed before the answer", "after 4 attempts"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, nil)
			issued, err := b.fake.Issue("terraform", "alice", "ssh")
			if err != nil {
				t.Fatal(err)
			}
			b.must(b.configure(b.block(config{"access_token": issued.Access})))
			b.fake.Inject(fakevedauth.Verify, fakevedauth.Always(test.fault))
			texts := append(test.texts, "Unable to look at the token", "/vedauth/Authorize/Verify")
			b.wantError(b.openIn(b.ctx, info, nil).diags, "", texts...)
			b.wantError(b.read(info, nil).diags, "", texts...)
		})
	}
	t.Run("a token with a line break", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		b.secrets = append(b.secrets, "c29tZSB0b2tlbiBvciBvdGhlcg==")
		b.wantError(b.openIn(b.ctx, info, config{"access_token": "c29tZSB0b2tlbiBvciBvdGhlcg==\n"}).diags, "", "line break or quotes")
		b.wantRequests(fakevedauth.Verify, 0)
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		ctx, cancel := context.WithCancel(b.ctx)
		cancel()
		got := b.openIn(ctx, info, config{"access_token": "c29tZSB0b2tlbiBvciBvdGhlcg=="})
		b.wantError(got.diags, "", "Cancelled: look at the token", "interrupted")
	})
}

// TestTokenInfoOfTheEnvironment: VEDAUTH_ACCESS_TOKEN is the last resort.
func TestTokenInfoOfTheEnvironment(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, map[string]string{})
	issued, err := b.fake.Issue("terraform", "alice", "ssh")
	if err != nil {
		t.Fatal(err)
	}
	b.env["VEDAUTH_ACCESS_TOKEN"] = issued.Access
	b.must(b.configure(b.block(config{"client_id": nil, "scope": nil})))
	for _, got := range []opened{b.openIn(b.ctx, info, nil), b.read(info, nil)} {
		b.must(got.diags)
		if got.result["valid"] != true {
			t.Errorf("result: %v", got.result["valid"])
		}
	}
}
