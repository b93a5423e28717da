package pages_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

const root = "../.."

// pages lists every Markdown file of the repository with its content, by its path with slashes.
func pages(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && slices.Contains([]string{".git", ".tools", ".terraform", "bin", "dist"}, name) {
			return fs.SkipDir
		}
		if filepath.Ext(name) != ".md" {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, file)
		list[filepath.ToSlash(relative)] = strings.ReplaceAll(string(content), "\r\n", "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var (
	fence = regexp.MustCompile("(?ms)^\\s*```.*?^\\s*```\\s*?$")
	code  = regexp.MustCompile("`[^`\n]*`")
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	named = regexp.MustCompile(`<a id="([^"]+)">`)
	title = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
)

// links lists the targets of a page's links. What looks like one in code is none.
func links(page string) []string {
	var targets []string
	for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(fence.ReplaceAllString(page, ""), "code"), -1) {
		targets = append(targets, match[1])
	}
	return targets
}

// anchors lists the names under which parts of a page can be linked to: its headings, and what it names itself.
func anchors(page string) []string {
	var names []string
	for _, match := range title.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, match[1]))
	}
	for _, match := range named.FindAllStringSubmatch(page, -1) {
		names = append(names, match[1])
	}
	return names
}

// resolve finds the file that a link leads to. Pages in docs/ are read in the registry, which knows no extensions and
// serves the index as "docs" and not as "docs/index".
func resolve(from, target string) string {
	if !strings.HasPrefix(from, "docs/") {
		return path.Join(path.Dir(from), target)
	}
	base := path.Dir(from)
	if from == "docs/index.md" {
		base = "."
	}
	resolved := path.Join(base, target)
	if path.Dir(resolved) == "." && resolved == "docs" {
		return "docs/index.md"
	}
	return resolved + ".md"
}

// broken lists the links that lead nowhere.
func broken(all map[string]string, exists func(string) bool) []string {
	var list []string
	for name, page := range all {
		if strings.HasPrefix(name, "templates/") {
			continue // what becomes of it is checked in docs/
		}
		for _, target := range links(page) {
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(target, "#")
			resolved := name
			if file != "" {
				resolved = resolve(name, file)
			}
			if !exists(resolved) || anchor != "" && !slices.Contains(anchors(all[resolved]), anchor) {
				list = append(list, name+": "+target)
			}
		}
	}
	slices.Sort(list)
	return list
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := pages(t)
	if len(all) < 30 {
		t.Fatalf("only %d pages", len(all))
	}
	total := 0
	for _, page := range all {
		total += len(links(page))
	}
	if total < 80 {
		t.Errorf("only %d links", total)
	}
	exists := func(file string) bool {
		_, err := os.Stat(filepath.Join(root, filepath.FromSlash(file)))
		return err == nil
	}
	for _, wrong := range broken(all, exists) {
		t.Error(wrong)
	}
}

// TestBrokenLinksAreFound: in each of the ways in which one can be broken.
func TestBrokenLinksAreFound(t *testing.T) {
	t.Parallel()
	all := map[string]string{
		"README.md": "[a](docs/guides/x.md) [b](gone.md) [c](docs/guides/x.md#the-title) [d](docs/guides/x.md#no-title)\n" +
			"```sh\n[e](in-code.md)\n```\n`[f](in-code.md)` [g](https://example.com/gone)",
		"docs/index.md":    "[a](docs/guides/x) [b](guides/x) [c](docs/guides/x.md)",
		"docs/guides/x.md": "# The *title*!\n[a](./x) [b](../ephemeral-resources/y) [c](#the-title) [d](#no-title)",
	}
	got := broken(all, func(file string) bool { return all[file] != "" })
	want := []string{
		"README.md: docs/guides/x.md#no-title", "README.md: gone.md",
		"docs/guides/x.md: #no-title", "docs/guides/x.md: ../ephemeral-resources/y",
		"docs/index.md: docs/guides/x.md", "docs/index.md: guides/x",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
