package fakevedauth

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Plan says to which requests a fault happens. Make one with Times, Once, Always, Sequence or When.
type Plan struct {
	faults []Fault
	left   int // -1 is forever
	when   func(Request) bool
}

// Once strikes the next request.
func Once(fault Fault) Plan { return Times(1, fault) }

// Times strikes the next n requests.
func Times(n int, fault Fault) Plan { return Plan{faults: []Fault{fault}, left: n} }

// Always strikes every request until it is removed.
func Always(fault Fault) Plan { return Plan{faults: []Fault{fault}, left: -1} }

// Sequence strikes the next requests with one fault each. Nothing() lets one through.
func Sequence(faults ...Fault) Plan { return Plan{faults: faults, left: len(faults)} }

// When narrows a plan to the requests that fit. The request has its body, except for CloseUnread.
func When(fits func(Request) bool, plan Plan) Plan {
	plan.when = fits
	return plan
}

// FirstAttempts strikes percent of the requests, chosen by a hash of what was sent, each at its first attempt only:
// sent again, the same request is let through.
func FirstAttempts(percent uint64, fault Fault) Plan {
	struck := map[[sha256.Size]byte]bool{}
	return When(func(r Request) bool { // asked under the server's lock
		hash := sha256.New()
		for _, part := range []string{r.Method, r.Path, r.Header.Get("Authorization"), string(r.Body)} {
			_, _ = hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			_, _ = hash.Write([]byte(part)) // neither fails on a hash
		}
		sum := [sha256.Size]byte(hash.Sum(nil))
		if binary.BigEndian.Uint64(sum[:])%100 >= percent || struck[sum] {
			return false
		}
		struck[sum] = true
		return true
	}, Always(fault))
}

// activePlan is a plan that was injected.
type activePlan struct {
	Plan
	struck int
}

// Inject makes an endpoint (or Any) misbehave. Plans are asked in the order in which they were injected; the first
// that fits and is not used up strikes, the endpoint's own before those of Any. The result takes the plan back.
func (s *Server) Inject(endpoint Endpoint, plan Plan) (remove func()) {
	active := &activePlan{Plan: plan}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[endpoint] = append(s.faults[endpoint], active)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults[endpoint] = slices.DeleteFunc(s.faults[endpoint], func(p *activePlan) bool { return p == active })
	}
}

// ClearFaults takes every plan back.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// takeFault finds what happens to a request, nil if nothing does. unread asks for the faults that strike before the
// body is read. For those who hold mu.
func (s *Server) takeFault(request *Request, unread bool) *Fault {
	for _, endpoint := range []Endpoint{request.Endpoint, Any} {
		for _, plan := range s.faults[endpoint] {
			if plan.left == plan.struck || len(plan.faults) == 0 {
				continue
			}
			fault := plan.faults[plan.struck%len(plan.faults)]
			if fault.unread != unread || plan.when != nil && !plan.when(request.clone()) {
				continue
			}
			plan.struck++
			return &fault
		}
	}
	return nil
}

// answer decides what happens to a request: the state changes, the reply is made, and a fault may strike.
func (s *Server) answer(request *Request) (reply, dropKind) {
	s.mu.Lock()
	fault := s.takeFault(request, false)
	latency := s.options.Latency
	s.mu.Unlock()
	if fault == nil {
		answer := s.dispatch(request)
		s.pause(nil, latency)
		return answer, dropNothing
	}
	if !fault.afterCommit {
		s.pause(fault.hold, fault.latency)
	}
	var answer reply
	if fault.afterCommit || fault.drop == dropNothing && fault.replace == nil {
		answer = s.dispatch(request)
	}
	if fault.afterCommit {
		s.pause(fault.hold, fault.latency)
	}
	if fault.drop != dropNothing {
		return reply{}, fault.drop
	}
	if fault.replace != nil {
		answer = fault.replace(s)
	}
	for _, change := range fault.changes {
		answer = change(answer)
	}
	return answer, dropNothing
}
