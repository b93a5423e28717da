//go:build unix

package tokenstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// openFlags refuse a symbolic link, and do not wait for the other end of a pipe that somebody put there.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// isLinkError knows what the system says where O_NOFOLLOW meets a symbolic link: ELOOP, or EMLINK on FreeBSD.
func isLinkError(err error) bool {
	return errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.EMLINK)
}

func (s systemFiles) mkdir(path string) error { return makeDurably(path, s.syncDir) }

// makeDurably makes a directory and its parents. Each of them is a new name in the one above it, and all those names
// are to survive a power cut: a file of which only the path is gone is lost too.
func makeDurably(path string, syncDir func(string) error) error {
	var above []string
	for dir := path; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		above = append(above, filepath.Dir(dir))
	}
	if above == nil {
		return nil
	}
	if err := os.MkdirAll(path, directoryMode); err != nil {
		return err
	}
	for _, dir := range above {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (systemFiles) rename(from, to string) error { return os.Rename(from, to) }

func (systemFiles) syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // some network file systems cannot sync a directory; they do it by themselves
	}
	return errors.Join(err, dir.Close())
}

// owned reports whether the file belongs to the effective user of this process.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// exposed reports whether the group or others may do anything with the file.
func exposed(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
