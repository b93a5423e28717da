package acceptance_test

import (
	"fmt"
	"testing"
)

// memoryLimit is what a provider with 500 blocks may need at most, in bytes; it was a quarter when this was written.
const memoryLimit = 256 << 20

// watchMemory checks how much memory the provider process has needed so far, and returns a line about it.
func watchMemory(t *testing.T, terraform int) string {
	t.Helper()
	processes := providersOf(t, terraform)
	if len(processes) == 0 {
		t.Error("there is no provider process to look at")
	}
	peak := 0
	for _, pid := range processes {
		peak = max(peak, peakMemory(t, pid))
	}
	if peak > memoryLimit {
		t.Errorf("the provider needed %d MiB, more than %d MiB", peak>>20, memoryLimit>>20)
	}
	return fmt.Sprintf("%d MiB at most in the provider process", peak>>20)
}
