package tokenstore

import (
	"context"
	"io/fs"
	"os"
	"time"
)

const (
	directoryMode fs.FileMode = 0o700
	fileMode      fs.FileMode = 0o600
)

// fileSystem is every call that the store makes to the system, so that a test can let each of them fail.
type fileSystem interface {
	// mkdir makes a directory and its parents with mode 0700, durably; one that exists is fine.
	mkdir(path string) error
	// lstat does not follow a symbolic link.
	lstat(path string) (fs.FileInfo, error)
	// list returns the names in a directory.
	list(path string) ([]string, error)
	// open opens for reading and fails on a symbolic link.
	open(path string) (file, error)
	// create makes a new file of mode 0600 and fails if the name is taken.
	create(path string) (file, error)
	// rename replaces the target atomically, durably where a directory cannot be synced.
	rename(from, to string) error
	remove(path string) error
	// syncDir makes what happened to the names in a directory durable.
	syncDir(path string) error
	// lock waits for an exclusive lock until the context ends; tryLock does not wait.
	lock(ctx context.Context, path string, poll time.Duration) (unlocker, error)
	tryLock(path string, shared bool) (unlocker, bool, error)
}

// file is an open file.
type file interface {
	Read(p []byte) (int, error)
	WriteAt(p []byte, offset int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Stat() (fs.FileInfo, error)
	Close() error
}

// unlocker is a lock that is held.
type unlocker interface {
	Unlock() error
}

// systemFiles is the real file system.
type systemFiles struct{}

func (systemFiles) lstat(path string) (fs.FileInfo, error) { return os.Lstat(path) }

func (systemFiles) remove(path string) error { return os.Remove(path) }

func (systemFiles) list(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}

func (systemFiles) open(path string) (file, error) {
	return openFile(path, os.O_RDONLY|openFlags)
}

func (systemFiles) create(path string) (file, error) {
	return openFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|openFlags)
}

// openFile keeps a nil *os.File from becoming a file that is not nil.
func openFile(path string, flags int) (file, error) {
	f, err := os.OpenFile(path, flags, fileMode)
	if err != nil {
		return nil, err
	}
	return f, nil
}
