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
		return wide(usage.Maxrss)
	}
	return wide(usage.Maxrss) * 1024
}

// wide takes both widths that the field has, depending on the system.
func wide[N int32 | int64](n N) int64 { return int64(n) }
