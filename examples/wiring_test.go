package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFirstExamplesAreWired: what the page of a type or function shows first hands a token to another provider.
func TestFirstExamplesAreWired(t *testing.T) {
	t.Parallel()
	wired := regexp.MustCompile(`(?m)^(?:provider|data) "(?:venafi|http)" (?s:.*?)(?:\.|var\.)access_token`)
	found := 0
	for _, folder := range folders(t) {
		kind, name, _ := strings.Cut(folder, "/")
		if !slices.Contains([]string{"data-sources", "ephemeral-resources", "functions", "provider"}, kind) ||
			folder == "data-sources/vedauth_token_info" { // the other provider is one of the same kind there
			continue
		}
		found++
		first := map[string]string{"data-sources": "data-source.tf", "functions": "function.tf", "provider": "provider.tf"}[kind]
		if first == "" {
			first = "ephemeral-resource.tf"
		}
		text, err := os.ReadFile(filepath.Join(folder, first))
		if err != nil || !wired.Match(text) {
			t.Errorf("%s %s: no token goes to another provider (%v)", kind, name, err)
		}
	}
	if found < 17 {
		t.Errorf("only %d pages", found)
	}
}
