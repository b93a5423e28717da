package provider_test

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestARememberedLogin: the next run does not ask, nor do the other types that read the store; another scope does.
func TestARememberedLogin(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	b.person(b.approve)
	remember := config{"remember": true, "scope": "certificate:manage, discover"}
	got := b.openType(device, remember)
	if got.result["refresh_token"] != nil || got.result["identity"] != nil || got.result["remember"] != true {
		t.Errorf("result: refresh_token is there, or remember or identity are wrong")
	}
	b.must(b.close(got.private))
	for _, block := range []struct {
		typeName string
		config   config
	}{
		{device, remember}, {device, merge(config{"remember": true}, config{"scope": "Certificate:discover,manage"})},
		{refreshed, nil}, {"vedauth_token", nil},
	} {
		again := b.openType(block.typeName, block.config)
		if again.result["access_token"] != got.result["access_token"] {
			t.Errorf("%s has another token", block.typeName)
		}
		b.must(b.close(again.private))
	}
	b.wantAsked(1)
	b.wantLedger(1, 0)

	b.fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour) // the stored grant is refreshed, nobody is asked
	b.must(b.close(b.openType(device, remember).private))
	b.wantAsked(1)
	b.wantRefreshed(1)

	other := b.openType(device, config{"remember": true, "name": "other", "scope": "certificate:manage, discover"})
	b.must(b.close(other.private))
	b.wantAsked(2)
	b.wantLedger(2, 0)

	replaced := b.openType(device, config{"remember": true, "scope": "ssh"})
	b.wantAsked(3)
	b.wantLedger(3, 1) // the grant that had its place is of no use to anybody any more
	b.must(b.close(replaced.private))

	b.fake.RevokeGrant(3)
	b.fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour)
	dead := b.openIn(b.ctx, device, config{"remember": true, "scope": "ssh"}) // found dead, so it asks again
	b.wantWarning(dead.diags, "A new login is needed", "The server refused the stored refresh token")
	b.must(b.close(dead.private))
	b.wantAsked(4)
}

// TestALoginThatReplacesOneInUse does not end the token that another block or run works with.
func TestALoginThatReplacesOneInUse(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	b.person(b.approve)
	first := b.openType(device, config{"remember": true, "scope": "ssh"})
	second := b.openIn(b.ctx, device, config{"remember": true, "scope": "certificate"})
	b.wantWarning(second.diags, "is being used by another block or run", "need a name each")
	b.wantLedger(2, 0)

	b.fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour) // both are still open, but their tokens are of no use
	b.must(b.close(b.openType(device, config{"remember": true, "scope": "ssh"}).private))
	b.wantLedger(3, 1)
	b.must(b.close(first.private))
	b.must(b.close(second.private))
}

// TestALoginThatWasLostIsExplained: the run that asks the person again says why it has to.
func TestALoginThatWasLostIsExplained(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	b.person(b.approve)
	b.must(b.close(b.openType(device, config{"remember": true}).private))
	b.fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour)
	b.fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Reset().AfterCommit()))
	got := b.openIn(b.ctx, device, config{"remember": true})
	b.wantWarning(got.diags, "A new login is needed", "the replacement was lost")
	b.wantAsked(2)
}

// TestAServerThatTellsNoScope: what was granted is then what was asked for, and the next run knows its grant again.
func TestAServerThatTellsNoScope(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	b.person(b.approve)
	b.fake.Inject(
		fakevedauth.Token,
		fakevedauth.Always(fakevedauth.Rewrite(func(fields map[string]any) { delete(fields, "scope") })),
	)
	for range 2 {
		got := b.openType(device, config{"remember": true})
		if got.result["granted_scope"] != "certificate:manage" {
			t.Errorf("granted_scope = %v", got.result["granted_scope"])
		}
	}
	b.wantAsked(1)
}

// TestRememberWithoutAStore: nobody is asked in vain, and a confirmed login that could not be stored is revoked.
func TestRememberWithoutAStore(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, config{"token_store": config{"disabled": true}})
	b.person(b.approve)
	b.wantError(b.openIn(b.ctx, device, config{"remember": true}).diags, "token_store", "disabled")
	b.wantError(
		b.openIn(b.ctx, device, config{"device_code": "xyz-device-code-of-nobody"}).diags,
		"token_store",
		"disabled",
	)
	b.wantAsked(0)

	broken, directory := withStore(t, fakevedauth.Options{}, nil)
	broken.person(func(code string) {
		broken.approve(code)
		if err := os.RemoveAll(directory); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(directory, nil, 0o600); err != nil {
			t.Error(err)
		}
	})
	broken.wantError(
		broken.openIn(broken.ctx, device, config{"remember": true}).diags,
		"",
		directory,
		"A grant that the server had made all the same has been revoked",
	)
	broken.wantLedger(1, 1)
}

// TestACancelledLoginThatWasConfirmedIsRemembered: the person has done their part.
func TestACancelledLoginThatWasConfirmedIsRemembered(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	release := make(chan struct{})
	b.fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Hold(release).AfterCommit()))
	b.person(b.approve)
	done := make(chan opened)
	go func() { done <- b.openIn(ctx, device, config{"remember": true}) }()
	if err := b.fake.WaitFor(
		t.Context(),
		func(l fakevedauth.Ledger) bool { return l.InFlight[fakevedauth.Token] == 1 },
	); err != nil {
		t.Fatal(err)
	}
	cancel()
	close(release)
	b.wantError((<-done).diags, "", "Cancelled")
	b.wantLedger(1, 0)
	b.openType(device, config{"remember": true})
	b.wantAsked(1)
}

// TestDeviceCode: a code that was confirmed elsewhere is exchanged once, and the store has the word from then on.
func TestDeviceCode(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	code, userCode := b.startElsewhere("certificate:manage")

	unconfirmed := b.openIn(b.ctx, device, config{"device_code": code})
	b.wantError(
		unconfirmed.diags,
		"",
		"configured device_code was not used and stays good",
		"Try again later",
		"authorization_pending",
	)
	b.approve(userCode)
	for range 2 {
		got := b.openType(device, config{"device_code": code})
		if got.result["device_code"] != code || got.result["refresh_token"] != nil {
			t.Error("device_code was changed, or there is a refresh_token")
		}
		b.must(b.close(got.private))
	}
	b.must(b.close(b.openType(refreshed, nil).private))
	b.wantLedger(1, 0)
	b.wantRequests(fakevedauth.Token, 2)

	other, _ := b.startElsewhere("ssh")
	b.fake.Advance(time.Hour)
	got := b.openIn(b.ctx, device, config{"device_code": other})
	b.wantError(
		got.diags,
		"",
		"The server refused the configured device_code",
		"The grant that was stored before is unchanged: to use it, leave device_code out",
	)
	b.must(b.openType(refreshed, nil).diags)
	b.wantLedger(1, 0)
}

// startElsewhere begins a login on another machine, and returns its codes.
func (b *bench) startElsewhere(scope string) (deviceCode, userCode string) {
	b.t.Helper()
	form := url.Values{"client_id": {fakevedauth.DefaultClientID}, "scope": {scope}}
	resp, err := b.fake.Client().PostForm(b.fake.URL()+"/vedauth/authorize/device", form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var codes struct {
		Device string `json:"device_code"`
		User   string `json:"user_code"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&codes); err != nil {
		b.t.Fatal(err)
	}
	return codes.Device, codes.User
}
