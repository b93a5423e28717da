// Package examples_test checks that every example is valid by itself, with the provider of this checkout.
package examples_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// withOthers are the examples that use other providers too: to validate them would need their schemas, which only a
// registry has.
var withOthers = []string{
	"ephemeral-resources/vedauth_jwt_token",
	"ephemeral-resources/vedauth_oauth_token",
	"pipelines/hcp-terraform/workspace",
}

var (
	source  = regexp.MustCompile(`(?m)^\s*source\s*=\s*"(.*)"$`)
	comment = regexp.MustCompile(`(?m)^# (.*)\noutput `)
)

// providerFolder is where the tests share one built provider; TestMain removes it.
var providerFolder string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "vedauth-examples-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	providerFolder = folder
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// folders lists every folder with a configuration, with slashes.
func folders(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if folder := filepath.ToSlash(filepath.Dir(path)); filepath.Ext(path) == ".tf" && !slices.Contains(list, folder) {
			list = append(list, folder)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func configuration(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(content)
	}
	return text.String()
}

func workspace(t *testing.T, folder string) *terraformcli.Workspace {
	t.Helper()
	cli, err := terraformcli.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := terraformcli.BuildProvider(t.Context(), providerFolder, false); err != nil {
		t.Fatal(err)
	}
	w, err := terraformcli.NewWorkspace(cli, t.TempDir(), providerFolder)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Copy(folder); err != nil {
		t.Fatal(err)
	}
	return w
}

func run(t *testing.T, w *terraformcli.Workspace, arguments ...string) string {
	t.Helper()
	result, err := w.Run(t.Context(), arguments...)
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != 0 {
		t.Fatalf("%v: exit code %d\n%s%s", arguments, result.ExitCode, result.Stdout, result.Stderr)
	}
	return result.Stdout
}

func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	list := folders(t)
	if len(list) < 8 {
		t.Fatalf("only %d examples: %v", len(list), list)
	}
	for _, folder := range list {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			others := false
			for _, match := range source.FindAllStringSubmatch(configuration(t, folder), -1) {
				others = others || match[1] != "vedauth/vedauth"
			}
			if others != slices.Contains(withOthers, folder) {
				t.Errorf("uses other providers: %t; the list of those that do says otherwise", others)
			}
			if !others {
				run(t, workspace(t, folder), "validate")
			}
		})
	}
}

// TestFunctionExamplesGiveWhatTheySay applies them: the comment above the output is its value.
func TestFunctionExamplesGiveWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t) {
		if !strings.HasPrefix(folder, "functions/") {
			continue
		}
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			match := comment.FindStringSubmatch(configuration(t, folder))
			if match == nil {
				t.Fatal("no comment above the output says what it gives")
			}
			w := workspace(t, folder)
			run(t, w, "apply", "-auto-approve")
			var outputs map[string]struct {
				Value any `json:"value"`
			}
			if err := json.Unmarshal([]byte(run(t, w, "output", "-json")), &outputs); err != nil {
				t.Fatal(err)
			}
			for name, output := range outputs {
				if got := fmt.Sprint(output.Value); got != match[1] {
					t.Errorf("%s gives %s, and the comment says %s", name, got, match[1])
				}
			}
		})
	}
}
