package acceptance_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestTheProviderIsKilled: nobody is left to revoke. The run fails, the grants of this walk live until they expire by
// themselves, and what is in the store is not lost. Nothing shows a secret.
func TestTheProviderIsKilled(t *testing.T) {
	t.Parallel()
	w := newEveryWorld(t)
	w.space.Trace(filepath.Join(w.space.Home, "trace.log"))
	process := w.startWorker(everyWorker)
	w.killAll(w.providersOf(process))
	w.finishWork()
	result := w.wait(process)
	if result.ExitCode != 1 {
		t.Errorf("exit code %d\n%s\n%s", result.ExitCode, result.Stdout, result.Stderr)
	}
	// "Request cancelled" or "Plugin did not respond", whichever Terraform notices first.
	w.says(result, "plugin6.(*GRPCProvider).CloseEphemeralResource")
	ledger := w.fake.Ledger()
	if live := liveOf(ledger, isOwned); live != ownedInAWalk || ledger.Revoked != ownedInAWalk {
		t.Errorf("%v; want those of the plan revoked and those of the apply live, %d each", ledger, ownedInAWalk)
	}
	w.wantInStore(2)
	w.searchFor(fakevedauth.DefaultPassword, result)

	w.fake.Advance(fakevedauth.DefaultGrantTTL + time.Minute)
	if ledger := w.fake.Ledger(); ledger.Live != 0 {
		t.Errorf("%v after the validity that the server's administrator has set", ledger)
	}
}

// TestTheProviderIsKilledWhileTheServerRefreshes: the store remembers that a refresh token was sent. If the server
// never got it the next run goes on with it; if it did the replacement is lost, and the next run says so.
func TestTheProviderIsKilledWhileTheServerRefreshes(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	for name, test := range map[string]struct {
		fault fakevedauth.Fault
		next  func(*world)
	}{
		"before it is done": {fakevedauth.Drop().Held(never), func(w *world) {
			w.must("plan")
			w.wantStored(1, 1)
		}},
		"after it is done": {fakevedauth.Hold(never).AfterCommit(), func(w *world) {
			w.mustFail([]string{"plan"}, "the replacement was lost", "Give a new refresh_token")
			w.seed()
			w.must("plan")
			w.wantStored(2, 2) // the first grant ends by itself: nobody has its tokens
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newStored(t, fakevedauth.Options{})
			w.space.Trace(filepath.Join(w.space.Home, "trace.log"))
			w.seed()
			w.fake.Inject(fakevedauth.Token, fakevedauth.Once(test.fault))
			process := w.start("plan")
			w.waitFor("the refresh", func(l fakevedauth.Ledger) bool { return l.InFlight[fakevedauth.Token] == 1 })
			w.killAll(w.providersOf(process))
			result := w.wait(process)
			if result.ExitCode != 1 {
				t.Errorf("exit code %d\n%s", result.ExitCode, result.Stdout)
			}
			w.says(result, "plugin6.(*GRPCProvider).OpenEphemeralResource")
			w.searchFor(fakevedauth.DefaultPassword, result)
			test.next(w)
		})
	}
}
