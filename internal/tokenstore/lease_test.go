package tokenstore

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// inUse makes a bench whose token is due for a refresh while another run still uses it; left is what it has to live.
func inUse(t *testing.T, left time.Duration) (*bench, *Lease) {
	t.Helper()
	b := newBench(t)
	// In a bubble the clock of package time stands in for the test's own: waiting lets tokens expire.
	b.store.now = time.Now
	other, err := b.store.Acquire(t.Context(), b.request("seed-Zq=="))
	if err != nil {
		t.Fatal(err)
	}
	if err := sleep(t.Context(), life-left); err != nil {
		t.Fatal(err)
	}
	return b, other
}

func TestARefreshWaitsUntilTheTokenIsReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, other := inUse(t, 50*time.Minute)
		began := time.Now()
		time.AfterFunc(30*time.Second, other.Release)
		lease := b.mustAcquire("")
		b.warned("for other runs to end: a refresh would have")
		if waited := time.Since(began); !lease.Refreshed || waited < 30*time.Second || waited > 31*time.Second {
			t.Errorf("waited %v", waited)
		}
		if len(b.notices) != 2 || !strings.Contains(b.notices[0].Text, "Waiting for other runs to end") {
			t.Errorf("notices %+v", b.notices)
		}
	})
}

func TestARefreshWaitsUntilTheTokenHasExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, other := inUse(t, 40*time.Second)
		defer other.Release()
		began := time.Now()
		b.mustAcquire("")
		b.warned("for other runs to end: a refresh would have")
		if waited := time.Since(began); waited < 40*time.Second || waited > 41*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestARefreshWaitsForTheLockTimeoutAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, other := inUse(t, 50*time.Minute)
		defer other.Release()
		began := time.Now()
		b.mustAcquire("")
		b.warned("after waiting 2m0s for other runs")
		if waited := time.Since(began); waited < DefaultLockTimeout || waited > DefaultLockTimeout+time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestManyWaitForALease: whoever waits for a lease does not hold the lock meanwhile, so nobody times out behind him,
// and the work is done once.
func TestManyWaitForALease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, other := inUse(t, 50*time.Minute)
		defer other.Release()
		errs := make(chan error)
		for range 5 {
			req := b.request("")
			req.Notify = nil
			store := b.newStore(b.store.dir)
			store.now = time.Now
			go func() {
				lease, err := store.Acquire(t.Context(), req)
				lease.Release()
				errs <- err
			}()
		}
		for range 5 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if b.server.accepted != 2 || b.server.refused != 0 {
			t.Errorf("%d accepted, %d refused", b.server.accepted, b.server.refused)
		}
	})
}

func TestRefuseInsteadOfWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, other := inUse(t, 50*time.Minute)
		defer other.Release()
		req := b.request("")
		req.IfLeased = Refuse
		_, err := b.store.Acquire(t.Context(), req)
		failed := failureOf(t, err, Leased, "other runs use its access token")
		if failed.Definitive() || time.Until(failed.Until) != 50*time.Minute {
			t.Errorf("until %v", failed.Until)
		}
		if b.server.accepted != 1 || b.server.pings != 1 {
			t.Error("the server was asked")
		}
		// Who is content with the time that is left gets the token at once.
		req.MinimumValidity = 5 * time.Minute
		lease, err := b.store.Acquire(t.Context(), req)
		if err != nil || lease.Refreshed {
			t.Errorf("%+v, %v", lease, err)
		}
		lease.Release()
	})
}

func TestWaitingForALeaseCanBeCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, other := inUse(t, 50*time.Minute)
		defer other.Release()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := b.store.Acquire(ctx, b.request("")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if b.server.accepted != 1 {
			t.Error("the server was asked")
		}
	})
}

// TestARunDoesNotWaitForItself: its own block would have to end first, and the refresh would end that block's token.
func TestARunDoesNotWaitForItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.store.now = time.Now
		ask := func(run string, minimum time.Duration) *Lease {
			t.Helper()
			b.notices = nil
			req := b.request("seed-Zq==")
			req.Run, req.MinimumValidity = run, minimum
			lease, err := b.store.Acquire(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			return lease
		}
		first := ask("this run", 0)
		if err := sleep(t.Context(), life-90*time.Minute); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		second := ask("this run", 2*time.Hour)
		b.warned("another block of this run uses its access token")
		if second.Refreshed || !second.Grant.AccessToken.Equal(first.Grant.AccessToken) || time.Since(began) != 0 {
			t.Errorf("refreshed: %t, after %v", second.Refreshed, time.Since(began))
		}
		first.Release()
		ask("this run", 2*time.Hour).Release() // the second block still uses it
		b.warned("another block of this run")

		other := ask("another run", 2*time.Hour)
		b.warned("after waiting 2m0s")
		if !other.Refreshed {
			t.Error("another run did not refresh")
		}
		other.Release()
		if err := sleep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		if lease := ask("this run", life); !lease.Refreshed { // what it still uses is not what is stored by now
			t.Error("not refreshed")
		}
		second.Release()
	})
}

// TestANewSeedWaitsForNobody: the token that others use belongs to another grant, and lives on.
func TestANewSeedWaitsForNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other, err := b.store.Acquire(t.Context(), b.request("seed-Zq=="))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release()
	b.server.live = "second-Zq=="
	req := b.request("second-Zq==")
	req.IfLeased = Refuse
	lease, err := b.store.Acquire(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	lease.Release()
}

func TestReleaseTwiceAndOnNil(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lease := b.mustAcquire("seed-Zq==") // releases it
	lease.Release()
	var none *Lease
	none.Release()
	b.stale()
	b.mustAcquire("")
}

// TestALeaseThatCannotBeTaken: the token is good without one, and an error would lose it.
func TestALeaseThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	use := testKey.in(b.store.dir).use
	if err := os.MkdirAll(use, directoryMode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(b.store.dir, directoryMode); err != nil {
		t.Fatal(err)
	}
	b.mustAcquire("seed-Zq==")
	b.warned("could not be marked as in use")
	b.mustAcquire("seed-Zq==")
	b.warned("could not be marked as in use")
	b.stale()
	b.wantError("", Unsafe, "not a regular file")
}
