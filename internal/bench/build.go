package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const module = "github.com/vedauth/terraform-provider-vedauth"

// The providers of this checkout, by the name that Terraform looks for.
var programs = map[string]string{
	"vedauth": module,
	"empty":   module + "/internal/bench/empty",
	"wide":    module + "/internal/bench/empty",
	"lean":    module + "/internal/bench/lean",
}

// buildAll builds them into folder as a release is built.
func buildAll(ctx context.Context, folder string) error {
	for name, importPath := range programs {
		if err := build(ctx, importPath, program(folder, name), runtime.GOOS, runtime.GOARCH); err != nil {
			return err
		}
	}
	return nil
}

// build builds a program as a release is built: without cgo, paths and symbols.
func build(ctx context.Context, importPath, file, system, architecture string) error {
	command := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", file, importPath)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", importPath, err, output)
	}
	return nil
}

// program is the file of a provider in a folder.
func program(folder, name string) string {
	file := filepath.Join(folder, "terraform-provider-"+name)
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	return file
}

// releaseSize is the size in bytes of the program that Linux users download.
func releaseSize(ctx context.Context, folder string) (int64, error) {
	file := filepath.Join(folder, "linux_amd64")
	if err := build(ctx, module, file, "linux", "amd64"); err != nil {
		return 0, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
