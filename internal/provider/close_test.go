package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestWhatIsRevoked: what each kind of block leaves on the server, after Close and after the end of the process.
func TestWhatIsRevoked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block      config
		afterClose int // revoked
		afterEnd   int
	}{
		"by default":            {nil, 1, 1},
		"revoke_on_close true":  {config{"revoke_on_close": true}, 1, 1},
		"revoke_on_close false": {config{"revoke_on_close": false}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, nil)
			got := b.mustOpen(alice(test.block))
			b.wantLedger(1, 0)
			b.must(b.close(got.private))
			b.wantLedger(1, test.afterClose)
			b.must(b.close(got.private)) // once more changes nothing
			if err := b.process.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			b.wantLedger(1, test.afterEnd)
			b.wantRequests(fakevedauth.Revoke, test.afterEnd)
		})
	}
	t.Run("not closed", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		b.mustOpen(alice(nil))
		if err := b.process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		b.wantLedger(1, 1)
		b.wantError(b.open(alice(config{"state": "x"})).diags, "", "Cancelled", "interrupted")
	})
	t.Run("a data source", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
		b.must(b.read(oauth, nil).diags)
		if err := b.process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		b.wantLedger(1, 0)
	})
}

// TestPrivateDataHoldsAHandleOnly: one short random text, in the form that the framework gives it.
func TestPrivateDataHoldsAHandleOnly(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	first, second := b.mustOpen(alice(nil)), b.mustOpen(alice(nil))
	if string(first.private) == string(second.private) {
		t.Error("two blocks have one handle")
	}
	var keys map[string][]byte
	if err := json.Unmarshal(first.private, &keys); err != nil || len(keys) != 1 {
		t.Fatalf("private data: %s, %v", first.private, err)
	}
	if !regexp.MustCompile(`^"[A-Z2-7]{20,30}"$`).Match(keys["handle"]) {
		t.Errorf("handle: %s", keys["handle"])
	}
	b.wantLedger(1, 0) // they share a grant
	b.must(b.close(first.private))
	b.wantLedger(1, 0)
	b.must(b.close(second.private))
	b.wantLedger(1, 1)
}

// TestCloseWithForeignData: nothing is revoked and nothing is said.
func TestCloseWithForeignData(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	got := b.mustOpen(alice(nil))
	for _, private := range [][]byte{
		nil, {}, []byte(`{}`), []byte(`null`), []byte(`{"handle":"bm90IEpTT04="}`[:0]),
		[]byte(`{"handle":"Im5vYm9keSI="}`),            // "nobody"
		[]byte(`{"handle":"MTc="}`),                    // 17
		[]byte(`{"handle":"bnVsbA=="}`),                // null
		[]byte(`{"other":"Im5vYm9keSI="}`),             // another key
		[]byte(`{"schema_version":"1","timeouts":{}}`), // of another framework
	} {
		b.must(b.close(private))
	}
	b.wantLedger(1, 0)
	b.must(b.close(got.private))
	b.wantLedger(1, 1)
}

// TestCloseNeverFails: whatever the server says, it is a warning that names the revocation and the server, and the way
// out tries again.
func TestCloseNeverFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults map[fakevedauth.Endpoint]fakevedauth.Fault
		texts  []string // of the warning; none if the revocation counts as done
		left   bool     // the grant is still live
	}{
		"500": {
			map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Revoke: fakevedauth.Status(500)},
			[]string{"Token not revoked", "/vedauth/Revoke/Token", "500"}, true,
		},
		"403": {
			map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Revoke: fakevedauth.Refusal("scope-insufficient", fakevedauth.Modern)},
			[]string{"403", "Grant rejected scope", "administrator"}, true,
		},
		"202, and the token still works": {
			map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Revoke: fakevedauth.Answer(202, "", "")},
			[]string{"did not revoke the grant", "still works"}, true,
		},
		"202, and verify fails": {
			map[fakevedauth.Endpoint]fakevedauth.Fault{
				fakevedauth.Revoke: fakevedauth.Answer(202, "", ""), fakevedauth.Verify: fakevedauth.Status(500),
			},
			[]string{"/vedauth/Authorize/Verify", "500"}, true,
		},
		"401 of a page": {
			map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Revoke: fakevedauth.Status(401)}, []string{"401", "page"}, true,
		},
		// The server does not know the access token, but the grant has a refresh token: it is refreshed once.
		"401, then refreshed": {
			map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Revoke: fakevedauth.Nothing()}, nil, false,
		},
		"a login page": {
			map[fakevedauth.Endpoint]fakevedauth.Fault{fakevedauth.Revoke: fakevedauth.HTML(200, "Sign in")}, []string{"Sign in"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, config{"max_retries": 0})
			got := b.mustOpen(alice(nil))
			for endpoint, fault := range test.faults {
				b.fake.Inject(endpoint, fakevedauth.Always(fault))
			}
			if name == "401, then refreshed" {
				b.fake.ClearFaults()
				b.fake.Inject(fakevedauth.Revoke, fakevedauth.Once(fakevedauth.Refusal("token-dead", fakevedauth.Modern)))
			}
			if closed := b.close(got.private); test.texts == nil {
				b.must(closed)
			} else {
				b.wantWarning(closed, append(test.texts, b.fake.URL())...)
			}
			if left := b.fake.Ledger().Live == 1; left != test.left {
				t.Errorf("ledger: %s", b.fake.Ledger())
			}
			b.fake.ClearFaults()
			if err := b.process.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			b.wantLedger(1, 1)
		})
	}
	t.Run("unreachable", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		got := b.mustOpen(alice(nil))
		b.fake.Close()
		b.wantWarning(b.close(got.private), "Token not revoked", b.fake.URL(), "refused")
	})
	t.Run("configured anew", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		got := b.mustOpen(alice(nil))
		b.must(b.configure(config{"url": unknown{}}))
		b.must(b.close(got.private))
		b.wantLedger(1, 1)
	})
}

// TestCloseOfAnExpiredToken: the server revokes only for a living token, so the grant is refreshed first, once.
func TestCloseOfAnExpiredToken(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	b.fake.AddApplication(fakevedauth.Application{ClientID: "terraform", Scope: fakevedauth.DefaultScope, AccessTTL: time.Minute})
	got := b.mustOpen(alice(nil))
	b.fake.Advance(2 * time.Minute)
	b.must(b.close(got.private))
	b.wantLedger(1, 1)
	b.wantRequests(fakevedauth.Token, 1)
	b.wantRequests(fakevedauth.Revoke, 1)
}

// TestCancelledOpen: an answer that is on its way is waited for, and its grant revoked; the block says "Cancelled".
func TestCancelledOpen(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(b *bench, cancel context.CancelFunc){
		"its context ends": func(_ *bench, cancel context.CancelFunc) { cancel() },
		"Terraform stops the provider": func(b *bench, _ context.CancelFunc) {
			if _, err := b.server.StopProvider(b.ctx, &tfprotov6.StopProviderRequest{}); err != nil {
				b.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, nil)
			ctx, cancel := context.WithCancel(b.ctx)
			defer cancel()
			release := make(chan struct{})
			b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.Fault{}.AfterCommit().Held(release)))
			got := make(chan opened, 1)
			go func() { got <- b.openIn(ctx, oauth, alice(nil)) }()
			b.waitFor(func(l fakevedauth.Ledger) bool { return l.Issued == 1 })
			stop(b, cancel)
			close(release)
			b.wantError((<-got).diags, "", "Cancelled", "interrupted")
			b.wantLedger(1, 1)
		})
	}
}

// waitFor waits for the ledger.
func (b *bench) waitFor(satisfied func(fakevedauth.Ledger) bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeoutCause(b.ctx, time.Minute, errors.New("a minute has passed"))
	defer cancel()
	if err := b.fake.WaitFor(ctx, satisfied); err != nil {
		b.t.Fatal(err)
	}
}
