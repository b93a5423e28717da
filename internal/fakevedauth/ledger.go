package fakevedauth

import (
	"context"
	"fmt"
	"maps"
	"time"
)

// Ledger is what has happened so far. Issued = Revoked + Live + Expired.
type Ledger struct {
	Issued    int `json:"issued"`
	Revoked   int `json:"revoked"`
	Live      int `json:"live"`
	Expired   int `json:"expired"`
	Refreshed int `json:"refreshed"`
	// Grants, in the order of issue.
	Grants []Grant `json:"grants"`
	// Requests counts by endpoint; "" stands for unknown paths.
	Requests map[Endpoint]int `json:"requests"`
	// InFlight counts the requests that have come whole and have no answer yet, Peak the most there were of them at one time.
	InFlight map[Endpoint]int `json:"in_flight"`
	Peak     map[Endpoint]int `json:"peak"`
	// FailedLogons counts by the user's identity, or by the name as it was sent if nobody has it.
	FailedLogons map[string]int `json:"failed_logons"`
	// Devices are the device flows that wait for a person.
	Devices []PendingDevice `json:"devices"`
}

// String is the ledger's line.
func (l Ledger) String() string {
	return fmt.Sprintf("grants issued %d, revoked %d, live %d", l.Issued, l.Revoked, l.Live)
}

// Count returns how many grants fit.
func (l Ledger) Count(fits func(Grant) bool) int {
	n := 0
	for _, g := range l.Grants {
		if fits(g) {
			n++
		}
	}
	return n
}

// Grant is a grant as it stands.
type Grant struct {
	// ID counts from 1 in the order of issue.
	ID          int    `json:"id"`
	Application string `json:"application"`
	Identity    string `json:"identity"`
	Scope       string `json:"scope"`
	// Endpoint is the call that made it; Issue makes grants with an empty one. State is the request's field of that name.
	Endpoint Endpoint `json:"endpoint"`
	State    string   `json:"state"`
	// Issued, AccessExpires and Expires are by the server's clock; zero Expires is never.
	Issued        time.Time `json:"issued"`
	AccessExpires time.Time `json:"access_expires"`
	Expires       time.Time `json:"expires"`
	// Refreshable: it has a refresh token. Refreshes counts the rotations so far.
	Refreshable bool `json:"refreshable"`
	Refreshes   int  `json:"refreshes"`
	// One of Live, Revoked and Expired is true. A grant without a refresh token ends with its access token; one that
	// has a refresh token lives on without.
	Live    bool `json:"live"`
	Revoked bool `json:"revoked"`
	Expired bool `json:"expired"`
}

// Ledger returns what has happened so far.
func (s *Server) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger()
}

// Grants returns every grant so far, in the order of issue.
func (s *Server) Grants() []Grant { return s.Ledger().Grants }

// ledger is for those who hold mu.
func (s *Server) ledger() Ledger {
	l := Ledger{
		Issued:       len(s.grants),
		Requests:     map[Endpoint]int{},
		InFlight:     maps.Clone(s.inFlight),
		Peak:         maps.Clone(s.peak),
		FailedLogons: maps.Clone(s.failedLogons),
		Devices:      s.pendingDevices(),
	}
	for _, request := range s.requests {
		l.Requests[request.Endpoint]++
	}
	for _, g := range s.grants {
		snapshot := s.snapshot(g)
		l.Grants = append(l.Grants, snapshot)
		l.Refreshed += snapshot.Refreshes
		switch {
		case snapshot.Revoked:
			l.Revoked++
		case snapshot.Expired:
			l.Expired++
		default:
			l.Live++
		}
	}
	return l
}

// WaitFor returns as soon as the ledger satisfies the predicate, which is asked at once and after every change, or
// with the context's cause and the ledger's line.
func (s *Server) WaitFor(ctx context.Context, satisfied func(Ledger) bool) error {
	for {
		s.mu.Lock()
		now, changed := s.ledger(), s.changed
		s.mu.Unlock()
		if satisfied(now) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("fakevedauth: waited in vain (%s; requests %v, in flight %v): %w",
				now, now.Requests, now.InFlight, context.Cause(ctx))
		}
	}
}
