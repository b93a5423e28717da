package provider_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// each runs do n times at once.
func each(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

// TestFiftyEqualBlocks share one request and one grant, which lives until the last of them is closed.
func TestFiftyEqualBlocks(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	blocks := make([]opened, 50)
	each(50, func(i int) { blocks[i] = b.mustOpen(alice(nil)) })
	b.wantRequests(fakevedauth.OAuth, 1)
	for _, block := range blocks {
		if block.result["access_token"] != blocks[0].result["access_token"] {
			t.Error("blocks have different tokens")
		}
	}
	each(49, func(i int) { b.must(b.close(blocks[i].private)) })
	b.wantLedger(1, 0)
	b.must(b.close(blocks[49].private))
	b.wantLedger(1, 1)
	b.wantRequests(fakevedauth.Revoke, 1)
}

// TestFiftyDifferentBlocks: each has a grant of its own, and none is left.
func TestFiftyDifferentBlocks(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	each(50, func(i int) {
		got := b.mustOpen(alice(config{"state": fmt.Sprint(i)}))
		b.must(b.close(got.private))
	})
	b.wantLedger(50, 50)
}

// TestFiftyWrongPasswords: one logon, and every block gets the error, whatever it asked for.
func TestFiftyWrongPasswords(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	b.secrets = append(b.secrets, "not the right one")
	each(50, func(i int) {
		b.wantError(b.open(alice(config{"password": "not the right one", "state": fmt.Sprint(i % 7)})).diags, "", "combination not valid")
	})
	b.wantRequests(fakevedauth.OAuth, 1)
}

// TestKindsDoNotShare: a data source, a kept grant and one that is revoked are three, although all else is equal.
func TestKindsDoNotShare(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
	var owned opened
	each(30, func(i int) {
		switch i % 3 {
		case 0:
			b.must(b.read(oauth, nil).diags)
		case 1:
			b.must(b.open(config{"revoke_on_close": false}).diags)
		case 2:
			got := b.mustOpen(config{"revoke_on_close": true})
			if i == 29 {
				owned = got
			}
		}
	})
	b.wantLedger(3, 0)
	b.must(b.close(owned.private))
	if err := b.process.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	b.wantLedger(3, 1)
}

// TestEverythingAtOnce is for the race detector: opens, reads, cancellations, closes, a configuration anew and the way
// out, all mixed. No owned grant may be left.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, config{"max_retries": 0})
	b.fake.Inject(fakevedauth.Revoke, fakevedauth.Sequence(fakevedauth.Status(500), fakevedauth.Nothing(), fakevedauth.Drop()))
	b.fake.Inject(fakevedauth.OAuth, fakevedauth.Sequence(
		fakevedauth.Nothing(), fakevedauth.WrongTypes(), fakevedauth.Nothing(), fakevedauth.Trailing("x"), fakevedauth.Status(400)))
	each(60, func(i int) {
		ctx, cancel := context.WithCancel(b.ctx)
		defer cancel()
		if i%4 == 0 {
			go cancel()
		}
		if i == 40 {
			_ = b.process.Shutdown(b.ctx)
			return
		}
		if i == 20 {
			b.must(b.configure(b.block(nil)))
		}
		got := b.openIn(ctx, oauth, alice(config{"state": fmt.Sprint(i % 11)}))
		if i%2 == 0 && got.private != nil {
			b.close(got.private)
		}
	})
	b.fake.ClearFaults() // if few blocks had opened before the first Shutdown, the last would meet the last fault
	if err := b.process.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if l := b.fake.Ledger(); l.Live != 0 {
		t.Errorf("ledger: %s", l)
	}
}
