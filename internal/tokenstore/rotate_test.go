package tokenstore

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

type script = []func(*ledger, string) (Tokens, error)

// TestOutcomes: what one request's failure means for the token, for the file and for the next run.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script script
		// kind of failure, 0 for success, with a word of its text.
		kind     Kind
		word     string
		requests int
		// intent: the file says that the outcome is unknown. next: kind of failure of the next run.
		intent bool
		next   Kind
	}{
		"later":         {script{answer(Unavailable)}, Kept, "stays good. Try again later", 0, false, 0},
		"misconfigured": {script{answer(Misconfigured)}, Kept, "Check client_id", 0, false, 0},
		"refused":       {script{answer(Refused)}, Rejected, "used before, by another program", 0, false, NoGrant},

		"request lost, second try works": {script{loseRequest}, 0, "", 1, false, 0},
		"answer lost, second try tells":  {script{loseAnswer}, Lost, "first request never arrived", 2, false, NoGrant},
		"lost twice":                     {script{loseRequest, loseRequest}, Unknown, "tries it once more", 0, true, 0},
		"answer lost, then nothing":      {script{loseAnswer, loseRequest}, Unknown, "no answer", 1, true, Lost},
		"lost, then later":               {script{loseRequest, answer(Unavailable)}, Unknown, "never arrived", 0, true, 0},
		"answer lost, then later":        {script{loseAnswer, answer(Unavailable)}, Unknown, "never arrived", 1, true, Lost},
		"lost, then misconfigured":       {script{loseRequest, answer(Misconfigured)}, Unknown, "never arrived", 0, true, 0},
	}
	for name, test := range tests {
		for _, op := range []string{opSeed, opRefresh} {
			t.Run(op+"/"+name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				if op == opRefresh {
					b.mustAcquire("seed-Zq==")
					b.stale()
				}
				before := b.server.requests()
				b.server.script = test.script
				if test.kind == 0 {
					b.mustAcquire("seed-Zq==")
				} else {
					b.wantError("seed-Zq==", test.kind, test.word)
				}
				if got := b.server.requests() - before; got != test.requests {
					t.Errorf("the server saw %d requests, want %d", got, test.requests)
				}
				e := b.stored()
				if got := e != nil && e.Intent != nil; got != test.intent {
					t.Errorf("intent %v, want %v", got, test.intent)
				}
				b.sane()
				switch {
				case test.next == 0:
					b.mustAcquire("seed-Zq==")
				case op == opSeed && test.kind == Rejected:
					b.mustAcquire("seed-Zq==") // this one was scripted; a seed that nothing came of is not remembered
				default:
					b.wantError("seed-Zq==", test.next)
				}
				b.sane()
			})
		}
	}
}

// TestAnInterruptedRun: the run before died between announcing the request and writing down the answer.
func TestAnInterruptedRun(t *testing.T) {
	t.Parallel()
	for _, op := range []string{opSeed, opRefresh} {
		for _, rotated := range []bool{false, true} {
			b := newBench(t)
			if op == opRefresh {
				b.mustAcquire("seed-Zq==")
				b.stale()
			}
			b.server.script = script{answer(Ambiguous), answer(Ambiguous)}
			b.wantError("seed-Zq==", Unknown)
			if rotated {
				b.server.issue() // the request had arrived after all
			}
			requests := b.server.requests()
			if !rotated {
				b.mustAcquire("seed-Zq==")
				continue
			}
			failed := b.failure("seed-Zq==", Lost, "A run on host", "in the middle of a rotation", "vedauth_device_token")
			if failed.Interrupted == nil || failed.Interrupted.Op != op {
				t.Errorf("%s: interrupted %+v", op, failed.Interrupted)
			}
			if got := b.server.requests() - requests; got != 1 {
				t.Errorf("%s: %d requests, want the one that finds out", op, got)
			}
			// The runs after that remember, and leave the server alone.
			b.wantError("seed-Zq==", NoGrant, "has been used up", "A run on host")
			if got := b.server.requests() - requests; got != 1 {
				t.Errorf("%s: %d requests, want none for what is known to be gone", op, got)
			}
			b.server.live = "new-Zq=="
			b.mustAcquire("new-Zq==")
		}
	}
}

// TestAnInterruptedRunTriesOnce: after an unanswered request of a former run there is no second try in this one.
func TestAnInterruptedRunTriesOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.script = script{answer(Ambiguous), answer(Ambiguous), answer(Ambiguous)}
	b.wantError("seed-Zq==", Unknown)
	b.wantError("seed-Zq==", Unknown)
	if left := len(b.server.script); left != 0 {
		t.Errorf("%d answers left", left)
	}
	b.server.script = script{answer(Unavailable)}
	failed := b.failure("seed-Zq==", Unknown, "an earlier request with the same token had no answer", "A run on host")
	if failed.Interrupted == nil {
		t.Error("the earlier request is not named")
	}
	if b.stored().Intent == nil {
		t.Error("the earlier request was forgotten")
	}
	b.mustAcquire("seed-Zq==")
}

// TestATokenInDoubtIsNotHandedOut: while a refresh is unconcluded, the old access token may be dead, also for a run
// that is content with little time.
func TestATokenInDoubtIsNotHandedOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	b.server.script = script{loseRequest, loseRequest}
	b.wantError("", Unknown)
	req := b.request("")
	req.MinimumValidity = time.Second
	lease, err := b.store.Acquire(t.Context(), req)
	if err != nil || !lease.Refreshed {
		t.Errorf("lease %+v, error %v", lease, err)
	}
	lease.Release()
}

// TestTwoInterruptedRequests: a new seed is tried while the stored grant's own refresh is in doubt; neither fact may
// hide the other.
func TestTwoInterruptedRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	b.server.script = script{loseAnswer, loseRequest, loseRequest, loseRequest, answer(Refused), answer(Refused)}
	b.wantError("", Unknown)
	b.wantError("new-Zq==", Unknown)
	b.wantError("new-Zq==", Lost, "the configured refresh_token")
	if e := b.stored(); !e.rotating() || e.Intent.find(opSeed) != nil {
		t.Errorf("intents %+v", e.Intent)
	}
	failed := b.failure("new-Zq==", Lost, "the stored refresh token")
	if failed.Interrupted.Op != opRefresh {
		t.Errorf("interrupted %+v", failed.Interrupted)
	}
}

// TestADamagedAnswer: what can be read of it is kept, for the token that was sent is gone.
func TestADamagedAnswer(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{true, false} {
		b := newBench(t)
		b.server.noRefresh = !whole
		b.server.script = script{func(l *ledger, _ string) (Tokens, error) {
			return l.issue(), &OutcomeError{Err: errors.New("text after the answer")}
		}}
		b.mustAcquire("seed-Zq==")
		if e := b.stored(); e.Tokens.RefreshToken.Empty() == whole || e.Intent != nil {
			t.Errorf("stored %+v", e)
		}
	}
	b := newBench(t)
	b.server.script = script{func(*ledger, string) (Tokens, error) { return Tokens{}, nil }}
	b.server.live = "x"
	b.wantError("seed-Zq==", Lost)
}

func TestNothingIsSentToAServerThatCannotBeReached(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.server.pingErr = errors.New("no such host")
	b.wantError("seed-Zq==", Kept, "no such host", "was not sent")
	if b.server.requests() != 0 || b.stored() != nil {
		t.Error("something was sent or announced")
	}
	b.sane()
	b.server.pingErr = nil
	b.mustAcquire("seed-Zq==")
}

// TestCancelBeforeAndAfterTheAnnouncement: before it nothing happens, after it the answer is awaited and stored.
func TestCancelBeforeAndAfterTheAnnouncement(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.store.Acquire(ctx, b.request("seed-Zq==")); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if b.server.requests() != 0 {
		t.Fatal("a token was sent for a run that was over")
	}

	ctx, cancel = context.WithCancel(t.Context())
	req := b.request("seed-Zq==")
	req.Seed.Exchange = func(inner context.Context, token secret.String) (Tokens, error) {
		cancel()
		if err := inner.Err(); err != nil {
			return Tokens{}, err
		}
		if _, limited := inner.Deadline(); !limited {
			t.Error("the request has no limit of its own")
		}
		return b.server.Refresh(inner, token)
	}
	lease, err := b.store.Acquire(ctx, req)
	if err != nil || lease.Grant.AccessToken.Empty() {
		t.Fatalf("error %v", err)
	}
	lease.Release()
	b.mustAcquire("seed-Zq==")
	if b.server.accepted != 1 {
		t.Errorf("%d requests", b.server.accepted)
	}
}

// TestNoSecondTryForAnInterruptedUser: who presses Ctrl-C is not kept waiting for a second request.
func TestNoSecondTryForAnInterruptedUser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.server.script = script{func(*ledger, string) (Tokens, error) {
		cancel()
		return Tokens{}, errors.New("connection reset")
	}}
	_, err := b.store.Acquire(ctx, b.request("seed-Zq=="))
	wantKind(t, err, Unknown)
	b.mustAcquire("seed-Zq==")
}

// TestCompareAndClear: a token is cleared only if it is still the one that was refused; another program that does not
// know the lock may have rotated it.
func TestCompareAndClear(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	b.server.script = script{func(l *ledger, token string) (Tokens, error) {
		e := b.stored()
		e.Tokens = newPair(l.issue(), b.clock.Now())
		e.Generation++
		e.Intent = nil
		if err := b.store.write(testKey.in(b.store.dir), e); err != nil {
			t.Error(err)
		}
		return l.rotate(token)
	}}
	if lease := b.mustAcquire(""); lease.Refreshed {
		t.Error("the other program's token was refreshed away")
	}
	if b.server.refused != 1 {
		t.Errorf("%d refused", b.server.refused)
	}
}

// TestAProgramThatKeepsWriting: there is an end to deciding anew, and nothing is cleared.
func TestAProgramThatKeepsWriting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	meddle := func(_ *ledger, _ string) (Tokens, error) {
		e := b.stored()
		e.Generation++
		e.Intent = nil
		if err := b.store.write(testKey.in(b.store.dir), e); err != nil {
			t.Error(err)
		}
		return answer(Refused)(nil, "")
	}
	b.server.script = script{meddle, meddle, meddle, meddle}
	b.wantError("", Unknown, "without taking its lock")
	b.mustAcquire("")
}
