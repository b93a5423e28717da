package tokenstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// eachFault runs a test once for every call to the system that an Acquire makes, for a seed and for a refresh.
func eachFault(t *testing.T, forGood bool, test func(t *testing.T, b *bench, f *faultyFiles)) {
	for _, op := range []string{opSeed, opRefresh} {
		at, last := 1, false
		for ; !last; at++ {
			b := newBench(t)
			if op == opRefresh {
				b.mustAcquire("seed-Zq==")
				b.stale()
			}
			f := &faultyFiles{fileSystem: systemFiles{}, at: at, forGood: forGood}
			t.Run(fmt.Sprintf("%s/%d", op, at), func(t *testing.T) {
				b.t = t
				b.store.fs = f
				test(t, b, f)
			})
			last = f.name == ""
		}
		if at < 25 {
			t.Errorf("%s: only %d calls to the system: the faults missed something", op, at)
		}
	}
}

// TestEverySystemCallCanFail: either nothing was sent and the next run goes on as if nothing had been, or the tokens
// are handed out, and stored, or said to be unsaved.
func TestEverySystemCallCanFail(t *testing.T) {
	t.Parallel()
	eachFault(t, false, func(t *testing.T, b *bench, f *faultyFiles) {
		before := b.server.requests()
		lease, err := b.acquire("seed-Zq==")
		sent := b.server.requests() - before
		switch {
		case err != nil && sent != 0:
			t.Fatalf("%s: a token was spent for an error: %v", f.name, err)
		case err != nil:
			failed := failureOf(t, err, NoStore)
			if !errors.Is(failed, syscall.ENOSPC) {
				t.Errorf("%s: the cause is not named: %v", f.name, err)
			}
		case sent != 1 || lease.Grant.AccessToken.Reveal() != b.server.access:
			t.Fatalf("%s: %d requests", f.name, sent)
		}
		b.store = b.newStore(b.store.dir)
		b.mustAcquire("seed-Zq==")
		b.mustAcquire("seed-Zq==")
		b.sane()
		if b.server.refused != 0 {
			t.Errorf("%s: a spent token was sent", f.name)
		}
	})
}

// TestADeathAtEverySystemCall: the process dies at one of its calls. A new one, which shares nothing with it but the
// disk, either goes on or says why it cannot.
func TestADeathAtEverySystemCall(t *testing.T) {
	t.Parallel()
	lost := map[string]int{}
	eachFault(t, true, func(t *testing.T, b *bench, f *faultyFiles) {
		before := b.server.accepted
		_, err := b.acquire("seed-Zq==")
		sent := b.server.accepted - before
		if sent > 1 || sent == 1 && err != nil {
			t.Fatalf("%d requests, error %v", sent, err)
		}
		forgetProcess(b.store)
		b.store = b.newStore(b.store.dir)
		_, err = b.acquire("seed-Zq==")
		if err == nil {
			b.mustAcquire("seed-Zq==")
			b.sane()
			return
		}
		failed := failureOf(t, err, Lost, "in the middle of a rotation")
		if sent == 0 || failed.Interrupted == nil {
			t.Errorf("lost without a request, or without an explanation: %v", err)
		}
		lost[f.name[:6]]++
		b.sane()
		b.server.live = "new-Zq=="
		b.mustAcquire("new-Zq==")
	})
	// Only what happens between the answer and the end of writing it down can lose it: one call of each run.
	if len(lost) != 1 || lost[" write"] != 2 {
		t.Errorf("lost at %v, want at one write of each of the two runs", lost)
	}
}

// forgetProcess drops what this process remembers of a store, as if it had died.
func forgetProcess(s *Store) { localState(testKey.in(s.dir)).unsaved = nil }

// TestASaveThatFailsTwice: the tokens are handed out with a warning, kept in memory, and saved as soon as it works.
func TestASaveThatFailsTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	f := &faultyFiles{fileSystem: systemFiles{}, forGood: true}
	b.store.fs = f
	b.server.script = script{func(l *ledger, token string) (Tokens, error) {
		f.at = f.calls + 1
		return l.rotate(token)
	}}
	lease, err := b.store.Acquire(t.Context(), b.request(""))
	if err != nil || !lease.Unsaved {
		t.Fatalf("lease %+v, error %v", lease, err)
	}
	if e := b.readCleanly(); e.Intent == nil || e.Generation != 1 {
		t.Errorf("stored %+v", e)
	}
	found := false
	for _, n := range b.notices {
		found = found || n.Warning && errors.Is(errFault, syscall.ENOSPC)
	}
	if !found {
		t.Error("no warning")
	}
	f.at = 0 // there is room again
	lease.Release()
	if e := b.readCleanly(); e.Intent != nil || e.Generation != 2 {
		t.Errorf("stored %+v", e)
	}
	forgetProcess(b.store)
	b.mustAcquire("")
	if b.server.refused != 0 {
		t.Error("a spent token was sent")
	}
}

func (b *bench) readCleanly() *entry {
	b.t.Helper()
	e, err := b.newStore(b.store.dir).read(b.store.Path(testKey))
	if err != nil || e == nil {
		b.t.Fatalf("entry %v, error %v", e, err)
	}
	return e
}

// TestALaterRunAdoptsWhatWasReceived: the process was killed between writing the new tokens and putting them in place.
func TestALaterRunAdoptsWhatWasReceived(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	f := &faultyFiles{fileSystem: systemFiles{}, forGood: true}
	b.store.fs = f
	b.server.script = script{func(l *ledger, token string) (Tokens, error) {
		f.at = f.calls + 2 // after the write
		return l.rotate(token)
	}}
	if _, err := b.acquire(""); err != nil {
		t.Fatal(err)
	}
	forgetProcess(b.store)
	b.store = b.newStore(b.store.dir)
	if lease := b.mustAcquire(""); lease.Refreshed {
		t.Error("refreshed again")
	}
	if len(b.notices) != 1 || b.notices[0].Warning {
		t.Errorf("notices %+v", b.notices)
	}
	b.sane()
}

// TestWhatWasReceivedIsNotRemoved: neither attempt to store the tokens succeeds, but the first has written them all;
// the next run finds them there.
func TestWhatWasReceivedIsNotRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := &faultyFiles{fileSystem: systemFiles{}, also: "create"}
	b.store.fs = f
	b.server.script = script{func(l *ledger, token string) (Tokens, error) {
		f.at = f.calls + 2 // the truncate after the write
		return l.rotate(token)
	}}
	if lease, err := b.acquire("seed-Zq=="); err != nil || f.name != " truncate create" {
		t.Fatalf("lease %+v, error %v, failed%s", lease, err, f.name)
	}
	forgetProcess(b.store)
	b.store = b.newStore(b.store.dir)
	b.mustAcquire("seed-Zq==")
	b.sane()
	if b.server.requests() != 1 {
		t.Errorf("%d requests", b.server.requests())
	}
}

// TestTheOrderOfThings: the room and the announcement are on the disk before the request, and the tokens are before
// anything else is done with them. No test can cut the power, so this one reads the calls to the system.
func TestTheOrderOfThings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	f := &faultyFiles{fileSystem: systemFiles{}}
	b.store.fs = f
	b.server.script = script{func(l *ledger, token string) (Tokens, error) {
		f.log = append(f.log, "REQUEST")
		return l.rotate(token)
	}}
	b.mustAcquire("")
	log := strings.Join(f.log[slices.Index(f.log, "create"):], " ")
	want := "create write sync " + // room for the answer
		"create write truncate sync close rename syncDir " + // the announcement
		"REQUEST " +
		"write truncate sync close rename syncDir" // the tokens
	if !strings.HasPrefix(log, want) {
		t.Errorf("calls: %s\nwant:  %s", log, want)
	}
}
