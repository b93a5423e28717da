package pages_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	makeCommand = regexp.MustCompile("(?m)(?:^|`|\\s)make ((?:[a-z][a-z-]*|[A-Z]+=\\S+)(?: [A-Z]+=\\S+)*)")
	makeTarget  = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
)

// TestCommandsExist: what a page tells a reader to run with make is a target, and what it names in the repository is there.
func TestCommandsExist(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "GNUmakefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, match := range makeTarget.FindAllStringSubmatch(string(makefile), -1) {
		targets[match[1]] = true
	}
	if !targets["test"] || !targets["demo"] {
		t.Fatalf("targets: %v", targets)
	}
	found := 0
	for name, page := range pages(t) {
		for _, block := range append(fence.FindAllString(page, -1), code.FindAllString(page, -1)...) {
			for _, match := range makeCommand.FindAllStringSubmatch(block, -1) {
				found++
				if target, _, _ := strings.Cut(match[1], " "); !strings.Contains(target, "=") && !targets[target] {
					t.Errorf("%s: there is no target %s", name, target)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d commands", found)
	}
}

// TestEveryTargetIsExplained by "make help".
func TestEveryTargetIsExplained(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "GNUmakefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range makeTarget.FindAllStringSubmatch(string(makefile), -1) {
		name := match[1]
		if name != "default" && name != "schema" && !strings.Contains(string(makefile), "\n## "+name+": ") {
			t.Errorf("make help does not know %s", name)
		}
	}
}
