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

	"github.com/hashicorp/go-version"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

var (
	required = regexp.MustCompile(`(?m)^\s*required_version\s*=\s*"(.*)"$`)
	comment  = regexp.MustCompile(`(?m)^# (.*)\noutput `)
)

// onlyVedauth is the beginning of a configuration without other providers.
const onlyVedauth = `terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}
`

// providerFolder is where the tests share one built provider; TestMain removes it.
var providerFolder string

func TestMain(m *testing.M) {
	if served, err := serveIfProvider(); served {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	folder, err := os.MkdirTemp("", "vedauth-examples-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	providerFolder = folder
	if err := installStandIns(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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
	w, err := terraformcli.NewWorkspace(cli, t.TempDir(), providerFolder, otherSources()...)
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
	if len(list) < 15 {
		t.Fatalf("only %d examples: %v", len(list), list)
	}
	for _, folder := range list {
		if strings.Contains(folder, "/modules/") {
			continue // it is validated with its caller: its outputs are for one
		}
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			text, w := configuration(t, folder), workspace(t, folder)
			if tooOld(t, text, w.CLI.Version) {
				result, err := w.Run(t.Context(), "validate")
				if err != nil || result.ExitCode == 0 || !strings.Contains(result.Stderr, "required_version") {
					t.Errorf("a CLI that is too old: %v, exit code %d\n%s", err, result.ExitCode, result.Stderr)
				}
				return
			}
			if strings.Contains(text, "\nmodule ") {
				run(t, w, "get")
			}
			run(t, w, "validate")
		})
	}
}

// tooOld reports whether a configuration asks for a newer CLI.
func tooOld(t *testing.T, text, have string) bool {
	t.Helper()
	match := required.FindStringSubmatch(text)
	if match == nil {
		return false
	}
	constraint, err := version.NewConstraint(match[1])
	if err != nil {
		t.Fatal(err)
	}
	v, err := version.NewVersion(have)
	if err != nil {
		t.Fatal(err)
	}
	return !constraint.Check(v.Core())
}

// TestMisuseIsRefused shows that the validation of the examples can fail: an ephemeral token does not go where it would
// be stored, and a stand-in has no attribute that nobody gave it.
func TestMisuseIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct{ folder, from, to, says string }{
		"ephemeral in a data source": {
			"feeding-other-providers/restapi", `search_value = "web.example.com"`,
			"search_value = ephemeral.vedauth_oauth_token.certificates.access_token", "phemeral value",
		},
		"unknown attribute": {"feeding-other-providers/venafi", "zone  ", "zones", "Unsupported argument"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := workspace(t, change.folder)
			text := strings.Replace(configuration(t, change.folder), change.from, change.to, 1)
			if err := w.Write("main.tf", text); err != nil {
				t.Fatal(err)
			}
			result, err := w.Run(t.Context(), "validate")
			if err != nil || result.ExitCode == 0 || !strings.Contains(result.Stderr, change.says) {
				t.Errorf("%v, exit code %d, want %q:\n%s", err, result.ExitCode, change.says, result.Stderr)
			}
		})
	}
}

// TestFunctionExamplesGiveWhatTheySay applies their second file: the comment above the output is its value.
func TestFunctionExamplesGiveWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, folder := range folders(t) {
		if !strings.HasPrefix(folder, "functions/") {
			continue
		}
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			result, err := os.ReadFile(filepath.Join(folder, "function_result.tf"))
			if err != nil {
				t.Fatal(err)
			}
			match := comment.FindStringSubmatch(string(result))
			if match == nil {
				t.Fatal("no comment above the output says what it gives")
			}
			w := workspace(t, folder)
			// The first file asks a server for a token.
			if err := w.Write("function.tf", onlyVedauth); err != nil {
				t.Fatal(err)
			}
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
