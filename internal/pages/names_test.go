package pages_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reserved are names that Windows keeps for devices, with any extension, and what it allows in no name.
var reserved = regexp.MustCompile(`(?i)^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$|[<>:"|?*\\]|[. ]$`)

// misnamed lists the paths that cannot be checked out on every system, or only without another one.
func misnamed(paths []string) []string {
	var list []string
	seen := map[string]bool{}
	for _, path := range paths {
		if folded := strings.ToLower(path); seen[folded] {
			list = append(list, path)
		} else {
			seen[folded] = true
		}
		if slices.ContainsFunc(strings.Split(path, "/"), reserved.MatchString) {
			list = append(list, path)
		}
	}
	return list
}

// TestEveryFileCanBeCheckedOut: one that cannot ends the whole clone, on Windows.
func TestEveryFileCanBeCheckedOut(t *testing.T) {
	t.Parallel()
	var paths []string
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", ".tools", ".terraform", "bin", "dist"}, entry.Name()) {
			return fs.SkipDir
		}
		path, err := filepath.Rel(root, file)
		if path != "." {
			paths = append(paths, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 500 {
		t.Errorf("only %d files", len(paths))
	}
	for _, path := range misnamed(paths) {
		t.Error(path)
	}
}

func TestMisnamedFilesAreFound(t *testing.T) {
	t.Parallel()
	bad := []string{"a/NUL", "com1.txt/b", "a:b", "a/b.", "A/b.go"}
	got := misnamed(append([]string{"a/b.go", "console", "null.go", ".gitignore"}, bad...))
	if !slices.Equal(got, bad) {
		t.Errorf("%q, want %q", got, bad)
	}
}
