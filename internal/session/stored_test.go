package session_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// storedRequest is one for a grant that is kept elsewhere; released counts how often its lease was given back.
func storedRequest(srv *server, released *atomic.Int32) session.Request {
	r := srv.request("stored")
	r.Stored, r.Release = true, func() { released.Add(1) }
	return r
}

// TestAStoredGrantIsNeverRevoked: not by Close, not by Shutdown, not by Abandon; its lease is given back once.
func TestAStoredGrantIsNeverRevoked(t *testing.T) {
	t.Parallel()
	ends := map[string]func(t *testing.T, p *session.Process, leases []*session.Lease){
		"closed": func(t *testing.T, p *session.Process, leases []*session.Lease) {
			for _, lease := range leases {
				if err := p.Close(t.Context(), lease.Handle); err != nil {
					t.Error(err)
				}
			}
		},
		"not closed": func(*testing.T, *session.Process, []*session.Lease) {},
		"abandoned": func(t *testing.T, _ *session.Process, leases []*session.Lease) {
			for _, lease := range leases {
				if err := lease.Abandon(t.Context()); err != nil {
					t.Error(err)
				}
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, released := &server{}, atomic.Int32{}
				process := session.NewProcess()
				s := process.NewSession()
				leases := []*session.Lease{open(t, s, storedRequest(srv, &released)), open(t, s, storedRequest(srv, &released))}
				if name != "not closed" && released.Load() != 0 {
					t.Error("given back while it is held")
				}
				end(t, process, leases)
				if name != "not closed" && released.Load() != 1 {
					t.Errorf("given back %d times when the last block ended", released.Load())
				}
				if err := process.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if released.Load() != 1 {
					t.Errorf("given back %d times", released.Load())
				}
				wantLedger(t, srv, 1, 1)
			})
		})
	}
}

// TestTheLastBlockGivesTheLeaseBack and not the first.
func TestTheLastBlockGivesTheLeaseBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, released := &server{}, atomic.Int32{}
		process := session.NewProcess()
		s := process.NewSession()
		first, second := open(t, s, storedRequest(srv, &released)), open(t, s, storedRequest(srv, &released))
		for i, lease := range []*session.Lease{first, second} {
			if err := process.Close(t.Context(), lease.Handle); err != nil {
				t.Error(err)
			}
			if int(released.Load()) != i {
				t.Errorf("given back %d times after %d of 2 were closed", released.Load(), i+1)
			}
		}
	})
}

// TestACancelledOpenWaitsForAStoredGrant: the answer is what keeps the grant, so it is waited for, however long it takes.
func TestACancelledOpenWaitsForAStoredGrant(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		deaf  bool // the request is on its way when it is cancelled
		takes time.Duration
	}{"not sent": {false, time.Second}, "sent": {true, time.Minute}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, released := &server{latency: time.Minute, deaf: test.deaf}, atomic.Int32{}
				s := session.NewProcess().NewSession()
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, context.Canceled)
				defer cancel()
				began := time.Now()
				if _, err := s.Open(ctx, storedRequest(srv, &released)); !errors.Is(err, context.Canceled) {
					t.Errorf("err = %v", err)
				}
				if took := time.Since(began); took != test.takes {
					t.Errorf("took %v, want %v", took, test.takes)
				}
				if issued, live := srv.ledger(); issued != live || test.deaf != (issued == 1) {
					t.Errorf("issued %d, live %d: a stored grant is not revoked", issued, live)
				}
				if released.Load() != 1 {
					t.Errorf("the lease was given back %d times", released.Load())
				}
			})
		})
	}
}
