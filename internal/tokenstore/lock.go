package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// DefaultLockTimeout is how long one run waits for others.
	DefaultLockTimeout = 2 * time.Minute
	// pollLock is the pause between two looks at a lock, and quietWait how long a wait goes unmentioned.
	pollLock  = 100 * time.Millisecond
	quietWait = 2 * time.Second
)

// local is what this process knows of one grant's file, shared by all stores on the same directory.
type local struct {
	// turn holds one element while nobody here works on the file: a file lock alone keeps out other processes only on
	// some systems.
	turn chan struct{}
	// unsaved is what could not be written; guarded by turn.
	unsaved *entry

	mu sync.Mutex
	// held counts who uses which pair; guarded by mu.
	held map[holding]int
}

var locals sync.Map // of *local, by path of the data file

func localState(p files) *local {
	fresh := &local{turn: make(chan struct{}, 1), held: map[holding]int{}}
	fresh.turn <- struct{}{}
	known, _ := locals.LoadOrStore(p.data, fresh)
	state, ok := known.(*local)
	if !ok {
		return fresh // cannot happen: nothing else is stored
	}
	return state
}

// lock takes the exclusive lock of a grant: first among the goroutines of this process, then among processes. It waits
// for the lock timeout and says whom it waits for. It fails with an Error, or with the context's error.
func (s *Store) lock(ctx context.Context, p files, notify notifier) (unlock func(), err error) {
	if err := s.checkPath(p.lock); err != nil {
		return nil, err
	}
	limit, cancel := context.WithTimeout(ctx, s.lockTimeout)
	defer cancel()
	quiet, cancelQuiet := context.WithTimeout(limit, quietWait)
	defer cancelQuiet()

	unlock, err = s.waitFor(quiet, p)
	if errors.Is(err, context.DeadlineExceeded) && limit.Err() == nil {
		notify.info("Waiting for another process that works on the same stored grant (%s).", s.holder(p))
		unlock, err = s.waitFor(limit, p)
	}
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("gave up waiting for the token store: %w", context.Cause(ctx))
	case errors.Is(err, context.DeadlineExceeded):
		return nil, failure(Locked, nil, "Another process held the stored grant for %s (%s). Nothing was sent to the "+
			"server. Try again when it has ended, or set a longer token_store.lock_timeout.", s.lockTimeout, s.holder(p))
	default:
		return nil, cannotWrite(s.dir, err)
	}
}

func (s *Store) waitFor(ctx context.Context, p files) (func(), error) {
	state := localState(p)
	select {
	case <-state.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	held, err := s.fs.lock(ctx, p.lock, pollLock)
	if err != nil {
		state.turn <- struct{}{}
		return nil, err
	}
	return func() {
		_ = held.Unlock() // the kernel frees it with the file, at the latest when the process ends
		state.turn <- struct{}{}
	}, nil
}

// holder says who has the lock, as far as the file tells: a run that sends a request has announced it there.
func (s *Store) holder(p files) string {
	if e, err := s.read(p.data); err == nil && e != nil && e.Intent != nil {
		return e.Intent.who()
	}
	return "it holds " + p.lock
}
