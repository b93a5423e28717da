package fakevedauth_test

import (
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestRefusalsOfRefresh: nothing that is refused uses the token up.
func TestRefusalsOfRefresh(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	token := p.login().text("refresh_token")
	for _, c := range []struct {
		fields map[string]string
		says   string
	}{
		{map[string]string{"refresh_token": token}, "invalid_request"},
		{map[string]string{"client_id": "terraform"}, "invalid_grant"},
		{map[string]string{"client_id": "Terraform", "refresh_token": token}, "invalid_grant"},
		{map[string]string{"client_id": "terraform", "refresh_token": "1234-1234-12345-123"}, "invalid_grant"},
		{
			map[string]string{"client_id": "terraform", "refresh_token": token, "grant_type": "refresh_token"},
			"invalid_request",
		},
	} {
		p.post(pathToken, c.fields).expect(t, 400, "", c.says)
	}
	fake.Configure(func(o *fakevedauth.Options) { o.RefreshDisabled = true })
	p.refresh(token).expect(t, 400, "", "invalid_grant")
	fake.Configure(func(o *fakevedauth.Options) { o.RefreshDisabled = false })
	fake.RemoveRules(fakevedauth.DefaultClientID, fakevedauth.DefaultIdentity)
	p.refresh(token).expect(t, 400, "", "unauthorized_client")
	fake.AddRule(fakevedauth.Rule{ClientID: fakevedauth.DefaultClientID, Identity: fakevedauth.Everyone})
	p.refresh(token).expect(t, 200, "", "access_token")
}

// TestTheEndOfAGrant: a refresh does not move it, the last access token does not outlive it.
func TestTheEndOfAGrant(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{Now: at(1700000000).now})
	p := peerOf(t, fake)
	first := p.login()
	fake.Advance(fakevedauth.DefaultGrantTTL - time.Hour)
	second := p.refresh(first.text("refresh_token"))
	if second.number("expires_in") != 3599 || second.number("expires") != second.number("refresh_until") {
		t.Errorf("%s", second.body)
	}
	fake.Advance(time.Hour)
	p.get(pathVerify, second.text("access_token")).expect(t, 401, "", "expired")
	p.refresh(second.text("refresh_token")).expect(t, 400, "", "has expired")
	if l := fake.Ledger(); l.Expired != 1 || l.Live != 0 || l.Refreshed != 1 {
		t.Errorf("%+v", l)
	}
}

func TestAccessGrace(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{AccessGrace: 30 * time.Second})
	p := peerOf(t, fake)
	first := p.login()
	second := p.refresh(first.text("refresh_token"))
	p.get(pathVerify, first.text("access_token")).expect(t, 200, "", "")
	fake.Advance(31 * time.Second)
	p.get(pathVerify, first.text("access_token")).expect(t, 401, "", "invalid_token")
	p.get(pathVerify, second.text("access_token")).expect(t, 200, "", "")
}

func TestReuse(t *testing.T) {
	t.Parallel()
	for kills, status := range map[bool]int{false: 200, true: 401} {
		fake := fakevedauth.StartForTest(t, fakevedauth.Options{ReuseKillsGrant: kills})
		p := peerOf(t, fake)
		first := p.login()
		second := p.refresh(first.text("refresh_token"))
		p.refresh(first.text("refresh_token")).expect(t, 400, "", "invalid_grant")
		p.get(pathVerify, second.text("access_token")).expect(t, status, "", "")
	}
}

func TestLowerCaseClientBug(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{LowerCaseClientBug: true})
	fake.AddApplication(fakevedauth.Application{ClientID: "MyApp", Scope: "certificate"})
	fake.AddRule(fakevedauth.Rule{ClientID: "MyApp", Identity: fakevedauth.Everyone})
	p := peerOf(t, fake)
	fields := with(with(credentials(), "client_id", "MyApp"), "scope", "certificate")
	token := p.post(pathOAuth, fields).text("refresh_token")
	mixed := map[string]string{"client_id": "MyApp", "refresh_token": token}
	p.post(pathToken, mixed).expect(t, 400, "", "does not match the client_id of the access token")
	p.post(pathToken, with(mixed, "client_id", "myapp")).expect(t, 200, "", "")
}

func TestUnusedAccessExpiry(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{UnusedAccessExpiry: time.Hour, Now: at(1700000000).now})
	p := peerOf(t, fake)
	first := p.login()
	fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour)
	second := p.refresh(first.text("refresh_token"))
	second.expect(t, 200, "", "")
	fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour + time.Second)
	p.refresh(second.text("refresh_token")).expect(t, 400, "", "has expired")
}

// TestALostAnswer: the server has rotated, the client has nothing; the old pair is dead.
func TestALostAnswer(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	first := p.login()
	fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Reset().AfterCommit()))
	body := `{"client_id":"terraform","refresh_token":"` + first.text("refresh_token") + `"}`
	if _, err := p.try("POST", pathToken, "application/json", body, ""); err == nil {
		t.Error("there was an answer")
	}
	p.get(pathVerify, first.text("access_token")).expect(t, 401, "", "Grant not found")
	p.refresh(first.text("refresh_token")).expect(t, 400, "", "invalid_grant")
	g, found := fake.Find(first.text("refresh_token"))
	current, known := fake.TokensOf(g.ID)
	if !found || !known || !g.Live || g.Refreshes != 1 || current.Refresh == first.text("refresh_token") {
		t.Errorf("%+v", g)
	}
}

// TestIssueAndRevokeByHand: grants that no request made or ended.
func TestIssueAndRevokeByHand(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	tokens, err := fake.Issue(fakevedauth.DefaultClientID, "alice", "ssh;certificate:manage")
	if err != nil {
		t.Fatal(err)
	}
	p := peerOf(t, fake)
	p.get(pathVerify, tokens.Access).expect(t, 200, "", `"scope":"certificate:manage;ssh"`)
	if !fake.RevokeGrant(tokens.GrantID) || fake.RevokeGrant(tokens.GrantID) || fake.RevokeGrant(7) {
		t.Error("RevokeGrant")
	}
	p.refresh(tokens.Refresh).expect(t, 400, "", "revoked")
	if _, found := fake.Find("AAAAAAAAAAAAAAAAAAAAAA=="); found {
		t.Error("found a token that is none")
	}
	for _, wrong := range [][3]string{{"x", "alice", "ssh"}, {"terraform", "x", "ssh"}, {"terraform", "alice", ":"}} {
		if _, err := fake.Issue(wrong[0], wrong[1], wrong[2]); err == nil {
			t.Errorf("issued %q", wrong)
		}
	}
	if len(fake.Requests()) != 2 {
		t.Error("hand-made grants count as requests")
	}
}
