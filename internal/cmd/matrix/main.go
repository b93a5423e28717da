// Command matrix prints the table of what happens when something goes wrong, or puts it into a guide.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
)

func main() {
	guide := flag.String("guide", "", "a Markdown file; the table in it, between the marks, is replaced")
	flag.Parse()
	if err := run(*guide); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
}

func run(guide string) error {
	if guide == "" {
		_, err := os.Stdout.WriteString(matrix.Markdown())
		return err
	}
	text, err := os.ReadFile(guide)
	if err != nil {
		return err
	}
	updated, err := matrix.Insert(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", guide, err)
	}
	if updated == string(text) {
		return nil
	}
	return os.WriteFile(guide, []byte(updated), 0o644)
}
