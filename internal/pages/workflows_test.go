package pages_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	uses   = regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`)
	pinned = regexp.MustCompile(`^[\w.-]+(?:/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	job    = regexp.MustCompile(`(?m)^    runs-on:`)
	limit  = regexp.MustCompile(`(?m)^    timeout-minutes:`)
)

// TestWorkflowsAreSafe: actions are pinned by commit, the default permission is to read, and every job has a limit.
func TestWorkflowsAreSafe(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	commits := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text, name := strings.ReplaceAll(string(content), "\r\n", "\n"), filepath.Base(file)
		for _, match := range uses.FindAllStringSubmatch(text, -1) {
			if !pinned.MatchString(match[1]) {
				t.Errorf("%s: not pinned by commit, with its version behind: %s", name, match[1])
			}
			action, commit, _ := strings.Cut(match[1], "@")
			if known, ok := commits[action]; ok && known != commit {
				t.Errorf("%s: %s is pinned twice, and not to the same", name, action)
			}
			commits[action] = commit
		}
		if !strings.Contains(text, "\npermissions:\n  contents: read\n") {
			t.Errorf("%s: the default permission is not to read the contents, and nothing else", name)
		}
		if jobs, limits := len(job.FindAllString(text, -1)), len(limit.FindAllString(text, -1)); jobs == 0 || jobs != limits {
			t.Errorf("%s: %d jobs, %d of them with a limit", name, jobs, limits)
		}
	}
}
