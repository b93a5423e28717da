package counts_test

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// served are the variables with which Terraform starts a provider, but for the certificate, whose cost is Terraform's.
var served = []string{
	"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
	"PLUGIN_PROTOCOL_VERSIONS=5,6",
}

// start starts the provider and returns the line with which it says where it listens.
func start(t testing.TB, program string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), served...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	_ = command.Process.Kill()
	_ = command.Wait() // "signal: killed"
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// BenchmarkStart is from the start of the process to its handshake.
func BenchmarkStart(b *testing.B) {
	_, here := programs(b)
	for b.Loop() {
		if line := start(b, here); !strings.HasPrefix(line, "1|6|") {
			b.Fatal(line)
		}
	}
}
