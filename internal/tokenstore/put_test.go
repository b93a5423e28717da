package tokenstore

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func (b *bench) put() (*Lease, error) {
	b.t.Helper()
	b.notices = nil
	tokens := b.server.issue()
	tokens.Identity = "local:{a3f32838}"
	return b.store.Put(b.t.Context(), NewGrant{Key: testKey, Tokens: tokens, Started: b.clock.Now(), Notify: b.notify})
}

// TestPutIsFoundLater: what a person approved once is used and refreshed by later runs, and keeps what the server says
// only at the first time.
func TestPutIsFoundLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.store.Prepare(t.Context(), testKey, nil); err != nil {
		t.Fatal(err)
	}
	lease, err := b.put()
	if err != nil || !lease.Refreshed || lease.Replaced != nil {
		t.Fatalf("lease %+v, error %v", lease, err)
	}
	lease.Release()
	b.mustAcquire("")
	b.stale()
	if lease := b.mustAcquire(""); lease.Grant.Identity != "local:{a3f32838}" || lease.Grant.Generation != 2 {
		t.Errorf("grant %+v", lease.Grant)
	}
	b.sane()
}

func TestPutReplaces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.mustAcquire("seed-Zq==")
	second, err := b.put()
	if err != nil {
		t.Fatal(err)
	}
	second.Release()
	if second.Replaced == nil || !second.Replaced.RefreshToken.Equal(first.Grant.RefreshToken) {
		t.Errorf("replaced %+v", second.Replaced)
	}
	b.mustAcquire("seed-Zq==") // still spent
	b.stale()
	b.server.script = script{loseAnswer, loseRequest}
	b.wantError("", Unknown)
	third, err := b.put()
	if err != nil {
		t.Fatal(err)
	}
	third.Release()
	if lease := b.mustAcquire(""); lease.Refreshed {
		t.Error("what became of the old tokens casts doubt on the new ones")
	}
	if b.server.refused != 0 || second.Grant.Generation != 2 {
		t.Errorf("%d refused, generation %d", b.server.refused, second.Grant.Generation)
	}
}

// TestPutTellsWhetherTheReplacedGrantIsInUse by another run, and not by the new lease.
func TestPutTellsWhetherTheReplacedGrantIsInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, err := b.put()
	if err != nil || first.ReplacedInUse {
		t.Fatalf("in use: %t, error %v", first.ReplacedInUse, err)
	}
	second, err := b.put()
	if err != nil || !second.ReplacedInUse {
		t.Errorf("in use: %t, error %v", second.ReplacedInUse, err)
	}
	first.Release()
	second.Release()
	third, err := b.put()
	if err != nil || third.Replaced == nil || third.ReplacedInUse {
		t.Errorf("in use: %t, error %v", third.ReplacedInUse, err)
	}
	third.Release()
}

// TestPutIntoAStoreThatFails: nothing of the grant stays behind for a later run, for the caller will revoke it.
func TestPutIntoAStoreThatFails(t *testing.T) {
	t.Parallel()
	for at, failed := 1, true; failed; at++ {
		b := newBench(t)
		f := &faultyFiles{fileSystem: systemFiles{}, at: at, forGood: true}
		b.store.fs = f
		prepared := b.store.Prepare(t.Context(), testKey, nil)
		if prepared != nil {
			wantKind(t, prepared, NoStore, "injected")
		}
		f.forGood = false
		lease, err := b.put()
		lease.Release()
		failed = f.name != ""
		forgetProcess(b.store)
		b.store = b.newStore(b.store.dir)
		if err != nil {
			b.noSecret(err.Error())
			b.wantError("", NoGrant)
		} else {
			b.mustAcquire("")
		}
	}
	b := newBench(t)
	_, err := b.store.Put(t.Context(), NewGrant{Key: testKey})
	wantKind(t, err, Unsaved)
	if _, err := os.Stat(b.store.dir); err == nil {
		t.Error("a grant without a token was stored")
	}
}

// TestPutThatCannotSave: the disk fills up in the very moment.
func TestPutThatCannotSave(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for at := 1; ; at++ {
		b := newBench(t)
		f := &faultyFiles{fileSystem: systemFiles{}, at: at}
		b.store.fs = twiceFaulty{f}
		lease, err := b.put()
		lease.Release()
		if f.name == "" {
			break
		}
		names[f.name] = true
		b.store = b.newStore(b.store.dir)
		if err != nil {
			b.wantError("", NoGrant)
		} else {
			b.mustAcquire("")
		}
		b.sane()
	}
	if !names[" rename rename"] {
		t.Errorf("the renames were not among %v", names)
	}
}

// twiceFaulty lets both attempts to rename fail.
type twiceFaulty struct{ *faultyFiles }

func (f twiceFaulty) rename(from, to string) error {
	if err := f.faultyFiles.rename(from, to); err != nil {
		f.at = f.calls + 6 // create, write, truncate, sync, close, and the second rename
		return err
	}
	return nil
}

func TestForget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	forget := func(revoke func(context.Context, Grant) error) error {
		return b.store.Forget(t.Context(), ForgetRequest{Key: testKey, Server: b.server, Revoke: revoke, Notify: b.notify})
	}
	revoked := ""
	revoke := func(_ context.Context, grant Grant) error {
		revoked = grant.AccessToken.Reveal()
		return nil
	}
	wantKind(t, forget(revoke), NoGrant, `"default"`, "terraform")

	b.mustAcquire("seed-Zq==")
	wantKind(t, forget(func(context.Context, Grant) error { return errors.New("503") }), Kept, "503", "Try again")
	b.mustAcquire("")
	if err := forget(revoke); err != nil || revoked != b.server.access {
		t.Fatalf("revoked %q, error %v", revoked, err)
	}
	if b.server.requests() != 1 {
		t.Error("a live grant was refreshed before it was revoked")
	}
	if _, err := os.Stat(testKey.in(b.store.dir).lock); err != nil {
		t.Error("the lock file was deleted")
	}
	b.wantError("", NoGrant)
	wantKind(t, forget(revoke), NoGrant)
}

// TestForgetWhatHasExpired: only a live access token can revoke, so the grant is refreshed first.
func TestForgetWhatHasExpired(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.clock.advance(life + time.Hour)
	revoked := ""
	req := ForgetRequest{Key: testKey, Server: b.server, Revoke: func(_ context.Context, grant Grant) error {
		revoked = grant.AccessToken.Reveal()
		return nil
	}}
	b.server.script = script{answer(Unavailable)}
	wantKind(t, b.store.Forget(t.Context(), req), Kept)
	if err := b.store.Forget(t.Context(), req); err != nil || revoked != b.server.access || b.server.accepted != 2 {
		t.Fatalf("revoked %q, error %v", revoked, err)
	}
	b.server.live = "new-Zq=="
	b.mustAcquire("new-Zq==")
	b.clock.advance(life + time.Hour)
	b.server.live, revoked = "gone", ""
	if err := b.store.Forget(t.Context(), req); err != nil || revoked != "" {
		t.Errorf("a grant that is gone on the server: revoked %q, error %v", revoked, err)
	}
	b.wantError("", NoGrant)
}

func TestForgetWhatIsInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lease, err := b.store.Acquire(t.Context(), b.request("seed-Zq=="))
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	req := ForgetRequest{Key: testKey, Notify: b.notify, Revoke: func(context.Context, Grant) error { return nil }}
	if err := b.store.Forget(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	b.warned("Other runs use the access token")
}

func TestForgetTheFileOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	if err := b.store.Forget(t.Context(), ForgetRequest{Key: testKey}); err != nil {
		t.Fatal(err)
	}
	b.wantError("", NoGrant)
}

// TestPutWithoutAStart counts the life of the token from now.
func TestPutWithoutAStart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lease, err := b.store.Put(t.Context(), NewGrant{Key: testKey, Tokens: b.server.issue()})
	if err != nil {
		t.Fatal(err)
	}
	lease.Release()
	if got := lease.Grant.AccessExpires; !got.Equal(start.Add(life)) {
		t.Errorf("expires %v", got)
	}
}
