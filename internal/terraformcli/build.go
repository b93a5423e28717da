package terraformcli

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// The import path of the provider's main package, and the name that Terraform expects of its program.
const (
	providerPackage = "github.com/vedauth/terraform-provider-vedauth"
	providerProgram = "terraform-provider-vedauth"
)

type buildKey struct {
	folder string
	race   bool
}

var builds = struct {
	sync.Mutex
	done map[buildKey]error
}{done: map[buildKey]error{}}

// BuildProvider builds the provider of this checkout into folder, where NewWorkspace looks for it, and returns the
// program's path. In one process it is built once per folder and kind. With race it has the race detector; give it a
// folder of its own.
func BuildProvider(ctx context.Context, folder string, race bool) (string, error) {
	program := filepath.Join(folder, providerProgram+programSuffix())
	builds.Lock()
	defer builds.Unlock()
	key := buildKey{folder, race}
	err, known := builds.done[key]
	if !known {
		err = build(ctx, providerPackage, program, race)
		// A cancelled build says nothing about the next.
		if ctx.Err() == nil {
			builds.done[key] = err
		}
	}
	return program, err
}

func build(ctx context.Context, importPath, program string, race bool) error {
	command := exec.CommandContext(ctx, "go", buildArguments(importPath, program, race)...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", importPath, err, output)
	}
	return nil
}

func buildArguments(importPath, program string, race bool) []string {
	// Without the version control stamp: a checkout that belongs to another user has none to give.
	arguments := []string{"build", "-buildvcs=false", "-o", program}
	if race {
		arguments = append(arguments, "-race")
	}
	return append(arguments, importPath)
}

func programSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
