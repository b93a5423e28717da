package fakevedauth

import (
	"fmt"
	"slices"
	"time"
)

type dropKind int

const (
	dropNothing dropKind = iota
	dropClose
	dropReset
)

// Fault is one way to misbehave. It strikes before the state changes (so nothing is issued, rotated or revoked),
// unless AfterCommit says otherwise or its constructor does. Its methods return a changed copy.
type Fault struct {
	afterCommit bool
	hold        <-chan struct{}
	latency     time.Duration
	drop        dropKind
	unread      bool
	replace     func(*Server) reply
	changes     []func(reply) reply
}

// AfterCommit makes the fault strike after the state has changed: the grant is issued, rotated or revoked, and the
// client does not learn of it.
func (f Fault) AfterCommit() Fault {
	f.afterCommit = true
	return f
}

// Held adds Hold to a fault.
func (f Fault) Held(release <-chan struct{}) Fault {
	f.hold = release
	return f
}

// Delayed adds Latency to a fault.
func (f Fault) Delayed(d time.Duration) Fault {
	f.latency = d
	return f
}

// To makes the fault change what another fault answers, in place of the server's own reply.
func (f Fault) To(answer Fault) Fault {
	f.replace = answer.replace
	return f
}

// Header sets a header of the reply.
func (f Fault) Header(name, value string) Fault {
	return f.changing(func(r reply) reply { return r.with(name, value) })
}

// RetryAfter sets that header, in seconds.
func (f Fault) RetryAfter(seconds int) Fault { return f.Header("Retry-After", fmt.Sprint(seconds)) }

// Reason sets the reason phrase of the reply.
func (f Fault) Reason(text string) Fault {
	return f.changing(func(r reply) reply {
		r.reason = text
		return r
	})
}

func (f Fault) changing(change func(reply) reply) Fault {
	f.changes = append(slices.Clone(f.changes), change)
	return f
}
