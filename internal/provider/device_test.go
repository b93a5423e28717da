package provider_test

import (
	"context"
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
		"client_id":        "terraform",
		"scope":            "SSH",
		"granted_scope":    "ssh",
		"access_token":     tokens.Access,
		"refresh_token":    tokens.Refresh,
		"token_type":       "Bearer",
		"identity":         nil,
		"expires_in":       int64(fakevedauth.DefaultAccessTTL/time.Second) - 1,
		"expires":          noon.Add(fakevedauth.DefaultAccessTTL).Unix(),
		"expires_at":       "2027-02-21T12:00:00Z",
		"refresh_until":    noon.Add(fakevedauth.DefaultGrantTTL).Unix(),
		"grant_expires_at": "2027-11-23T12:00:00Z",
		"device_code":      nil,
		"remember":         nil,
		"name":             nil,
		"minimum_validity": nil,
		"revoke_on_close":  nil,
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
			b.wantError(
				got.diags,
				"device_code",
				"Nobody to ask",
				"remember = true",
				"vedauth_jwt_token",
				"vedauth_certificate_token",
			)
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
