package tokenstore

import (
	"context"
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

// faultyFiles counts the calls to the system and lets one of them fail, or all from there on, as for a process that
// was killed at that moment.
type faultyFiles struct {
	fileSystem
	calls int
	// at is the number of the call that fails; forGood lets all later ones fail too.
	at      int
	forGood bool
	// also lets every call of that name fail from call at on.
	also string
	// name names the calls that failed, log all of them.
	name string
	log  []string
	// before is called before each call.
	before func(name string)
}

var errFault = fmt.Errorf("injected: %w", syscall.ENOSPC)

func (f *faultyFiles) fails(name string) bool {
	if f.before != nil {
		f.before(name)
	}
	f.calls++
	f.log = append(f.log, name)
	if f.calls == f.at || f.at > 0 && f.calls > f.at && (f.forGood || f.also == name) {
		f.name += " " + name
		return true
	}
	return false
}

func (f *faultyFiles) mkdir(path string) error {
	if f.fails("mkdir") {
		return errFault
	}
	return f.fileSystem.mkdir(path)
}

func (f *faultyFiles) lstat(path string) (fs.FileInfo, error) {
	if f.fails("lstat") {
		return nil, errFault
	}
	return f.fileSystem.lstat(path)
}

func (f *faultyFiles) list(path string) ([]string, error) {
	if f.fails("list") {
		return nil, errFault
	}
	return f.fileSystem.list(path)
}

func (f *faultyFiles) open(path string) (file, error) {
	if f.fails("open") {
		return nil, errFault
	}
	return f.wrap(f.fileSystem.open(path))
}

func (f *faultyFiles) create(path string) (file, error) {
	if f.fails("create") {
		return nil, errFault
	}
	return f.wrap(f.fileSystem.create(path))
}

func (f *faultyFiles) wrap(inner file, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return &faultyFile{file: inner, fs: f}, nil
}

func (f *faultyFiles) rename(from, to string) error {
	if f.fails("rename") {
		return errFault
	}
	return f.fileSystem.rename(from, to)
}

func (f *faultyFiles) remove(path string) error {
	if f.fails("remove") {
		return errFault
	}
	return f.fileSystem.remove(path)
}

func (f *faultyFiles) syncDir(path string) error {
	if f.fails("syncDir") {
		return errFault
	}
	return f.fileSystem.syncDir(path)
}

func (f *faultyFiles) lock(ctx context.Context, path string, poll time.Duration) (unlocker, error) {
	if f.fails("lock") {
		return nil, errFault
	}
	return f.fileSystem.lock(ctx, path, poll)
}

func (f *faultyFiles) tryLock(path string, shared bool) (unlocker, bool, error) {
	if f.fails("tryLock") {
		return nil, false, errFault
	}
	return f.fileSystem.tryLock(path, shared)
}

type faultyFile struct {
	file
	fs *faultyFiles
}

func (f *faultyFile) Read(p []byte) (int, error) {
	if f.fs.fails("read") {
		return 0, errFault
	}
	return f.file.Read(p)
}

// WriteAt fails as a full disk does: after half of the bytes.
func (f *faultyFile) WriteAt(p []byte, offset int64) (int, error) {
	if f.fs.fails("write") {
		n, _ := f.file.WriteAt(p[:len(p)/2], offset)
		return n, errFault
	}
	return f.file.WriteAt(p, offset)
}

func (f *faultyFile) Truncate(size int64) error {
	if f.fs.fails("truncate") {
		return errFault
	}
	return f.file.Truncate(size)
}

func (f *faultyFile) Sync() error {
	if f.fs.fails("sync") {
		return errFault
	}
	return f.file.Sync()
}

func (f *faultyFile) Stat() (fs.FileInfo, error) {
	if f.fs.fails("stat") {
		return nil, errFault
	}
	return f.file.Stat()
}

func (f *faultyFile) Close() error {
	err := f.file.Close()
	if f.fs.fails("close") {
		return errFault
	}
	return err
}
