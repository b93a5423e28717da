package vedauth

import "sync"

// reader is what is known of whoever reads from a connection.
//
// Package net/http hands a connection on as soon as it has an answer, before it has looked whether more came with it: an
// empty line too many, or a second answer. It takes either for the answer to the next request. With a login that is a
// grant of which nobody knows, and perhaps a token of somebody else. So a request waits until all that came has been
// looked at. Nothing is expected then, and if there is something, net/http closes the connection.
type reader struct {
	changed *sync.Cond // its lock guards the rest
	waiting bool       // for the other side: all that came before has been looked at
	ended   bool
}

func newReader() *reader { return &reader{changed: sync.NewCond(new(sync.Mutex))} }

// waits notes whether a read is under way.
func (r *reader) waits(now bool) { r.note(func() { r.waiting = now }) }

// end notes that the connection is closed.
func (r *reader) end() { r.note(func() { r.ended = true }) }

func (r *reader) note(change func()) {
	r.changed.L.Lock()
	defer r.changed.L.Unlock()
	change()
	r.changed.Broadcast()
}

// settle returns when the connection is read from, or closed.
func (r *reader) settle() {
	r.changed.L.Lock()
	defer r.changed.L.Unlock()
	for !r.waiting && !r.ended {
		r.changed.Wait()
	}
}
