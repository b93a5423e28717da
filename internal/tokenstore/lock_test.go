package tokenstore

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// holdLock takes the lock of the tests' grant as another process would.
func (b *bench) holdLock() unlocker {
	b.t.Helper()
	if err := b.store.secureDir(true); err != nil {
		b.t.Fatal(err)
	}
	held, ok, err := systemFiles{}.tryLock(testKey.in(b.store.dir).lock, false)
	if err != nil || !ok {
		b.t.Fatalf("locked %v, error %v", ok, err)
	}
	return held
}

func (b *bench) free(held unlocker) {
	if err := held.Unlock(); err != nil {
		b.t.Error(err)
	}
}

func TestWaitingSaysForWhom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		held := b.holdLock()
		e := newEntry(testKey)
		e.Intent = &Intent{Op: opSeed, At: start, PID: 4711, Host: "runner-3"}
		if err := b.store.write(testKey.in(b.store.dir), e); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		time.AfterFunc(time.Minute, func() { b.free(held) })
		b.mustAcquire("seed-Zq==")
		if waited := time.Since(began); waited < time.Minute || waited > time.Minute+time.Second {
			t.Errorf("waited %v", waited)
		}
		want := "process 4711 on host runner-3, since 2030-01-02T03:04:05Z"
		if len(b.notices) != 1 || b.notices[0].Warning || !strings.Contains(b.notices[0].Text, want) {
			t.Errorf("notices %+v", b.notices)
		}
	})
}

func TestAShortWaitIsNotMentioned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		held := b.holdLock()
		time.AfterFunc(time.Second, func() { b.free(held) })
		b.mustAcquire("seed-Zq==")
		if len(b.notices) != 0 {
			t.Errorf("notices %+v", b.notices)
		}
	})
}

func TestLockTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.free(b.holdLock())
		began := time.Now()
		failed := b.failure("seed-Zq==", Locked, "2m0s", ".lock", "Nothing was sent", "token_store.lock_timeout")
		if waited := time.Since(began); waited != DefaultLockTimeout {
			t.Errorf("waited %v", waited)
		}
		if failed.Definitive() || b.server.pings != 0 {
			t.Error("a busy store counts as a lost grant, or the server was asked")
		}
	})
}

func TestWaitingForTheLockCanBeCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.free(b.holdLock())
		for _, after := range []time.Duration{time.Second, 10 * time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			began := time.Now()
			_, err := b.store.Acquire(ctx, b.request("seed-Zq=="))
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != after {
				t.Errorf("after %v: error %v", time.Since(began), err)
			}
		}
	})
}

// TestGoroutinesShareOneRefresh: file locks alone do not keep goroutines apart on every system.
func TestGoroutinesShareOneRefresh(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	errs := make(chan error)
	for range 20 {
		store := b.newStore(b.store.dir)
		req := b.request("seed-Zq==")
		req.Notify = nil
		go func() {
			lease, err := store.Acquire(t.Context(), req)
			lease.Release()
			errs <- err
		}()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if b.server.accepted != 1 || b.server.refused != 0 {
		t.Errorf("%d accepted, %d refused", b.server.accepted, b.server.refused)
	}
}
