package provider_test

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const device = "vedauth_device_token"

// person puts a screen on the machine and somebody before it, who acts in the first pause of each login on the code that
// is waiting. acts may be nil for somebody who does nothing.
func (b *bench) person(act func(code string)) {
	b.screen = &screen{}
	b.during = func(int) {
		for _, waiting := range b.fake.Devices() {
			if act != nil {
				act(waiting.UserCode)
			}
		}
	}
}

// approve confirms a code as the default user.
func (b *bench) approve(code string) {
	if err := b.fake.Approve(code, fakevedauth.DefaultUser); err != nil {
		b.t.Error(err)
	}
}

// wantAsked compares how often a person was asked to log in.
func (b *bench) wantAsked(n int) {
	b.t.Helper()
	b.wantRequests(fakevedauth.Device, n)
	if b.screen != nil {
		if shown := strings.Count(b.screen.text(), "To sign in"); shown != n {
			b.t.Errorf("asked %d times on the screen, want %d:\n%s", shown, n, b.screen.text())
		}
	}
}

// TestDeviceLogin: a person is shown what to do, the token comes, and it is revoked when the block closes.
func TestDeviceLogin(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{Now: atNoon, DeviceURI: "https://login.example.com/device"}, nil)
	var code string
	b.person(func(c string) { code = c; b.approve(c) })
	got := b.openType(device, config{"scope": "SSH"})
	for _, line := range []string{
		"\r\n>>> vedauth: To sign in, open https://login.example.com/device and enter the code " + code + "\r\n",
		"\r\n>>> vedauth: or open https://login.example.com/device?user_code=" + code + "\r\n",
		">>> vedauth: The code is good for 5m0s.\r\n", ">>> vedauth: Thank you.",
	} {
		if !strings.Contains(b.screen.text(), line) {
			t.Errorf("%q is not in %q", line, b.screen.text())
		}
	}
	tokens, _ := b.fake.TokensOf(1)
	wantSame(t, got.result, map[string]any{
		"client_id": "terraform", "scope": "SSH", "granted_scope": "ssh", "access_token": tokens.Access, "refresh_token": tokens.Refresh,
		"token_type": "Bearer", "identity": nil, "expires_in": int64(fakevedauth.DefaultAccessTTL/time.Second) - 1,
		"expires": noon.Add(fakevedauth.DefaultAccessTTL).Unix(), "expires_at": "2027-02-21T12:00:00Z",
		"refresh_until": noon.Add(fakevedauth.DefaultGrantTTL).Unix(), "grant_expires_at": "2027-11-23T12:00:00Z",
		"device_code": nil, "remember": nil, "name": nil, "minimum_validity": nil, "revoke_on_close": nil,
	})
	b.must(b.close(got.private))
	b.wantLedger(1, 1)
}

// TestDeviceLoginsThatFail leave nothing behind.
func TestDeviceLoginsThatFail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block config
		fault fakevedauth.Plan
		act   func(b *bench, cancel func()) func(code string)
		says  []string
	}{
		"denied": {
			act: func(b *bench, _ func()) func(string) {
				return func(code string) {
					if err := b.fake.Deny(code); err != nil {
						b.t.Error(err)
					}
				}
			},
			says: []string{"access_denied", "refused the request in the browser"},
		},
		"expired": {
			act:  func(b *bench, _ func()) func(string) { return func(string) { b.fake.Advance(3 * time.Minute) } },
			says: []string{"the code ended before anybody confirmed", "Run Terraform again"},
		},
		"cancelled": {
			act:  func(_ *bench, cancel func()) func(string) { return func(string) { cancel() } },
			says: []string{"Cancelled", "interrupted"},
		},
		"confirmed and cancelled": {
			act: func(b *bench, cancel func()) func(string) {
				return func(code string) { b.approve(code); cancel() }
			},
			says: []string{"Cancelled"},
		},
		"damaged answer": {
			fault: fakevedauth.Once(fakevedauth.Trailing("<!-- bye -->")),
			act:   func(b *bench, _ func()) func(string) { return b.approve },
			says:  []string{"has been revoked"},
		},
		"not for this user": {
			act: func(b *bench, _ func()) func(string) {
				return func(code string) {
					b.fake.RemoveRules(fakevedauth.DefaultClientID, fakevedauth.DefaultIdentity)
					b.approve(code)
				}
			},
			says: []string{"unauthorized_client"},
		},
		"too short a life": {
			block: config{"minimum_validity": "9000h"},
			act:   func(b *bench, _ func()) func(string) { return b.approve },
			says:  []string{"minimum_validity asks for 9000h0m0s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, nil)
			ctx, cancel := context.WithCancel(b.ctx)
			defer cancel()
			b.person(test.act(b, cancel))
			b.fake.Inject(fakevedauth.Token, test.fault)
			got := b.openIn(ctx, device, test.block)
			if len(got.diags.errors()) != 1 {
				t.Fatalf("want one error: %s", got.diags)
			}
			b.wantText(got.diags.errors()[0], place(got.diags.errors()[0]), test.says...)
			if l := b.fake.Ledger(); l.Live != 0 {
				t.Error(l)
			}
		})
	}
}

// TestWithoutATerminal: an error at once, before anything is sent or stored, with the ways that need no person.
func TestWithoutATerminal(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]config{"once": nil, "remembered": {"remember": true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := withStore(t, fakevedauth.Options{}, nil)
			began := time.Now()
			got := b.openIn(b.ctx, device, block)
			b.wantError(got.diags, "device_code", "Nobody to ask", "remember = true", "vedauth_jwt_token", "vedauth_certificate_token")
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %v to notice", took)
			}
			if n := len(b.fake.Requests()); n != 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestEqualDeviceBlocksAskOnce.
func TestEqualDeviceBlocksAskOnce(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	b.person(b.approve)
	first, second := b.openType(device, nil), b.openType(device, nil)
	b.wantAsked(1)
	b.must(b.close(first.private))
	b.wantLedger(1, 0)
	b.must(b.close(second.private))
	b.wantLedger(1, 1)
}

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
	b.wantRefreshed(1, 0)

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
	b.must(b.close(b.openType(device, config{"remember": true, "scope": "ssh"}).private)) // found dead, so it asks again
	b.wantAsked(4)
}

// TestAServerThatTellsNoScope: what was granted is then what was asked for, and the next run knows its grant again.
func TestAServerThatTellsNoScope(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	b.person(b.approve)
	b.fake.Inject(fakevedauth.Token, fakevedauth.Always(fakevedauth.Rewrite(func(fields map[string]any) { delete(fields, "scope") })))
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
	b.wantError(b.openIn(b.ctx, device, config{"device_code": "xyz-device-code-of-nobody"}).diags, "token_store", "disabled")
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
	broken.wantError(broken.openIn(broken.ctx, device, config{"remember": true}).diags, "", directory, "A grant that the server had made all the same has been revoked")
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
	if err := b.fake.WaitFor(t.Context(), func(l fakevedauth.Ledger) bool { return l.InFlight[fakevedauth.Token] == 1 }); err != nil {
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
	b.wantError(unconfirmed.diags, "", "configured device_code was not used and stays good", "Try again later", "authorization_pending")
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
	b.wantError(got.diags, "", "The server refused the configured device_code", "The grant that was stored before is unchanged: to use it, leave device_code out")
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
