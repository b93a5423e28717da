// Command terraformcli is what the makefile uses of package terraformcli:
//
//	terraformcli path             print the path of the program that is used, and on standard error which and why
//	terraformcli run ARGUMENTS    run it in the current folder
//	terraformcli schema FILE      build the provider and write its schema to FILE
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

const usage = "usage: terraformcli path | run ARGUMENTS | schema FILE"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code of the program: 2 for wrong usage, and that of the CLI for "run".
func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	err := dispatch(ctx, arguments, stdout, stderr)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintln(stderr, usage)
		return 2
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	_, _ = fmt.Fprintln(stderr, "terraformcli:", err)
	return 1
}

var errUsage = errors.New("wrong usage")

func dispatch(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	if len(arguments) == 0 {
		return errUsage
	}
	command, rest := arguments[0], arguments[1:]
	if command != "path" && command != "run" && command != "schema" || command == "path" && len(rest) > 0 ||
		command == "schema" && len(rest) != 1 {
		return errUsage
	}
	finder := terraformcli.Finder{Notify: func(message string) { _, _ = fmt.Fprintln(stderr, message) }}
	cli, err := finder.Find(ctx)
	if err != nil {
		return err
	}
	switch command {
	case "run":
		process := exec.CommandContext(ctx, cli.Path, rest...)
		process.Env, process.Stdout, process.Stderr = terraformcli.CleanEnvironment(), stdout, stderr
		return process.Run()
	case "schema":
		return writeSchema(ctx, cli, rest[0])
	}
	if _, err := fmt.Fprintln(stderr, "Using", cli); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, cli.Path)
	return err
}

func writeSchema(ctx context.Context, cli terraformcli.CLI, file string) (err error) {
	scratch, err := os.MkdirTemp("", "vedauth-schema-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	providerFolder := filepath.Join(scratch, "provider")
	if _, err := terraformcli.BuildProvider(ctx, providerFolder, false); err != nil {
		return err
	}
	workspace, err := terraformcli.NewWorkspace(cli, scratch, providerFolder)
	if err != nil {
		return err
	}
	schema, err := workspace.ProviderSchema(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, schema, 0o644)
}
