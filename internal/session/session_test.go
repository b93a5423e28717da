package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// server is the other end as the session sees it: two functions, and a ledger of what they did.
type server struct {
	latency       time.Duration
	revokeLatency atomic.Int64 // a time.Duration
	refuse        error        // every authorize call fails with it
	refuseRevoke  error
	deaf          bool // authorize ignores its context, as vedauth does once a request is written
	tokenLife     int64

	mu       sync.Mutex
	asked    int
	inFlight int
	peak     int
	issued   map[string]bool // token -> live
}

func (s *server) authorize(ctx context.Context) (*vedauth.Token, error) {
	s.mu.Lock()
	s.asked++
	s.inFlight++
	s.peak = max(s.peak, s.inFlight)
	name := fmt.Sprintf("token-%d", s.asked)
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.inFlight--; s.mu.Unlock() }()

	done := ctx.Done()
	if s.deaf {
		done = nil
	}
	select {
	case <-time.After(s.latency):
	case <-done:
		return nil, &vedauth.Error{Kind: vedauth.Canceled}
	}
	if s.refuse != nil {
		return nil, s.refuse
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.issued == nil {
		s.issued = map[string]bool{}
	}
	s.issued[name] = true
	token := &vedauth.Token{AccessToken: secret.New(name), Requested: time.Now()}
	if s.tokenLife != 0 {
		token.ExpiresIn = &s.tokenLife
	}
	return token, nil
}

func (s *server) revoke(ctx context.Context, token *vedauth.Token) error {
	select {
	case <-time.After(time.Duration(s.revokeLatency.Load())):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuseRevoke != nil {
		return s.refuseRevoke
	}
	s.issued[token.AccessToken.Reveal()] = false
	return nil
}

func (s *server) ledger() (issued, live int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, alive := range s.issued {
		issued++
		if alive {
			live++
		}
	}
	return issued, live
}

func (s *server) request(parts ...string) session.Request {
	return session.Request{Parts: secret.Each(parts...), Authorize: s.authorize, Revoke: s.revoke, Now: time.Now}
}

func wantLedger(t *testing.T, s *server, issued, live int) {
	t.Helper()
	if i, l := s.ledger(); i != issued || l != live {
		t.Errorf("ledger: issued %d, live %d; want %d, %d", i, l, issued, live)
	}
}

// open opens and confirms, as a block that succeeds does.
func open(t *testing.T, s *session.Session, r session.Request) *session.Lease {
	t.Helper()
	lease, err := s.Open(t.Context(), r)
	if err != nil {
		t.Errorf("Open: %v", err)
		return nil
	}
	lease.Confirm()
	return lease
}

func refusalOf(class refusal.Class) error {
	return &vedauth.Error{Kind: vedauth.Refused, Status: 400, Row: refusal.Row{Class: class}}
}

func TestEqualRequestsShareOneGrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{latency: time.Second}
		process := session.NewProcess()
		s := process.NewSession()
		handles := make(chan string, 51)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { handles <- open(t, s, srv.request("a", "bc")).Handle })
		}
		wg.Wait()
		handles <- open(t, s, srv.request("a", "bc")).Handle // one that comes when the answer is long there
		other := open(t, s, srv.request("ab", "c"))
		close(handles)
		wantLedger(t, srv, 2, 2)

		seen := map[string]bool{}
		for handle := range handles {
			if len(seen) == 50 {
				wantLedger(t, srv, 2, 2) // one holder is left
			}
			seen[handle] = true
			if err := process.Close(t.Context(), handle); err != nil {
				t.Error(err)
			}
		}
		if len(seen) != 51 {
			t.Errorf("%d different handles, want 51", len(seen))
		}
		wantLedger(t, srv, 2, 1)
		open(t, s, srv.request("a", "bc")) // after the last close it is a new grant
		wantLedger(t, srv, 3, 2)
		if err := process.Close(t.Context(), other.Handle); err != nil {
			t.Error(err)
		}
		if err := process.Close(t.Context(), other.Handle); err != nil {
			t.Error("closing twice:", err)
		}
		if err := process.Close(t.Context(), "no such handle"); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 3, 1)
	})
}

func TestDifferentRequestsGoInParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{latency: time.Second}
		s := session.NewProcess().NewSession()
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() { open(t, s, srv.request("scope", fmt.Sprint(i))) })
		}
		wg.Wait()
		if took := time.Since(began); took != time.Second {
			t.Errorf("20 different tokens took %v, one takes 1s", took)
		}
		wantLedger(t, srv, 20, 20)
	})
}

func TestKindsAndKeptGrantsDoNotShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{}
		process := session.NewProcess()
		s := process.NewSession()
		ephemeral, kept, data := srv.request("a"), srv.request("a"), srv.request("a")
		kept.Keep = true
		data.Keep, data.Kind = true, "data"
		var handles []string
		for _, r := range []session.Request{ephemeral, kept, data, data} {
			handles = append(handles, open(t, s, r).Handle)
		}
		wantLedger(t, srv, 3, 3)
		for _, handle := range handles {
			if err := process.Close(t.Context(), handle); err != nil {
				t.Error(err)
			}
		}
		wantLedger(t, srv, 3, 2)
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 3, 2)
	})
}

func TestAKeptGrantIsOwnedUntilItIsHandedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{}
		s := session.NewProcess().NewSession()
		r := srv.request("a")
		r.Keep = true
		lease, err := s.Open(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if err := lease.Abandon(t.Context()); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 1, 0)
	})
}

func TestAnExpiredTokenIsNotShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{tokenLife: 60}
		s := session.NewProcess().NewSession()
		open(t, s, srv.request("a"))
		<-time.After(59 * time.Second)
		open(t, s, srv.request("a"))
		wantLedger(t, srv, 1, 1)
		<-time.After(time.Second)
		open(t, s, srv.request("a"))
		wantLedger(t, srv, 2, 2)
	})
}

func TestARefusalIsRememberedButAnOutageIsNot(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failure error
		asked   int
	}{
		"refused":     {refusalOf(refusal.Scope), 1},
		"unreachable": {&vedauth.Error{Kind: vedauth.Unreachable}, 2},
		"ambiguous":   {&vedauth.Error{Kind: vedauth.Ambiguous}, 2},
		"busy":        {&vedauth.Error{Kind: vedauth.Busy, Status: 503}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := &server{latency: time.Second, refuse: test.failure}
				s := session.NewProcess().NewSession()
				var failed atomic.Int32
				var wg sync.WaitGroup
				for range 50 {
					wg.Go(func() {
						if _, err := s.Open(t.Context(), srv.request("a")); errors.Is(err, test.failure) {
							failed.Add(1)
						}
					})
				}
				wg.Wait()
				if _, err := s.Open(t.Context(), srv.request("a")); !errors.Is(err, test.failure) {
					t.Error(err)
				}
				if failed.Load() != 50 || srv.asked != test.asked {
					t.Errorf("%d of 50 failed, %d requests; want 50, %d", failed.Load(), srv.asked, test.asked)
				}
			})
		})
	}
}

// TestOneWrongPasswordIsOneLogon: also when the blocks that share it ask for different scopes.
func TestOneWrongPasswordIsOneLogon(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failure error
		asked   int
	}{
		"wrong password":      {refusalOf(refusal.Credentials), 1},
		"unknown reason":      {refusalOf(refusal.Unknown), 1},
		"a web page with 401": {refusalOf(""), 1},
		"scope refused":       {refusalOf(refusal.Scope), 20},
		"server down":         {&vedauth.Error{Kind: vedauth.Unreachable}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := &server{latency: time.Second, refuse: test.failure}
				s := session.NewProcess().NewSession()
				var wg sync.WaitGroup
				for i := range 20 {
					wg.Go(func() {
						r := srv.request("a", fmt.Sprint(i))
						r.Credential = secret.Each("server", "alice", "password")
						if _, err := s.Open(t.Context(), r); !errors.Is(err, test.failure) {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if srv.asked != test.asked {
					t.Errorf("%d requests, want %d", srv.asked, test.asked)
				}
			})
		})
	}
}

func TestAProvenPasswordDoesNotQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{latency: time.Second}
		s := session.NewProcess().NewSession()
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				r := srv.request("a", fmt.Sprint(i))
				r.Credential = secret.Each("alice")
				open(t, s, r)
			})
		}
		wg.Wait()
		if took := time.Since(began); took != 2*time.Second || srv.peak != 19 {
			t.Errorf("took %v with %d at once; want one first and then all others at once", took, srv.peak)
		}
	})
}

func TestCancelledOpen(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		srv     *server
		takes   time.Duration
		says    string
		issued  int
		waitFor time.Duration
	}{
		"not yet sent":            {&server{latency: time.Hour}, 0, "context canceled", 0, 0},
		"answered in a second":    {&server{latency: 2 * time.Second, deaf: true}, time.Second, "context canceled", 1, 0},
		"answered after a minute": {&server{latency: time.Minute, deaf: true}, session.CloseLimit, "has not answered", 1, time.Minute},
		"not revocable": {
			&server{latency: 2 * time.Second, deaf: true, refuseRevoke: errors.New("moon is full")}, time.Second, "moon is full", 1, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := session.NewProcess().NewSession()
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, context.Canceled)
				defer cancel()
				began := time.Now()
				_, err := s.Open(ctx, test.srv.request("a"))
				took := time.Since(began)
				if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("err = %v", err)
				}
				if took != time.Second+test.takes {
					t.Errorf("took %v after the cancellation, want %v", took-time.Second, test.takes)
				}
				<-time.After(test.waitFor)
				synctest.Wait()
				if issued, live := test.srv.ledger(); issued != test.issued || live != 0 && test.srv.refuseRevoke == nil {
					t.Errorf("issued %d, live %d", issued, live)
				}
			})
		})
	}
}

// TestCancelledWhenTheAnswerIsThere: nobody would take the token, and perhaps nobody close the block.
func TestCancelledWhenTheAnswerIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{}
		process := session.NewProcess()
		s := process.NewSession()
		lease := open(t, s, srv.request("a"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 { // of two events that are there, either may be noticed first
			if _, err := s.Open(ctx, srv.request("a")); !errors.Is(err, context.Canceled) {
				t.Fatalf("err = %v", err)
			}
		}
		wantLedger(t, srv, 1, 1)
		if err := process.Close(t.Context(), lease.Handle); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 1, 0)
	})
}

func TestCancelledOpenDoesNotDisturbOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{latency: 10 * time.Second}
		process := session.NewProcess()
		s := process.NewSession()
		var wg sync.WaitGroup
		wg.Go(func() { open(t, s, srv.request("a")) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := s.Open(ctx, srv.request("a")); err == nil {
			t.Error("a cancelled Open succeeded")
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("a cancelled Open with company took %v", took)
		}
		wg.Wait()
		wantLedger(t, srv, 1, 1)
	})
}

func TestADamagedReplyIsUndone(t *testing.T) {
	t.Parallel()
	for name, revocation := range map[string]error{"revoked": nil, "could not be revoked": errors.New("moon is full")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := &server{refuseRevoke: revocation}
				leftover, err := srv.authorize(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				srv.refuse = &vedauth.Error{Kind: vedauth.Ambiguous, Grant: leftover}
				process := session.NewProcess()
				_, err = process.NewSession().Open(t.Context(), srv.request("a"))
				var undone *session.UndoneError
				if !errors.As(err, &undone) || !errors.Is(undone.Revocation, revocation) || !errors.Is(err, srv.refuse) {
					t.Errorf("err = %v", err)
				}
				srv.refuseRevoke = nil // the way out tries again
				if err := process.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				wantLedger(t, srv, 1, 0)
			})
		})
	}
}

// TestARequestDoesNotShowItsParts: a password is one of them, and a request lives as long as its grant.
func TestARequestDoesNotShowItsParts(t *testing.T) {
	t.Parallel()
	const password = "correct horse battery staple"
	r := (&server{}).request("https://tpp.example.com", password)
	r.Credential = secret.Each("alice", password)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		printed := fmt.Sprintf(verb, r)
		shown := strings.Contains(printed, "horse") || strings.Contains(printed, fmt.Sprintf("%x", "horse"))
		if shown || !strings.Contains(printed, secret.Redacted) {
			t.Errorf("%s: %s", verb, printed)
		}
	}
}
