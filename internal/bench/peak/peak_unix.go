//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakOf is the peak memory of a process that has ended, in bytes.
func peakOf(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" { // which counts in bytes, the others in KiB
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}
