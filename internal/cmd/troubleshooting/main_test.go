package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

const root = "../../.."

// TestThePageIsUpToDate: "make generate" has been run since the table or the frame changed.
func TestThePageIsUpToDate(t *testing.T) {
	t.Parallel()
	want, err := render()
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(root, "templates", "guides", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(have, []byte("\r\n"), []byte("\n")), want) {
		t.Error("templates/guides/troubleshooting.md is not what the program writes: run make generate")
	}
}

// TestEveryRowIsOnThePage, each under a heading of its own.
func TestEveryRowIsOnThePage(t *testing.T) {
	t.Parallel()
	page, err := render()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, chapter := range chapters() {
		if len(chapter.Rows) == 0 {
			t.Errorf("%s: empty", chapter.Title)
		}
		for _, row := range chapter.Rows {
			if seen[row.Heading] {
				t.Errorf("heading twice: %s", row.Heading)
			}
			seen[row.Heading] = true
		}
	}
	if len(seen) != len(refusal.Table)+1 {
		t.Errorf("%d headings for %d rows and the fallback", len(seen), len(refusal.Table))
	}
	for _, row := range refusal.Table {
		for _, text := range []string{"#### " + heading(row), "- **Cause:** " + row.Cause, "- **What to do:** " + row.Next} {
			if !strings.Contains(string(page), text+"\n") {
				t.Errorf("%s: not on the page: %q", row.ID, text)
			}
		}
		for _, endpoint := range row.Endpoints {
			if len(callers[endpoint]) == 0 {
				t.Errorf("%s: nobody is known to call %s", row.ID, endpoint)
			}
		}
	}
}

var (
	tableRow = regexp.MustCompile(`(?m)^\| (.*?) \|`)
	quotes   = regexp.MustCompile("`([^`]+)`")
)

// TestTheMessagesExist: what the frame quotes as a message is in the provider's source, up to a word that varies.
func TestTheMessagesExist(t *testing.T) {
	t.Parallel()
	source := sources(t, "internal/provider", "internal/vedauth")
	messages := 0
	for _, row := range tableRow.FindAllStringSubmatch(pageTemplate, -1) {
		if strings.Contains(row[1], "(from Terraform)") {
			continue
		}
		for _, quoted := range quotes.FindAllStringSubmatch(row[1], -1) {
			messages++
			text := strings.TrimSpace(strings.Split(strings.Split(quoted[1], "…")[0], `"`)[0])
			if attribute, ok := strings.CutPrefix(text, "Missing "); ok && attribute != "credential" {
				text = "Missing " // followed by a name
			}
			if !strings.Contains(source, text) {
				t.Errorf("the provider does not say %q", text)
			}
		}
	}
	if messages < 30 {
		t.Errorf("only %d messages were looked for", messages)
	}
}

func sources(t *testing.T, folders ...string) string {
	t.Helper()
	var all strings.Builder
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(folder, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(content)
		}
	}
	return all.String()
}

func TestRun(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.md")
	var stderr bytes.Buffer
	if code := run([]string{file}, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if info, err := os.Stat(file); err != nil || info.Size() < 5000 {
		t.Errorf("page: %v, %v", info, err)
	}
	if code := run(nil, &stderr); code != 2 || !strings.Contains(stderr.String(), "usage:") {
		t.Errorf("without a file: exit code %d, %q", code, &stderr)
	}
	if code := run([]string{filepath.Join(file, "below a file")}, &stderr); code != 1 {
		t.Errorf("a file that cannot be written: exit code %d", code)
	}
}
