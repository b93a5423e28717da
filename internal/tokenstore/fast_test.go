package tokenstore

import (
	"context"
	"errors"
	"testing"
)

// TestAFreshTokenNeedsNoLock: most runs find a fresh token, and must not queue up for it.
func TestAFreshTokenNeedsNoLock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	defer b.free(b.holdLock())
	f := &faultyFiles{fileSystem: systemFiles{}}
	b.store.fs = f
	b.mustAcquire("seed-Zq==")
	for _, call := range f.log {
		if call == "lock" || call == "create" {
			t.Errorf("calls: %v", f.log)
		}
	}
}

// TestARefreshBetweenLookAndLease: the token is read, then somebody refreshes it, then the lease is taken. The second
// look finds out.
func TestARefreshBetweenLookAndLease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	f := &faultyFiles{fileSystem: systemFiles{}}
	b.store.fs = f
	f.before = func(name string) {
		if name != "tryLock" {
			return
		}
		f.before = nil
		e := b.stored()
		e.Tokens = newPair(b.server.issue(), b.clock.Now())
		e.Generation++
		if err := b.newStore(b.store.dir).write(testKey.in(b.store.dir), e); err != nil {
			t.Error(err)
		}
	}
	b.mustAcquire("")
	if f.before != nil {
		t.Error("the lease was not taken")
	}
}

// TestCancelDuringThePing: the last moment at which nothing is at stake.
func TestCancelDuringThePing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	req := b.request("seed-Zq==")
	req.Server = pingHook{b.server, cancel}
	if _, err := b.store.Acquire(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if b.server.requests() != 0 || b.stored() != nil {
		t.Error("something was sent or announced")
	}
	b.sane()
}

type pingHook struct {
	*ledger
	hook func()
}

func (p pingHook) Ping(ctx context.Context) error {
	p.hook()
	return p.ledger.Ping(ctx)
}

// TestALeftoverThatDoesNotFollow: what is not the successor of the stored tokens is older, or somebody else's.
func TestALeftoverThatDoesNotFollow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	p := testKey.in(b.store.dir)
	leave := func(change func(e *entry)) {
		e := b.stored()
		e.Tokens = newPair(newLedger("").issue(), b.clock.Now())
		e.Tokens.AccessToken, e.Tokens.RefreshToken = kept{testSecret("wrong-Zq==")}, kept{testSecret("wrong-Zq==")}
		e.Generation++
		change(e)
		data, err := e.encode()
		if err != nil {
			t.Fatal(err)
		}
		sc, err := b.store.newScratch(p.next, 0)
		if err == nil {
			err = sc.fill(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	leave(func(e *entry) { e.Generation-- })
	leave(func(e *entry) { e.Generation++ })
	leave(func(e *entry) { e.Tokens = nil })
	leave(func(e *entry) { e.Name = "other" })
	leave(func(e *entry) { e.Version = 2 })
	b.stale()
	b.mustAcquire("")
	b.sane()
}
