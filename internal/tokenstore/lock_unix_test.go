//go:build unix

package tokenstore

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A file that is open loses its name on Unix only: Windows lets nobody remove or rename a lock that is held.

// TestALockFileThatWasDeleted: a lock on a file that has lost its name keeps nobody out, so it does not count.
func TestALockFileThatWasDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := testKey.in(b.store.dir)
	held := b.holdLock()
	waiting := make(chan struct{})
	got := make(chan unlocker)
	go func() {
		close(waiting)
		lock, err := systemFiles{}.lock(t.Context(), p.lock, time.Millisecond)
		if err != nil {
			t.Error(err)
		}
		got <- lock
	}()
	<-waiting
	if err := os.Remove(p.lock); err != nil {
		t.Fatal(err)
	}
	b.free(held)
	lock := <-got
	if _, ok, err := (systemFiles{}).tryLock(p.lock, false); ok || err != nil {
		t.Errorf("a second lock: %v, %v", ok, err)
	}
	b.free(lock)
}

// TestALockIsCurrent: on the file that has the name now, and on no other.
func TestALockIsCurrent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lock")
	lock := newLock(path)
	if ok, err := lock.TryLock(); err != nil || !ok || !current(lock) {
		t.Errorf("locked %v, %v", ok, err)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if current(lock) {
		t.Error("a lock without a name counts")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if current(lock) {
		t.Error("a lock on another file counts")
	}
	b := &bench{t: t}
	b.free(lock)
}
