package orphan

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// Windows has neither signal for a process without a window; a console's end is reported as SIGTERM.
var stopSignals = []os.Signal{syscall.SIGTERM}

func ignoreBrokenPipe() {}

// waitForParent returns when the parent has ended. Its handle is taken at the start, so that a later process with the
// same id is not taken for it.
func waitForParent() {
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(os.Getppid()))
	if err != nil {
		select {} // cannot be watched: then the regular way out is the only one
	}
	defer func() { _ = windows.CloseHandle(parent) }()
	_, _ = windows.WaitForSingleObject(parent, windows.INFINITE)
}
