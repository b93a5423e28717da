package session_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

func slowToRevoke(latency time.Duration) *server {
	srv := &server{}
	srv.revokeLatency.Store(int64(latency))
	return srv
}

func TestCloseReportsWhyAGrantIsStillThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{refuseRevoke: errors.New("moon is full")}
		process := session.NewProcess()
		lease := open(t, process.NewSession(), srv.request("a"))
		if err := process.Close(t.Context(), lease.Handle); !errors.Is(err, srv.refuseRevoke) {
			t.Errorf("err = %v", err)
		}
		wantLedger(t, srv, 1, 1)
		srv.refuseRevoke = nil
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 1, 0)
	})
}

// TestHangingRevocations: Terraform closes the instances of one block one after the other.
func TestHangingRevocations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(time.Hour)
		process := session.NewProcess()
		s := process.NewSession()
		var handles []string
		for i := range 20 {
			handles = append(handles, open(t, s, srv.request(fmt.Sprint(i))).Handle)
		}
		began := time.Now()
		for _, handle := range handles {
			if err := process.Close(t.Context(), handle); err == nil {
				t.Error("a revocation that hangs was reported as done")
			}
		}
		if took := time.Since(began); took > session.CloseLimit {
			t.Errorf("20 hanging revocations took %v", took)
		}
		<-time.After(session.CloseLimit)
		synctest.Wait() // the background has given up
		srv.revokeLatency.Store(int64(time.Second))
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 20, 0)
	})
}

// TestEverythingAtOnce is for the race detector: opens, cancellations, closes and the way out, all mixed.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(5 * time.Millisecond)
		srv.latency = 20 * time.Millisecond
		process := session.NewProcess()
		s := process.NewSession()
		var wg sync.WaitGroup
		for i := range 300 {
			wg.Go(func() {
				<-time.After(time.Duration(i) * time.Millisecond / 3)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%40)*time.Millisecond)
				defer cancel()
				lease, err := s.Open(ctx, srv.request(fmt.Sprint(i%7)))
				if err != nil {
					return
				}
				if i%5 == 0 {
					_ = lease.Abandon(t.Context())
					return
				}
				lease.Confirm()
				if i%3 == 0 {
					_ = process.Close(t.Context(), lease.Handle)
				}
			})
		}
		<-time.After(80 * time.Millisecond)
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		issued, live := srv.ledger()
		if issued == 0 || live != 0 {
			t.Errorf("issued %d, live %d", issued, live)
		}
	})
}
