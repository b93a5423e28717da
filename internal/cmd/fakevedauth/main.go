// Command fakevedauth runs the fake authorization server of package internal/fakevedauth as a program, for the demo
// and for trying things by hand. It prints where it listens, serves until it is told to stop, and prints its ledger.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(os.Stderr, "fakevedauth:", err)
		os.Exit(1)
	}
}

// run is the program: it serves until ctx ends, or the input does if the flags say so.
func run(
	ctx context.Context, args []string, getenv func(string) string, input io.Reader, output, complaints io.Writer,
) error {
	settings, err := parseFlags(args, getenv, complaints)
	if err != nil {
		return err
	}
	fake, err := fakevedauth.Start(settings.options)
	if err != nil {
		return err
	}
	defer fake.Close()
	settings.addWorld(fake)

	lines := []string{"url " + fake.URL()}
	if settings.caFile != "" {
		if err := writeFile(settings.caFile, fake.CAPEM()); err != nil {
			return err
		}
		lines = append(lines, "ca "+settings.caFile)
	}
	if settings.controlAddr != "" {
		control, err := startControl(fake, settings.controlAddr)
		if err != nil {
			return err
		}
		defer control.close()
		lines = append(lines, "control "+control.url)
		if err := writeFileIf(settings.controlFile, control.url+"\n"); err != nil {
			return err
		}
	}
	// The last file to appear: whoever sees it finds the others.
	if err := writeFileIf(settings.urlFile, fake.URL()+"\n"); err != nil {
		return err
	}
	for _, line := range append(lines, "ready") {
		if _, err := fmt.Fprintln(output, line); err != nil {
			return err
		}
	}
	waitForEnd(ctx, settings.exitWithStdin, input)
	_, err = fmt.Fprintln(output, fake.Ledger())
	return err
}

// waitForEnd returns when ctx ends, or, if withInput is set, when the input does.
func waitForEnd(ctx context.Context, withInput bool, input io.Reader) {
	ended := make(chan struct{})
	if withInput {
		go func() {
			defer close(ended)
			_, _ = io.Copy(io.Discard, input) // an error is an end too
		}()
	}
	select {
	case <-ctx.Done():
	case <-ended:
	}
}

func writeFileIf(path, text string) error {
	if path == "" {
		return nil
	}
	return writeFile(path, text)
}

// writeFile makes a file appear with all of its contents at once.
func writeFile(path, text string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".fakevedauth-*")
	if err != nil {
		return err
	}
	_, err = temporary.WriteString(text)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
