package tokenstore

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// TestPlanApplyPlanDestroy: one seed in a variable lasts for any number of runs, also across refreshes.
func TestPlanApplyPlanDestroy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for run := range 6 {
		lease := b.mustAcquire("seed-Zq==")
		b.warned("")
		if want := run == 0 || run == 3; lease.Refreshed != want {
			t.Errorf("run %d: refreshed %v", run, lease.Refreshed)
		}
		if run == 2 {
			b.stale()
		}
		b.sane()
	}
	if b.server.accepted != 2 || b.server.refused != 0 {
		t.Errorf("%d accepted, %d refused", b.server.accepted, b.server.refused)
	}
	if b.server.pings != 2 {
		t.Errorf("%d pings: each request needs one before it, and nothing else does", b.server.pings)
	}
	if e := b.stored(); e.Generation != 2 || e.Intent != nil || !e.SavedAt.Equal(b.clock.Now()) {
		t.Errorf("stored %+v", e)
	}
}

func TestTheStoreNeedsNoSeedOnceItHoldsAGrant(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wantError("", NoGrant, `"default"`, "terraform", "https://tpp.example.com", "refresh_token", "jwt")
	if _, err := os.Stat(b.store.dir); err == nil {
		t.Error("asking for nothing made a directory")
	}
	b.mustAcquire("seed-Zq==")
	b.stale()
	b.mustAcquire("")
}

func TestANewSeedStartsANewChain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.mustAcquire("seed-Zq==")
	if first.Replaced != nil {
		t.Error("the first grant replaced one")
	}
	b.server.live = "second-Zq=="
	second := b.mustAcquire("second-Zq==")
	b.warned("starts anew")
	if second.Replaced == nil || second.Replaced.AccessToken.Reveal() != first.Grant.AccessToken.Reveal() {
		t.Error("the caller does not learn of the grant that was replaced")
	}
	// A workspace that still has the first seed gets the stored grant, and no seed is ever sent twice.
	b.mustAcquire("seed-Zq==")
	b.warned("was used up before")
	b.stale()
	b.mustAcquire("seed-Zq==")
	b.mustAcquire("second-Zq==")
	b.warned("")
	if b.server.refused != 0 || b.server.accepted != 3 {
		t.Errorf("%d accepted, %d refused", b.server.accepted, b.server.refused)
	}
}

// TestABadSeedDoesNotCostTheStoredGrant: a typing error in a variable must not lose what works.
func TestABadSeedDoesNotCostTheStoredGrant(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wantError("bad-Zq==", Rejected, "the configured refresh_token", "used before")
	if e := b.stored(); e != nil {
		t.Errorf("a refused seed left %+v", e)
	}
	b.mustAcquire("seed-Zq==")
	b.wantError("bad-Zq==", Rejected, "is unchanged", "leave refresh_token out")
	b.mustAcquire("")
	b.sane()
}

func TestASeedOfAnotherKind(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	exchanged := 0
	req := b.request("device-Zq==")
	req.Seed.Attribute = "device_code"
	req.Seed.Exchange = func(_ context.Context, value secret.String) (Tokens, error) {
		exchanged++
		if value.Reveal() != "device-Zq==" {
			return Tokens{}, &OutcomeError{Outcome: Refused, Err: errors.New("unknown device code")}
		}
		return b.server.issue(), nil
	}
	for range 3 {
		lease, err := b.store.Acquire(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		lease.Release()
		b.stale()
	}
	if exchanged != 1 || b.server.accepted != 2 {
		t.Errorf("exchanged %d times, refreshed %d times", exchanged, b.server.accepted)
	}
	req.Seed.Value = secret.New("other-Zq==")
	_, err := b.store.Acquire(t.Context(), req)
	wantKind(t, err, Rejected, "the configured device_code")
}

func TestAnExpiredGrantIsNotSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.until = start.Add(100 * 24 * time.Hour)
	b.mustAcquire("seed-Zq==")
	b.warned("")
	b.clock.advance(101 * 24 * time.Hour)
	before := b.server.requests()
	failed := b.failure("seed-Zq==", Expired, "2030-04-12T03:04:05Z", "vedauth_device_token")
	if b.server.requests() != before || !failed.Definitive() {
		t.Error("a grant that is over was sent, or does not count as over")
	}
}

func TestAGrantThatEndsSoonIsAnnounced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.until = start.Add(13 * 24 * time.Hour)
	b.mustAcquire("seed-Zq==")
	b.warned("ends at 2030-01-15T03:04:05Z for good")
}

func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
		b := newBench(t)
		b.server.now = func() time.Time { return b.clock.Now().Add(off) }
		lease := b.mustAcquire("seed-Zq==")
		b.warned("differ by 10m0s")
		if got := lease.Grant.AccessExpires; !got.Equal(start.Add(life)) {
			t.Errorf("expires %v by the local clock", got)
		}
		// This machine's clock is then set right, or wrong: the grant survives both.
		b.clock.advance(off)
		b.mustAcquire("seed-Zq==")
		b.clock.advance(-2 * off)
		b.mustAcquire("seed-Zq==")
		if b.server.refused != 0 {
			t.Errorf("%v: %d refused", off, b.server.refused)
		}
	}
}

func TestWithoutARefreshToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.noRefresh = true
	b.mustAcquire("seed-Zq==")
	b.warned("gave no new refresh token")
	b.mustAcquire("seed-Zq==")
	b.stale()
	b.wantError("seed-Zq==", NoGrant, "has no refresh token")
	if b.server.requests() != 1 {
		t.Errorf("%d requests", b.server.requests())
	}
}

// TestNoFileHoldsASeed: the seed is the user's; what is stored says only that it was spent, and not which it was.
func TestNoFileHoldsASeed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	data, err := os.ReadFile(b.store.Path(testKey))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "seed-Zq") || !strings.Contains(string(data), "refresh-1-Zq") {
		t.Errorf("stored: %s", data)
	}
}
