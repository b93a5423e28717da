package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

func TestShutdownRevokesAllAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(time.Second)
		process := session.NewProcess()
		for i := range 30 {
			open(t, process.NewSession(), srv.request(fmt.Sprint(i)))
		}
		began := time.Now()
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		wantLedger(t, srv, 30, 0)
	})
}

func TestShutdownWaitsForAnswersUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{latency: time.Second, deaf: true}
		process := session.NewProcess()
		s := process.NewSession()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := s.Open(t.Context(), srv.request("a")); !errors.Is(err, session.ErrShutdown) {
				t.Errorf("err = %v", err)
			}
		})
		synctest.Wait()
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 1, 0)
		wg.Wait()
		if _, err := s.Open(t.Context(), srv.request("b")); !errors.Is(err, session.ErrShutdown) {
			t.Errorf("an Open after Shutdown: %v", err)
		}
	})
}

func TestShutdownKeepsToItsTime(t *testing.T) {
	t.Parallel()
	for name, srv := range map[string]*server{
		"revocation hangs": slowToRevoke(time.Hour),
		"request hangs":    {latency: time.Hour, deaf: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				process := session.NewProcess()
				s := process.NewSession()
				var wg sync.WaitGroup
				wg.Go(func() {
					if lease, err := s.Open(t.Context(), srv.request("a")); err == nil {
						lease.Confirm()
					}
				})
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), 1800*time.Millisecond)
				defer cancel()
				began := time.Now()
				if err := process.Shutdown(ctx); err == nil || strings.Contains(err.Error(), "token-") {
					t.Errorf("err = %v", err)
				}
				if took := time.Since(began); took != 1800*time.Millisecond {
					t.Errorf("took %v", took)
				}
				wg.Wait()
			})
		})
	}
}

// TestShutdownTellsOfEveryGrantThatIsLeft: also of one whose answer came, and whose revocation failed, while it waited.
func TestShutdownTellsOfEveryGrantThatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{latency: time.Second, deaf: true, refuseRevoke: errors.New("moon is full")}
		process := session.NewProcess()
		s := process.NewSession()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := s.Open(t.Context(), srv.request("a")); !errors.Is(err, session.ErrShutdown) {
				t.Errorf("err = %v", err)
			}
		})
		synctest.Wait()
		if err := process.Shutdown(t.Context()); !errors.Is(err, srv.refuseRevoke) {
			t.Errorf("err = %v", err)
		}
		wg.Wait()
		wantLedger(t, srv, 1, 1)
	})
}

// TestShutdownDoesNotWaitForAnAttemptThatHangs: a revocation that got stuck is begun anew, on the time that is left.
func TestShutdownDoesNotWaitForAnAttemptThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(time.Hour)
		process := session.NewProcess()
		s := process.NewSession()
		first, second := open(t, s, srv.request("a")), open(t, s, srv.request("b"))
		for _, lease := range []*session.Lease{first, second} {
			if err := process.Close(t.Context(), lease.Handle); err == nil {
				t.Error("a revocation that hangs was reported as done")
			}
		}
		synctest.Wait()                             // the second is on its way, too
		srv.revokeLatency.Store(int64(time.Second)) // the way is free again, for requests that are sent from now on
		ctx, cancel := context.WithTimeout(t.Context(), 1800*time.Millisecond)
		defer cancel()
		if err := process.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 2, 0)
	})
}

// TestARevocationDoesNotChangeATokenInUse is for the race detector: a revocation may have to refresh the grant, while a
// block that shares it still reads its token.
func TestARevocationDoesNotChangeATokenInUse(t *testing.T) {
	t.Parallel()
	srv := &server{}
	process := session.NewProcess()
	s := process.NewSession()
	r := srv.request("a")
	r.Revoke = func(ctx context.Context, token *vedauth.Token) error {
		defer func() { token.AccessToken = secret.New("refreshed") }()
		return srv.revoke(ctx, token)
	}
	lease := open(t, s, r)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if got := lease.Token.AccessToken.Reveal(); got != "token-1" {
		t.Errorf("the token became %s", got)
	}
	wg.Wait()
	if got := lease.Token.AccessToken.Reveal(); got != "token-1" {
		t.Errorf("the token became %s", got)
	}
	wantLedger(t, srv, 1, 0)
}
