//go:build unix

package orphan_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/orphan"
)

// These tests run this program again, as a parent (Terraform) and as its child (the provider):
//
//	test -- commands --> child -- reports --> test
//	test -- stdin --> parent <-- stderr -- child
//
// The pipes of commands and reports go past the parent, so that they outlive it. The end of the test ends everything.
//
// What the child does: watch its parent, wait for a signal, or neither.
const watching, stopping, careless = "watching", "stopping", "careless"

func init() {
	for _, what := range []string{watching, stopping, careless} {
		roles["parent of "+what] = func() int { return runParent(what) }
		roles[what] = func() int { return runChild(what, os.NewFile(3, "commands"), os.NewFile(4, "reports")) }
	}
}

// runParent starts the child, reads what it writes to stderr, and lives until its own stdin ends.
func runParent(child string) int {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+child)
	cmd.ExtraFiles = []*os.File{os.NewFile(3, "commands"), os.NewFile(4, "reports")}
	stderr, err := cmd.StderrPipe()
	if err != nil || cmd.Start() != nil {
		return 1
	}
	for _, file := range cmd.ExtraFiles { // the child's alone, so that their end is the child's
		_ = file.Close()
	}
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// runChild does what it is told, and reports it, until there are no more commands.
func runChild(role string, commands io.Reader, reports io.Writer) int {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(reports, format+"\n", args...) }
	write := func() string {
		_, err := os.Stderr.WriteString("a line of the log\n")
		return fmt.Sprintf("broken pipe: %t", errors.Is(err, syscall.EPIPE))
	}
	ended := func() {
		say("gone, %s", write())
		os.Exit(0)
	}
	switch role {
	case watching:
		orphan.Watch(ended)
	case stopping:
		orphan.OnStop(ended)
	}
	say("%d", os.Getpid())
	for lines := bufio.NewScanner(commands); lines.Scan(); {
		if lines.Text() == "write" {
			say("%s", write())
		} else {
			say("alive")
		}
	}
	return 0
}

// family is the parent and the child, from the test's side.
type family struct {
	t        *testing.T
	parent   *exec.Cmd
	stdin    io.Closer // of the parent, which ends with it
	child    *os.Process
	commands *os.File
	reports  *bufio.Reader
}

func start(t *testing.T, child string) *family {
	t.Helper()
	theirCommands, commands := pipe(t)
	reports, theirReports := pipe(t)
	if err := reports.SetReadDeadline(time.Now().Add(time.Minute)); err != nil { // ends only tests that fail
		t.Fatal(err)
	}
	f := &family{t: t, parent: exec.Command(os.Args[0]), commands: commands, reports: bufio.NewReader(reports)}
	f.parent.Env = append(os.Environ(), roleVariable+"=parent of "+child)
	f.parent.ExtraFiles = []*os.File{theirCommands, theirReports}
	var err error
	if f.stdin, err = f.parent.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := f.parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = f.parent.Process.Kill()
		_ = f.parent.Wait() // a second Wait only returns an error
	})
	if err := errors.Join(theirCommands.Close(), theirReports.Close()); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscanf(f.report(), "%d", &pid); err != nil {
		t.Fatal(err)
	}
	if f.child, err = os.FindProcess(pid); err != nil {
		t.Fatal(err)
	}
	return f
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

// report is the child's next line, or empty if the child has ended.
func (f *family) report() string {
	f.t.Helper()
	line, err := f.reports.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		f.t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

// tell sends a command, and expects a report.
func (f *family) tell(command, want string) {
	f.t.Helper()
	if _, err := fmt.Fprintln(f.commands, command); err != nil && !errors.Is(err, syscall.EPIPE) {
		f.t.Fatal(err)
	}
	if got := f.report(); got != want {
		f.t.Errorf("told to %s, the child reports %q, want %q", command, got, want)
	}
}

// kill ends the parent as nothing can prevent, and waits until it is gone.
func (f *family) kill() {
	f.t.Helper()
	if err := f.parent.Process.Kill(); err != nil {
		f.t.Fatal(err)
	}
	_ = f.parent.Wait() // "signal: killed"
}

// TestTheParentIsKilled: the child notices, and writing to the log that nobody reads any more does not end it.
func TestTheParentIsKilled(t *testing.T) {
	t.Parallel()
	f := start(t, watching)
	f.tell("write", "broken pipe: false")
	f.kill()
	if got := f.report(); got != "gone, broken pipe: true" {
		t.Errorf("the child reports %q", got)
	}
}

// TestTheParentEnds: it need not be killed.
func TestTheParentEnds(t *testing.T) {
	t.Parallel()
	f := start(t, watching)
	if err := f.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if got := f.report(); !strings.HasPrefix(got, "gone") {
		t.Errorf("the child reports %q", got)
	}
}

// TestSignalsDoNotEndTheChild while its parent lives, which still needs it.
func TestSignalsDoNotEndTheChild(t *testing.T) {
	t.Parallel()
	f := start(t, watching)
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGTERM} {
		if err := f.child.Signal(signal); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			f.tell("answer", "alive")
		}
	}
	f.kill()
	if got := f.report(); !strings.HasPrefix(got, "gone") {
		t.Errorf("the child reports %q", got)
	}
}

// TestOnStop: a signal ends a process that nobody watches over, in its own way.
func TestOnStop(t *testing.T) {
	t.Parallel()
	f := start(t, stopping)
	f.tell("answer", "alive")
	if err := f.child.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := f.report(); got != "gone, broken pipe: false" {
		t.Errorf("the child reports %q", got)
	}
}

// TestWithoutWatch shows that each of these ends a process that does not watch: the tests above can fail.
func TestWithoutWatch(t *testing.T) {
	t.Parallel()
	t.Run("the log is broken", func(t *testing.T) {
		t.Parallel()
		f := start(t, careless)
		f.kill()
		f.tell("write", "") // it has ended
	})
	t.Run("a signal", func(t *testing.T) {
		t.Parallel()
		f := start(t, careless)
		if err := f.child.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if got := f.report(); got != "" {
			t.Errorf("the child reports %q", got)
		}
	})
}
