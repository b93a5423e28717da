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

func (systemFiles) mkdir(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, directoryMode); err != nil {
		return err
	}
	return systemFiles{}.syncDir(filepath.Dir(path))
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
