// Command coverage reads a profile that "go test -coverprofile" wrote, lists the statements of some packages that no
// test has run, by function, and fails if a package is below the bar.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

func main() {
	bar := flag.Float64("bar", 90, "the percentage of statements that each package needs")
	profile := flag.String("profile", "", "what go test -coverprofile wrote")
	flag.Parse()
	if err := run(os.Stdout, *profile, *bar, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "coverage:", err)
		os.Exit(1)
	}
}

// run reports on packages, which are named by their folders, from the folder that holds go.mod on.
func run(out io.Writer, profile string, bar float64, folders []string) error {
	file, err := os.Open(profile)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	all, err := readProfile(file)
	if err != nil {
		return fmt.Errorf("%s: %w", profile, err)
	}
	var low []error
	for _, folder := range folders {
		folder = filepath.ToSlash(filepath.Clean(folder))
		covered, err := report(out, all, folder)
		if err != nil {
			return err
		}
		if covered < bar {
			low = append(low, fmt.Errorf("%s: %.1f %% of its statements are covered; it needs %g %%", folder, covered, bar))
		}
	}
	return errors.Join(low...)
}

// report writes about the package in a folder, and returns its percentage.
func report(out io.Writer, all map[block]bool, folder string) (float64, error) {
	statements, covered := 0, 0
	missed := map[string][]block{} // by file
	for b, ran := range all {
		if !strings.HasSuffix(path.Dir(b.file), "/"+folder) {
			continue
		}
		statements += b.statements
		if ran {
			covered += b.statements
		} else if b.statements > 0 {
			missed[path.Base(b.file)] = append(missed[path.Base(b.file)], b)
		}
	}
	if statements == 0 {
		return 0, fmt.Errorf("the profile has nothing of %s", folder)
	}
	percentage := 100 * float64(covered) / float64(statements)
	_, _ = fmt.Fprintf(out, "%s: %.1f %% of %d statements; not covered:\n", folder, percentage, statements)
	return percentage, writeMissed(out, folder, missed)
}
