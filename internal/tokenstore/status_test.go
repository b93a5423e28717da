package tokenstore

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

func (b *bench) peek(seed string) Status {
	b.t.Helper()
	status, err := b.store.Peek(testKey, secret.New(seed))
	if err != nil {
		b.t.Fatal(err)
	}
	b.noSecret(fmt.Sprintf("%+v", status))
	return status
}

func TestPeek(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if s := b.peek(""); s.Usable() || s.Stored || s.Path != b.store.Path(testKey) {
		t.Errorf("nothing stored: %+v", s)
	}
	if s := b.peek("seed-Zq=="); !s.Usable() || !s.NewSeed {
		t.Errorf("a seed: %+v", s)
	}
	if _, err := os.Stat(b.store.dir); err == nil {
		t.Error("Peek made the directory")
	}
	b.server.until = start.Add(100 * 24 * time.Hour)
	b.mustAcquire("seed-Zq==")
	s := b.peek("seed-Zq==")
	if !s.Usable() || !s.Stored || !s.CanRefresh || s.NewSeed || !s.AccessExpires.Equal(start.Add(life)) ||
		!s.RefreshUntil.Equal(b.server.until) || s.Generation != 1 || s.Scope != "certificate:manage" {
		t.Errorf("stored: %+v", s)
	}
	b.clock.advance(101 * 24 * time.Hour)
	if s := b.peek("seed-Zq=="); s.Usable() || s.CanRefresh {
		t.Errorf("ended: %+v", s)
	}
}

// TestPeekAtALostGrant: a grant that is gone does not count as a credential that applies.
func TestPeekAtALostGrant(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	b.server.live = "gone"
	b.wantError("", Rejected)
	if s := b.peek("seed-Zq=="); s.Usable() || s.Stored || s.Lost == nil || s.Lost.Reason == "" {
		t.Errorf("%+v", s)
	}
}

// TestPeekWithoutARefreshToken: what is left is the access token, as long as it is fresh.
func TestPeekWithoutARefreshToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.noRefresh = true
	b.mustAcquire("seed-Zq==")
	if s := b.peek(""); !s.Usable() || s.CanRefresh {
		t.Errorf("%+v", s)
	}
	b.stale()
	if s := b.peek(""); s.Usable() {
		t.Errorf("%+v", s)
	}
}

func TestPeekWaitsForNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	defer b.free(b.holdLock())
	if s := b.peek(""); !s.Usable() {
		t.Errorf("%+v", s)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if all, err := b.store.List(); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	for i := range 3 {
		b.server.live = fmt.Sprintf("seed-%d-Zq==", i)
		req := b.request(b.server.live)
		req.Key.Name = fmt.Sprintf("team-%d", i)
		lease, err := b.store.Acquire(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		lease.Release()
	}
	broken := Key{Server: "x", ClientID: "y", Name: "z"}
	if err := os.WriteFile(b.store.Path(broken), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := b.store.List()
	if err != nil || len(all) != 4 {
		t.Fatalf("%v, %v", all, err)
	}
	b.noSecret(fmt.Sprintf("%+v", all))
	names := map[string]bool{}
	for _, s := range all {
		names[s.Key.Name] = true
		if (s.Err != nil) != (s.Path == b.store.Path(broken)) {
			t.Errorf("%+v", s)
		}
	}
	if !names["team-0"] || !names["team-1"] || !names["team-2"] {
		t.Errorf("%v", names)
	}
}
