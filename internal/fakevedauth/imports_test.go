package fakevedauth_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestItOwesTheClientNothing: a fake that imports the client's types proves nothing.
func TestItOwesTheClientNothing(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	const allowed = "github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if domain, _, _ := strings.Cut(path, "/"); strings.Contains(domain, ".") && path != allowed {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
