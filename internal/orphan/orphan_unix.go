//go:build unix

package orphan

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// interval is how often the parent is looked for. A pidfd would tell at once, but only Linux has it.
const interval = 200 * time.Millisecond

var stopSignals = []os.Signal{syscall.SIGTERM, syscall.SIGHUP}

func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }

// watchParent looks who the parent is, and returns what waits until it has ended: the process then has another parent.
// PDEATHSIG would not do, because it follows the thread that started this process, and the threads of a Go program come
// and go.
func watchParent() (wait func()) {
	parent := os.Getppid()
	return func() {
		ticks := time.NewTicker(interval)
		defer ticks.Stop()
		for os.Getppid() == parent {
			<-ticks.C
		}
	}
}
