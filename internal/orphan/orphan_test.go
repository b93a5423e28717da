package orphan_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/orphan"
)

// roles are what this program does, in place of testing, when roleVariable names one. The result is its exit code.
var roles = map[string]func() int{"plain parent": plainParent, "plain child": plainChild}

const roleVariable = "ORPHAN_TEST_ROLE"

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(roleVariable)]; ok {
		os.Exit(role())
	}
	os.Exit(m.Run())
}

// as is this program in a role.
func as(role string) *exec.Cmd {
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), roleVariable+"="+role)
	return program
}

// plainParent starts plainChild, which gets its output, and waits for longer than it lives.
func plainParent() int {
	child := as("plain child")
	child.Stdin, child.Stdout = os.Stdin, os.Stdout
	if child.Start() != nil {
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test
	return 0
}

// plainChild watches its parent, and says so.
func plainChild() int {
	orphan.Watch(func() {
		fmt.Println("gone")
		os.Exit(0)
	})
	fmt.Println("watching")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 1
}

// TestTheParentIsKilledOnAnySystem needs nothing but standard output, which a child can inherit everywhere. What only
// Unix has is in orphan_unix_test.go.
func TestTheParentIsKilledOnAnySystem(t *testing.T) {
	t.Parallel()
	parent := as("plain parent")
	// No StdinPipe, which ends with the parent: both are to live until the test ends.
	input, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	output, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = stdin.Close(), output.Close() }()
	_ = output.SetReadDeadline(time.Now().Add(time.Minute)) // ends only a test that fails; Windows has none for pipes
	parent.Stdin, parent.Stdout = input, stdout
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(input.Close(), stdout.Close()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	if line, err := lines.ReadString('\n'); err != nil || strings.TrimSpace(line) != "watching" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // "killed", which is what it was
	if line, err := lines.ReadString('\n'); err != nil || strings.TrimSpace(line) != "gone" {
		t.Errorf("the child says %q, %v", line, err)
	}
}
