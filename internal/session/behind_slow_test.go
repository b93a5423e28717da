package session_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// TestClosesHaveALimit: all of them together give up on a server that has stopped to answer, and the last one says so.
func TestClosesHaveALimit(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 50} { // those that are under way at a time, and more
		synctest.Test(t, func(t *testing.T) {
			srv := slowToRevoke(100 * time.Millisecond)
			process := session.NewProcess()
			var began time.Time
			for i, handle := range openMany(t, process, srv, n) {
				if i == 1 {
					srv.revokeLatency.Store(int64(time.Hour))
					began = time.Now()
				}
				err := process.Close(t.Context(), handle)
				if i == n-1 && err == nil {
					t.Error("the last Close tells nothing")
				}
			}
			if took := time.Since(began); took != session.CloseLimit {
				t.Errorf("%d Closes took %v", n, took)
			}
			srv.revokeLatency.Store(int64(time.Second))
			if err := process.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			wantLedger(t, srv, n, 0)
		})
	}
}

// TestAServerIsNotFlooded: also after one revocation got no answer, and nobody waits for the others any more, no more than
// ten are under way. A server that is only busy would never get to an end with all of them at once.
func TestAServerIsNotFlooded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(session.CloseLimit + time.Second)
		process := session.NewProcess()
		s := process.NewSession()
		var busy, most atomic.Int64
		var handles []string
		for i := range 50 {
			r := srv.request(fmt.Sprint(i))
			r.Revoke = func(ctx context.Context, token *vedauth.Token) error {
				defer busy.Add(-1)
				most.Store(max(most.Load(), busy.Add(1)))
				return srv.revoke(ctx, token)
			}
			handles = append(handles, open(t, s, r).Handle)
		}
		for _, handle := range handles {
			_ = process.Close(t.Context(), handle) // tells that it does not know what becomes of it
			synctest.Wait()
		}
		if n := most.Load(); n != 10 {
			t.Errorf("%d at a time", n)
		}
		srv.revokeLatency.Store(0)
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 50, 0)
	})
}

// TestAReasonIsNotLostAfterASlowRevocation: after one that got no answer the last Close waits for nothing, and tells all
// the same what has become of the others.
func TestAReasonIsNotLostAfterASlowRevocation(t *testing.T) {
	t.Parallel()
	for range 20 { // of two things that are ready, select takes either
		synctest.Test(t, func(t *testing.T) {
			full := errors.New("moon is full")
			srv := slowToRevoke(150 * time.Millisecond)
			process := session.NewProcess()
			for i, handle := range openMany(t, process, srv, 4) {
				switch i {
				case 1: // the first that is not waited for
					srv.refuseToRevoke(full)
				case 2:
					<-time.After(time.Second)
					srv.revokeLatency.Store(int64(time.Hour))
				case 3:
					<-time.After(2 * session.CloseLimit)
				}
				if err := process.Close(t.Context(), handle); (i == 3) != errors.Is(err, full) {
					t.Errorf("Close %d: %v", i, err)
				}
			}
			srv.revokeLatency.Store(0)
			srv.refuseToRevoke(nil)
			if err := process.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
