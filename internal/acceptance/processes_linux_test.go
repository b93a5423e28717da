package acceptance_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// endsWithin is how soon a provider ends that has nothing to do any more: less than the half minute that it has for
// what is left to do.
const endsWithin = 20 * time.Second

// providersOf finds the provider processes of a Terraform that runs: handles that stay good when the processes end.
// They are closed with the test.
func (w *world) providersOf(process *terraformcli.Process) (handles []int) {
	w.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, file := range stats {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent: the name is cut off after 15 bytes, and may hold anything.
		name, rest, _ := strings.Cut(string(content), ") ")
		fields := strings.Fields(rest)
		if !strings.Contains(name, "(terraform-provi") || len(fields) < 2 || fields[1] != strconv.Itoa(process.PID()) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			w.t.Fatal(err)
		}
		handle, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { _ = unix.Close(handle) })
		handles = append(handles, handle)
	}
	if len(handles) == 0 {
		w.t.Fatal("Terraform has no provider process")
	}
	return handles
}

// killAll kills processes as the system does when memory runs out.
func (w *world) killAll(handles []int) {
	w.t.Helper()
	for _, handle := range handles {
		if err := unix.PidfdSendSignal(handle, unix.SIGKILL, nil, 0); err != nil {
			w.t.Fatal(err)
		}
	}
}

// waitForEnd waits until processes have ended, and fails the test if that takes longer than endsWithin.
func (w *world) waitForEnd(handles []int) {
	w.t.Helper()
	for _, handle := range handles {
		poll := []unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(poll, int(endsWithin.Milliseconds()))
			if err == unix.EINTR {
				continue
			}
			if n == 0 || err != nil {
				w.t.Fatalf("the provider does not end: %v", err)
			}
			break
		}
	}
}
