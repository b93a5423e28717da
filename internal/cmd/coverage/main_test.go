package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const source = `package some

func covered() int {
	return 1
}

func (s *kind) half(yes bool) int {
	if yes {
		return 2
	}
	return 3
}

func (kind) none() {
	println()
}
`

// inFolder writes the package and a profile, and makes their folder the current one.
func inFolder(t *testing.T, profile string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Join("internal", "some"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"internal/some/a.go": source, "profile": profile} {
		if err := os.WriteFile(filepath.FromSlash(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// profile is of two test programs, of which only the second ran the first block, and of another package.
const profile = `mode: atomic
example.com/module/internal/some/a.go:3.20,5.2 1 0
example.com/module/internal/some/a.go:3.20,5.2 1 7
example.com/module/internal/some/a.go:7.35,8.9 1 1
example.com/module/internal/some/a.go:8.9,10.3 1 0
example.com/module/internal/some/a.go:11.2,11.10 1 1
example.com/module/internal/some/a.go:14.20,16.2 1 0
example.com/module/internal/other/b.go:1.1,2.2 40 0
`

func TestReport(t *testing.T) {
	inFolder(t, profile)
	const want = `internal/some: 60.0 % of 5 statements; not covered:
  a.go:8  (*kind).half  return 2
  a.go:14  kind.none  println()
`
	for bar, wantErr := range map[float64]string{
		60: "", 60.1: "internal/some: 60.0 % of its statements are covered; it needs 60.1 %",
	} {
		var out bytes.Buffer
		err := run(&out, "profile", bar, []string{"./internal/some"})
		if out.String() != want {
			t.Errorf("got\n%s\nwant\n%s", &out, want)
		}
		if (err == nil) != (wantErr == "") || err != nil && err.Error() != wantErr {
			t.Errorf("bar %g: %v, want %q", bar, err, wantErr)
		}
	}
}

// TestUseless: a profile that does not tell is an error, not a pass.
func TestUseless(t *testing.T) {
	for name, test := range map[string]struct{ profile, folder, want string }{
		"another package":        {profile, "internal/absent", "nothing of internal/absent"},
		"the end of a path only": {profile, "me", "nothing of me"},
		"no profile":             {"PASS\n", "internal/some", "no line of a coverage profile"},
		"empty":                  {"", "internal/some", "nothing of internal/some"},
		"source gone":            {"mode: set\nm/internal/gone/a.go:1.1,2.2 1 0\n", "internal/gone", "a.go"},
	} {
		t.Run(name, func(t *testing.T) {
			inFolder(t, test.profile)
			err := run(&bytes.Buffer{}, "profile", 0, []string{test.folder})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
