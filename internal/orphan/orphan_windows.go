package orphan

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// Windows has neither signal for a process without a window; a console's end is reported as SIGTERM.
var stopSignals = []os.Signal{syscall.SIGTERM}

func ignoreBrokenPipe() {}

// watchParent takes the parent's handle, so that a later process with the same id is not taken for it, and returns what
// waits until it has ended.
func watchParent() (wait func()) {
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(os.Getppid()))
	return func() {
		if err != nil {
			select {} // cannot be watched: then the regular way out is the only one
		}
		defer func() { _ = windows.CloseHandle(parent) }()
		_, _ = windows.WaitForSingleObject(parent, windows.INFINITE)
	}
}
