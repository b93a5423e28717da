package tokenstore

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// newLock wraps the lock library: one object per attempt, for the library's object is one open file, and a lock
// belongs to the open file. A file that is opened for writing too can also be locked on NFS.
func newLock(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_RDWR|os.O_CREATE|openFlags), flock.SetPermissions(fileMode))
}

func (systemFiles) lock(ctx context.Context, path string, poll time.Duration) (unlocker, error) {
	for {
		lock := newLock(path)
		held, err := lock.TryLockContext(ctx, poll)
		if err != nil {
			return nil, err
		}
		if held && current(lock) {
			return lock, nil
		}
		if err := lock.Unlock(); err != nil {
			return nil, err
		}
	}
}

func (systemFiles) tryLock(path string, shared bool) (unlocker, bool, error) {
	lock := newLock(path)
	try := lock.TryLock
	if shared {
		try = lock.TryRLock
	}
	held, err := try()
	if err != nil || !held {
		return nil, false, err
	}
	if !current(lock) {
		return nil, false, errors.Join(errReplaced, lock.Unlock())
	}
	return lock, true, nil
}

// errReplaced: somebody deleted a lock file in the moment in which it was locked.
var errReplaced = errors.New("the lock file was deleted by another program")

// current reports whether the locked file is still the one under its name. Where somebody deleted it, others lock a
// new one, and two would think that they are alone.
func current(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(lock.Path())
	return err == nil && os.SameFile(locked, named)
}
