package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// procFolder is where the kernel shows a process.
func procFolder(pid int) string { return filepath.Join("/proc", strconv.Itoa(pid)) }

// family returns the ids of a process and of all that it and its children started and that still run.
func family(t *testing.T, pid int) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	children := map[int][]int{}
	for _, entry := range entries {
		child, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(procFolder(child), "stat"))
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent ...; the name can hold anything.
		var state string
		var parent int
		if _, err := fmt.Sscan(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), &state, &parent); err != nil {
			t.Fatalf("%s: %v", stat, err)
		}
		children[parent] = append(children[parent], child)
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// providersOf returns the ids of the provider processes that a Terraform has started.
func providersOf(t *testing.T, terraform int) []int {
	t.Helper()
	return slices.DeleteFunc(family(t, terraform), func(pid int) bool {
		program, err := os.Readlink(filepath.Join(procFolder(pid), "exe"))
		return err != nil || filepath.Base(program) != "terraform-provider-vedauth"
	})
}

// peakMemory is the most memory that a process has had so far, in bytes.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(filepath.Join(procFolder(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kibibytes int
	if _, err := fmt.Sscan(rest, &kibibytes); err != nil {
		t.Fatalf("%s: %v", status, err)
	}
	return kibibytes << 10
}
