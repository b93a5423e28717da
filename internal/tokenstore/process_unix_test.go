//go:build unix

package tokenstore

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// newProcessBench makes a bench for children: they live by the real clock, and the stored access token has just
// expired by it.
func newProcessBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.clock.now = time.Now().Add(-life - time.Minute)
	b.mustAcquire("seed-Zq==")
	b.clock.now = time.Now()
	return b
}

func (b *bench) order(role, url string) order {
	return order{Role: role, Dir: b.store.dir, URL: url, Seed: "seed-Zq=="}
}

// TestFiftyProcesses: one expired token, one refresh, fifty successes.
func TestFiftyProcesses(t *testing.T) {
	t.Parallel()
	b := newProcessBench(t)
	url := b.server.serve(t, nil)
	before := b.server.totals().accepted
	var children []*child
	for range 50 {
		children = append(children, startChild(t, b.order("once", url), nil))
	}
	refreshed := 0
	for _, c := range children {
		r := c.report()
		c.end()
		if r.Error != "" || r.Token != b.server.totals().access || len(r.Warnings) > 0 {
			t.Errorf("%+v", r)
		}
		if r.Refreshed {
			refreshed++
		}
	}
	now := b.server.totals()
	if got := now.accepted - before; got != 1 || refreshed != 1 || now.refused != 0 {
		t.Errorf("%d refreshes at the server, %d in the children, %d refused", got, refreshed, now.refused)
	}
	b.sane()
}

// TestKilledAtAnyMoment kills processes in the middle of their refreshes, several hundred times. No file is ever torn,
// the locks are free at once, what was written down is not lost, and what is lost is explained by the intent.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills, limit := 400, 30*time.Second
	if testing.Short() {
		kills = 40
	}
	b := newBench(t)
	b.clock.now = time.Now()
	b.server.life = 0 // of unknown life: refreshed at every opportunity
	url := b.server.serve(t, func() { <-time.After(time.Duration(rand.Int64N(int64(2 * time.Millisecond)))) })
	seed, lost, done := "seed-Zq==", 0, 0
	for began := time.Now(); done < kills && time.Since(began) < limit; done++ {
		o := b.order("forever", url)
		o.Seed = seed
		c := startChild(t, o, nil)
		c.line() // the first refresh is done, or refused
		<-time.After(time.Duration(rand.Int64N(int64(15 * time.Millisecond))))
		c.kill()
		if b.afterKill(seed) {
			lost++
			b.server.mu.Lock()
			seed = "new-" + b.server.live
			b.server.live = seed
			b.server.mu.Unlock()
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("%d kills, %d tokens lost between the server's answer and the disk, each explained", done, lost)
	if done < 20 || lost == 0 && done > 100 {
		t.Errorf("%d kills, %d lost: this test missed the moment that it is about", done, lost)
	}
}

// afterKill checks what a killed process left, and whether the grant is lost.
func (b *bench) afterKill(seed string) (lost bool) {
	b.t.Helper()
	p := testKey.in(b.store.dir)
	for _, path := range []string{p.lock, p.use} {
		held, ok, err := systemFiles{}.tryLock(path, false)
		if err != nil || !ok {
			b.t.Fatalf("%s is not free: %v", path, err)
		}
		b.free(held)
	}
	b.stored() // not torn
	kept := append(b.onDisk(), seed)
	_, err := b.acquire(seed)
	if err == nil {
		b.sane()
		return false
	}
	// Read only now: the request of the killed process may have been on its way when the files were read.
	onDisk := slices.Contains(kept, b.server.totals().live)
	failed := failureOf(b.t, err, Lost, "in the middle of a rotation", "vedauth_device_token")
	if failed.Interrupted == nil || onDisk {
		b.t.Errorf("on disk %v, interrupted %+v", onDisk, failed.Interrupted)
	}
	b.sane()
	return true
}

// onDisk lists the refresh tokens that are anywhere in the store.
func (b *bench) onDisk() []string {
	b.t.Helper()
	var tokens []string
	names, err := os.ReadDir(b.store.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, name := range names {
		e, err := b.store.read(filepath.Join(b.store.dir, name.Name()))
		if err == nil && e != nil && e.Tokens != nil {
			tokens = append(tokens, e.Tokens.RefreshToken.Reveal())
		}
	}
	return tokens
}

// TestInterruptBetweenRequestAndAnswer: Ctrl-C comes when the server has rotated and not yet answered.
func TestInterruptBetweenRequestAndAnswer(t *testing.T) {
	t.Parallel()
	b := newProcessBench(t)
	arrived, proceed := make(chan struct{}), make(chan struct{})
	url := b.server.serve(t, func() {
		close(arrived)
		<-proceed
	})
	c := startChild(t, b.order("interrupted", url), nil)
	<-arrived
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if line := c.line(); line != "interrupted" {
		t.Fatalf("the child said %q", line)
	}
	close(proceed)
	c.report()
	c.end()
	if e := b.stored(); e.Tokens.RefreshToken.Reveal() != b.server.totals().live || e.Intent != nil {
		t.Errorf("the new token was not saved: %+v", e)
	}
}

// TestAKilledHolderFreesItsLease: a lease is not a file that somebody must clean up.
func TestAKilledHolderFreesItsLease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.clock.now = time.Now()
	b.mustAcquire("seed-Zq==")
	c := startChild(t, b.order("hold", b.server.serve(t, nil)), nil)
	if line := c.line(); line != "held" {
		t.Fatalf("the child said %q: %s", line, c.stderr.String())
	}
	b.stale()
	req := b.request("")
	req.IfLeased = Refuse
	_, err := b.store.Acquire(t.Context(), req)
	wantKind(t, err, Leased)
	c.kill()
	lease, err := b.store.Acquire(t.Context(), req)
	if err != nil || !lease.Refreshed {
		t.Fatalf("%+v, %v", lease, err)
	}
	lease.Release()
}

// refused starts a child that must find out, before it sends anything, that the store cannot be used.
func (b *bench) refused(o order, adapt func(*exec.Cmd), kind Kind, words ...string) {
	b.t.Helper()
	before := b.server.requests()
	c := startChild(b.t, o, adapt)
	r := c.report()
	c.end()
	if r.Kind != kind || b.server.requests() != before {
		b.t.Fatalf("kind %d with %d requests: %s", r.Kind, b.server.requests()-before, r.Error)
	}
	for _, word := range words {
		if !strings.Contains(r.Error, word) {
			b.t.Errorf("the error does not say %q: %s", word, r.Error)
		}
	}
	b.noSecret(r.Error)
}

// TestAReadOnlyDirectory, as an ordinary user: a grant is stored, and its successor could not be.
func TestAReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	b := newProcessBench(t)
	base := publicDir(t)
	dir := filepath.Join(base, "store")
	if err := os.Rename(b.store.dir, dir); err != nil {
		t.Fatal(err)
	}
	b.store = b.newStore(dir)
	give(t, dir, nobody)
	user := asUser(t, nobody)
	o := b.order("once", b.server.serve(t, nil))
	chmod := func(path string, mode os.FileMode) {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	chmod(dir, 0o500)
	b.refused(o, user, NoStore, dir, "permission denied", "token_store.path", "persistent volume", "jwt", "certificate")

	// A store that does not exist yet, in a directory that cannot be written.
	chmod(base, 0o555)
	defer chmod(base, 0o755)
	other := o
	other.Dir = filepath.Join(base, "other")
	b.refused(other, user, NoStore, "permission denied", "token_store.path", "jwt")

	chmod(dir, 0o700)
	c := startChild(t, o, user)
	if r := c.report(); r.Error != "" || r.Token != b.server.totals().access {
		t.Errorf("%+v", r)
	}
	c.end()
}

// TestALimitOnFiles: as a quota, it lets files be made and not be filled.
func TestALimitOnFiles(t *testing.T) {
	t.Parallel()
	b := newProcessBench(t)
	o := b.order("once", b.server.serve(t, nil))
	for _, limit := range []uint64{1, 512, 8 << 10} {
		o.Limit = limit
		b.refused(o, nil, NoStore, "file too large", "token_store.path")
		b.sane()
		if e := b.stored(); e.Intent != nil || e.Generation != 1 {
			t.Errorf("stored %+v", e)
		}
	}
	o.Limit = 1 << 20
	c := startChild(t, o, nil)
	if r := c.report(); r.Error != "" || !r.Refreshed {
		t.Errorf("%+v", r)
	}
	c.end()
}

// TestUsersDoNotShare: what belongs to another user is refused, whoever asks. Where the tests do not run as root the
// directory of root stands in for the other user's.
func TestUsersDoNotShare(t *testing.T) {
	t.Parallel()
	b := newProcessBench(t)
	o := b.order("once", b.server.serve(t, nil))
	if os.Geteuid() != 0 {
		o.Dir = "/"
		b.refused(o, nil, Unsafe, "belongs to another user")
		return
	}
	dir := filepath.Join(publicDir(t), "store")
	if err := os.Rename(b.store.dir, dir); err != nil {
		t.Fatal(err)
	}
	o.Dir = dir
	give(t, dir, nobody)
	b.refused(o, asUser(t, nobodyElse), Unsafe, dir, "belongs to another user")
	b.refused(o, nil, Unsafe, "belongs to another user") // root could, and does not
	// Also where the directory is one's own and only a file in it is not.
	if err := os.Chown(dir, nobodyElse, nobodyElse); err != nil {
		t.Fatal(err)
	}
	b.refused(o, asUser(t, nobodyElse), Unsafe, dir+"/", "belongs to another user")
}

// TestManyWaitersAndOneDeath: the process that refreshes is killed while others wait for it; one of them goes on.
func TestManyWaitersAndOneDeath(t *testing.T) {
	t.Parallel()
	b := newProcessBench(t)
	arrived, gone := make(chan struct{}), make(chan struct{})
	var once sync.Once
	url := b.server.serve(t, func() {
		once.Do(func() {
			close(arrived)
			<-gone
		})
	})
	first := startChild(t, b.order("once", url), nil)
	<-arrived
	var waiters []*child
	for range 5 {
		waiters = append(waiters, startChild(t, b.order("once", url), nil))
	}
	first.kill()
	close(gone)
	for _, c := range waiters {
		r := c.report()
		c.end()
		if r.Kind != Lost && r.Kind != NoGrant || !strings.Contains(r.Error, "in the middle of a rotation") {
			t.Errorf("%+v", r)
		}
	}
	if refused := b.server.totals().refused; refused != 1 {
		t.Errorf("%d refused: one finds out for all", refused)
	}
}
