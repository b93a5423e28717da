package tokenstore

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// openFlags are none: the caller looks at the file before and after opening it.
const openFlags = 0

// patience and pause bound the waiting for virus scanners and readers, which keep a file from being replaced.
const (
	patience = 2 * time.Second
	pause    = 20 * time.Millisecond
)

func isLinkError(error) bool { return false }

func (systemFiles) mkdir(path string) error { return os.MkdirAll(path, directoryMode) }

// rename replaces the target and returns when the new name is on the disk, which os.Rename does not promise.
func (systemFiles) rename(from, to string) error {
	source, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	target, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); ; {
		err = windows.MoveFileEx(source, target, windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
		if !busy(err) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(pause)
	}
}

func busy(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED) ||
		errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// syncDir has nothing to do: MOVEFILE_WRITE_THROUGH has done it.
func (systemFiles) syncDir(string) error { return nil }

// owned and exposed go by the access control list of the user's profile, which the store inherits: mode bits and
// numeric owners mean nothing here.
func owned(fs.FileInfo) bool   { return true }
func exposed(fs.FileInfo) bool { return false }
