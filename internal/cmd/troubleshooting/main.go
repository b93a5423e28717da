// Command troubleshooting writes the page of the documentation that explains what goes wrong:
//
//	troubleshooting FILE
//
// What the server refuses comes from package refusal, the table that the provider explains answers with. The rest is in
// page.md.tmpl.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"os"
	"text/template"
)

//go:embed page.md.tmpl
var pageTemplate string

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// run returns the exit code: 2 for wrong usage.
func run(arguments []string, stderr io.Writer) int {
	if len(arguments) != 1 {
		_, _ = fmt.Fprintln(stderr, "usage: troubleshooting FILE")
		return 2
	}
	page, err := render()
	if err == nil {
		err = os.WriteFile(arguments[0], page, 0o644)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "troubleshooting:", err)
		return 1
	}
	return 0
}

// render makes the page.
func render() ([]byte, error) {
	parsed, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = parsed.Execute(&page, chapters())
	return page.Bytes(), err
}
