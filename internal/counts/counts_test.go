package counts_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/vedauth/terraform-provider-vedauth"

const (
	// mostBytes is how large the program for linux/amd64 may be. The aim is less than 24 MB; an empty provider has 17.9.
	mostBytes = 20_900_000
	// mostInits is how many packages may have something to do before main, on Linux. An empty provider has 173.
	mostInits = 182
)

// built is what all tests share; TestMain removes it.
var built = struct {
	sync.Once
	folder string
	err    error
}{}

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "vedauth-counts-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.folder = folder
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// programs builds the provider as it is released, for linux/amd64 and for this machine, and returns their files.
func programs(t testing.TB) (release, here string) {
	t.Helper()
	built.Do(func() {
		for _, system := range []string{"linux/amd64", runtime.GOOS + "/" + runtime.GOARCH} {
			if built.err == nil {
				built.err = build(context.Background(), system)
			}
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return fileFor("linux/amd64"), fileFor(runtime.GOOS + "/" + runtime.GOARCH)
}

func build(ctx context.Context, system string) error {
	os_, architecture, _ := strings.Cut(system, "/")
	command := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w -X main.version=1.2.3",
		"-o", fileFor(system), module)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOOS="+os_, "GOARCH="+architecture)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build for %s: %w\n%s", system, err, output)
	}
	return nil
}

func fileFor(system string) string {
	name := "provider-" + strings.ReplaceAll(system, "/", "-")
	if strings.HasPrefix(system, "windows/") {
		name += ".exe"
	}
	return filepath.Join(built.folder, name)
}

func TestSize(t *testing.T) {
	t.Parallel()
	release, _ := programs(t)
	info, err := os.Stat(release)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > mostBytes {
		t.Errorf("the program for linux/amd64 has %d bytes, %d more than it may. \"make weight\" says what each module adds: "+
			"drop what is not worth its weight, or raise mostBytes and say in the commit what for",
			info.Size(), info.Size()-mostBytes)
	}
}

// TestNothingOfOursRunsBeforeMain: Terraform starts the program three times for each plan.
func TestNothingOfOursRunsBeforeMain(t *testing.T) {
	t.Parallel()
	_, here := programs(t)
	inits := initsOf(t, here)
	for _, name := range inits {
		if name == "main" || strings.HasPrefix(name, module) {
			t.Errorf("%s does something before main: a variable of it is not a constant value. Make a function of it, or "+
				"use package pattern; GODEBUG=inittrace=1 shows what it takes", name)
		}
	}
	if runtime.GOOS == "linux" && len(inits) > mostInits {
		t.Errorf("%d packages do something before main, %d may. Do without the new dependency, or raise mostInits and say in "+
			"the commit what for. They are:\n%s", len(inits), mostInits, strings.Join(inits, "\n"))
	}
}

// initsOf lists the packages of a program that do something before main.
func initsOf(t *testing.T, program string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1", "TF_PLUGIN_MAGIC_COOKIE=")
	output, err := command.CombinedOutput()
	if !strings.Contains(string(output), "This binary is a plugin") {
		t.Fatalf("it did not reach the point at which it refuses to be run by a person: %v\n%s", err, output)
	}
	var names []string
	for line := range bytes.Lines(output) {
		if rest, found := bytes.CutPrefix(line, []byte("init ")); found {
			name, _, _ := strings.Cut(string(rest), " ")
			names = append(names, name)
		}
	}
	if len(names) < 50 {
		t.Fatalf("only %d packages are told:\n%s", len(names), output)
	}
	return names
}
