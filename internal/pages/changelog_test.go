//go:build unix

package pages_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const changelog = `# Changelog

Introduction.

## [Unreleased]

### Added

- By hand.

## [0.9.0] - 2026-01-01

### Fixed

- Old.
`

// release runs the script in a folder of its own with these fragments, and returns what it leaves of the changelog.
func release(t *testing.T, version string, fragments map[string]string) (text, output string, err error) {
	t.Helper()
	folder := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, ".changes"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("CHANGELOG.md", changelog)
	write(".changes/README.md", "How it works.\n")
	for name, content := range fragments {
		write(".changes/"+name, content)
	}
	script, err := filepath.Abs(filepath.Join(root, ".ci", "changelog"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "bash", script, version)
	command.Env = append(os.Environ(), "CHANGELOG_ROOT="+folder)
	said, runErr := command.CombinedOutput()
	content, err := os.ReadFile(filepath.Join(folder, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(folder, ".changes"))
	if err != nil {
		t.Fatal(err)
	}
	if runErr == nil && len(left) != 1 {
		t.Errorf("%d files are left, want the README alone", len(left))
	}
	return string(content), string(said), runErr
}

func TestChangelog(t *testing.T) {
	t.Parallel()
	text, output, err := release(t, "1.0.0", map[string]string{
		"fixed-b.md": "- Fixed b.\n", "fixed-a.md": "- Fixed a,\n  on two lines.\n", "added-c.md": "\n- New.\n\n",
	})
	if err != nil {
		t.Fatal(err, output)
	}
	before, after, _ := strings.Cut(text, "## [1.0.0] - ")
	_, after, _ = strings.Cut(after, "\n") // the day
	want := "\n### Added\n\n- By hand.\n- New.\n\n### Fixed\n\n- Fixed a,\n  on two lines.\n- Fixed b.\n\n## [0.9.0] - 2026-01-01\n\n### Fixed\n\n- Old.\n"
	if after != want || before != "# Changelog\n\nIntroduction.\n\n## [Unreleased]\n\n" {
		t.Errorf("before %q\nafter %q\nwant %q", before, after, want)
	}
}

func TestChangelogRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ version, fragment, says string }{
		"no version":       {"dev", "fixed-a.md", "usage:"},
		"a known version":  {"0.9.0", "fixed-a.md", "has 0.9.0 already"},
		"an unknown kind":  {"1.0.0", "broke-a.md", "does not begin with a kind"},
		"a version with v": {"v1.0.0", "fixed-a.md", "usage:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, output, err := release(t, test.version, map[string]string{test.fragment: "- A.\n"})
			if err == nil || !strings.Contains(output, test.says) || text != changelog {
				t.Errorf("%v, %q, want %q; changelog changed: %t", err, output, test.says, text != changelog)
			}
		})
	}
}

// TestFragmentsAreWellNamed, so that a release does not fail on one.
func TestFragmentsAreWellNamed(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(filepath.Join(root, ".changes"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := "added changed deprecated removed fixed security"
	for _, entry := range entries {
		kind, rest, _ := strings.Cut(entry.Name(), "-")
		if entry.Name() != "README.md" && (!strings.Contains(kinds, kind) || !strings.HasSuffix(rest, ".md")) {
			t.Errorf("%s: see .changes/README.md", entry.Name())
		}
	}
}

// TestTargets: the script finds those of .goreleaser.yml.
func TestTargets(t *testing.T) {
	t.Parallel()
	output, err := exec.CommandContext(t.Context(), "bash", filepath.Join(root, ".ci", "targets")).Output()
	if err != nil {
		t.Fatal(err)
	}
	targets := strings.Fields(string(output))
	all := strings.Join(targets, " ") + " "
	for _, target := range []string{"linux/amd64", "linux/arm", "darwin/arm64", "windows/arm64", "windows/386", "freebsd/amd64"} {
		if !strings.Contains(all, target+" ") {
			t.Errorf("%s is missing in %s", target, all)
		}
	}
	for _, target := range []string{"darwin/386", "darwin/arm ", "windows/arm "} {
		if strings.Contains(all, target) {
			t.Errorf("%s is to be ignored and is in %s", target, all)
		}
	}
	if len(targets) != 13 {
		t.Errorf("%d targets: %s", len(targets), all)
	}
}
