package session_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// refuseToRevoke makes every revocation fail with err.
func (s *server) refuseToRevoke(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuseRevoke = err
}

// openMany opens n different tokens and returns their handles.
func openMany(t *testing.T, process *session.Process, srv *server, n int) []string {
	t.Helper()
	s := process.NewSession()
	var handles []string
	for i := range n {
		handles = append(handles, open(t, s, srv.request(fmt.Sprint(i))).Handle)
	}
	return handles
}

// TestClosesOneAfterTheOther: only the first of a hundred Closes wait for a server that needs 50 ms, and the last, which
// returns when all are revoked. Ten are revoked at a time.
func TestClosesOneAfterTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(50 * time.Millisecond)
		process := session.NewProcess()
		began := time.Now()
		for i, handle := range openMany(t, process, srv, 100) {
			if err := process.Close(t.Context(), handle); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); i == 11 && took != 100*time.Millisecond {
				t.Errorf("those for which there was room waited for %v, want the patience of 100 ms", took)
			}
		}
		if took := time.Since(began); took != 600*time.Millisecond {
			t.Errorf("all Closes took %v, want 600 ms: twice one, and ten times ten", took)
		}
		wantLedger(t, srv, 100, 0)
	})
}

// TestFastServersAreWaitedFor: each Close of a fast server returns when its grant is gone.
func TestFastServersAreWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(time.Millisecond)
		process := session.NewProcess()
		for i, handle := range openMany(t, process, srv, 100) {
			if err := process.Close(t.Context(), handle); err != nil {
				t.Error(err)
			}
			wantLedger(t, srv, 100, 99-i)
		}
	})
}

// TestTheLastCloseTells what could not be revoked, once.
func TestTheLastCloseTells(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("moon is full")
		srv := slowToRevoke(60 * time.Millisecond)
		process := session.NewProcess()
		for i, handle := range openMany(t, process, srv, 10) {
			if i == 5 {
				synctest.Wait()
				<-time.After(time.Second) // what was left behind so far is revoked
				srv.refuseToRevoke(full)
			}
			err := process.Close(t.Context(), handle)
			if i < 9 && err != nil {
				t.Errorf("Close %d: %v", i, err)
			}
			if i == 9 && (!errors.Is(err, full) || strings.Count(err.Error(), "moon") != 1) {
				t.Errorf("the last Close: %v", err)
			}
		}
		wantLedger(t, srv, 10, 5)
		srv.refuseToRevoke(nil)
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 10, 0)
	})
}

// TestThereIsNoLastClose: Terraform skips it after a failure. The way out revokes what was left behind too.
func TestThereIsNoLastClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(150 * time.Millisecond)
		process := session.NewProcess()
		for _, handle := range openMany(t, process, srv, 60)[:59] {
			if err := process.Close(t.Context(), handle); err != nil {
				t.Error(err)
			}
		}
		began := time.Now()
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
		wantLedger(t, srv, 60, 0)
	})
}

// TestAKeptGrantIsNotWaitedFor: a data source keeps its grant, and Terraform never closes it. The Close that waits for
// what was left behind is the last of those that revoke.
func TestAKeptGrantIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(150 * time.Millisecond)
		process := session.NewProcess()
		kept := srv.request("data")
		kept.Keep = true
		open(t, process.NewSession(), kept)
		full := errors.New("moon is full")
		for i, handle := range openMany(t, process, srv, 5) {
			if i == 1 {
				srv.refuseToRevoke(full)
			}
			if err := process.Close(t.Context(), handle); (i == 4) != errors.Is(err, full) {
				t.Errorf("Close %d: %v", i, err)
			}
		}
		wantLedger(t, srv, 6, 5)
		srv.refuseToRevoke(nil)
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantLedger(t, srv, 6, 1)
	})
}

// TestNoCloseWaitsForMoreThanItsShare: however many are left behind, the last Close does not run out of time with a
// server that answers.
func TestNoCloseWaitsForMoreThanItsShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := slowToRevoke(400 * time.Millisecond)
		process := session.NewProcess()
		for i, handle := range openMany(t, process, srv, 500) {
			began := time.Now()
			if err := process.Close(t.Context(), handle); err != nil || time.Since(began) > time.Second {
				t.Errorf("Close %d took %v: %v", i, time.Since(began), err)
			}
		}
		wantLedger(t, srv, 500, 0)
		if err := process.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
