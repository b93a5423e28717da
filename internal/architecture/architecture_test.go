package architecture_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/vedauth/terraform-provider-vedauth"
	root   = "../.."
)

// systems are those for which files of their own exist.
var systems = []string{"linux", "windows", "darwin"}

// row is what the table allows a package.
type row struct{ packages, libraries []string }

var (
	tableRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| ([^|]*)\\| ([^|]*)\\|$")
	quoted   = regexp.MustCompile("`([^`]+)`")
)

// parse reads the table. Names are as it has them: "provider" for internal/provider, "." for the program.
func parse(page string) (map[string]row, error) {
	_, section, found := strings.Cut(page, "\n## Packages\n")
	if !found {
		return nil, fmt.Errorf("there is no section Packages")
	}
	table := map[string]row{}
	for _, match := range tableRow.FindAllStringSubmatch(section, -1) {
		if _, twice := table[match[1]]; twice {
			return nil, fmt.Errorf("%s is there twice", match[1])
		}
		table[match[1]] = row{names(match[3]), names(match[4])}
	}
	return table, nil
}

func names(cell string) []string {
	var list []string
	for _, match := range quoted.FindAllStringSubmatch(cell, -1) {
		list = append(list, match[1])
	}
	return list
}

// short is an import path as the table has it.
func short(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(strings.TrimPrefix(path, module+"/"), "internal/")
}

// imports lists the packages and what each imports on any of the systems, without its tests.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, system := range systems {
		command := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, module+"/...")
		command.Dir = root
		command.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		output, err := command.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		lines := bufio.NewScanner(bytes.NewReader(output))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			all[short(fields[0])] = append(all[short(fields[0])], fields[1:]...)
		}
	}
	return all
}

// judge lists what a table does not allow.
func judge(table map[string]row, have map[string][]string) []string {
	var wrong []string
	for name, list := range have {
		allowed, ok := table[name]
		if !ok {
			wrong = append(wrong, name+": the package is not in the table")
			continue
		}
		for _, path := range list {
			domain, _, _ := strings.Cut(path, "/")
			switch {
			case path == module || strings.HasPrefix(path, module+"/"):
				if !slices.Contains(allowed.packages, short(path)) {
					wrong = append(wrong, name+" must not import "+short(path))
				}
			case strings.Contains(domain, "."):
				isOf := func(library string) bool { return path == library || strings.HasPrefix(path, library+"/") }
				if !slices.ContainsFunc(allowed.libraries, isOf) {
					wrong = append(wrong, name+" must not import "+path)
				}
			}
		}
	}
	for name := range table {
		if _, ok := have[name]; !ok {
			wrong = append(wrong, name+": the table has it, and the code does not")
		}
	}
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

func readTable(t *testing.T) map[string]row {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := parse(strings.ReplaceAll(string(page), "\r\n", "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTheTableIsTheCode(t *testing.T) {
	t.Parallel()
	for _, wrong := range judge(readTable(t), imports(t)) {
		t.Error(wrong)
	}
}

// TestTheArrowsPointDown: what the table may not be changed to say.
func TestTheArrowsPointDown(t *testing.T) {
	t.Parallel()
	table := readTable(t)
	for name, never := range map[string][]string{
		"session":     {"provider", "identity", "tokenstore"},
		"vedauth":     {"provider", "session", "identity", "tokenstore"},
		"identity":    {"provider", "session", "vedauth", "tokenstore"},
		"tokenstore":  {"provider", "session", "vedauth", "identity"},
		"winauth":     {"provider", "session", "vedauth", "refusal"},
		"fakevedauth": {"vedauth", "session", "provider", "secret"},
		"secret":      {"refusal"},
		"refusal":     {"secret"},
	} {
		for _, other := range never {
			if slices.Contains(table[name].packages, other) {
				t.Errorf("the table lets %s import %s", name, other)
			}
		}
	}
	for name, r := range table {
		usesTerraform := slices.ContainsFunc(r.libraries, func(l string) bool { return strings.Contains(l, "/terraform-plugin-") })
		isProvider := slices.Contains([]string{".", "provider", "bench/empty", "bench/lean"}, name)
		if usesTerraform && !isProvider {
			t.Errorf("the table lets %s import Terraform's libraries", name)
		}
		for _, other := range r.packages {
			mayUseTools := slices.Contains([]string{"bench", "cmd/demo", "cmd/fakevedauth", "cmd/matrix", "matrix"}, name)
			if !mayUseTools && slices.Contains([]string{"fakevedauth", "leak", "matrix", "peers", "acceptance"}, other) {
				t.Errorf("the table lets %s import %s, which is for tests", name, other)
			}
		}
	}
}

// TestItCanFail: each kind of breach is found.
func TestItCanFail(t *testing.T) {
	t.Parallel()
	table, err := parse("# Page\n\n## Packages\n\n| package | what | may import | libraries |\n|---|---|---|---|\n" +
		"| `vedauth` | client | `secret` | `example.com/net` |\n| `secret` | type | | |\n| `gone` | nothing | | |\n")
	if err != nil || len(table) != 3 {
		t.Fatalf("%v, %v", table, err)
	}
	got := judge(table, map[string][]string{
		"vedauth": {"fmt", "example.com/net/http", "example.com/network", module + "/internal/secret", module + "/internal/session"},
		"secret":  {"log/slog"},
		"new":     {"fmt"},
	})
	want := []string{
		"gone: the table has it, and the code does not",
		"new: the package is not in the table",
		"vedauth must not import example.com/network",
		"vedauth must not import session",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, err := parse("# Page"); err == nil {
		t.Error("a page without the section was accepted")
	}
}
