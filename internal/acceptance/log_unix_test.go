//go:build unix

package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// TestThereIsNoLogUnlessAsked: Terraform reads what a provider logs and drops it, unless one of its variables is set.
func TestThereIsNoLogUnlessAsked(t *testing.T) {
	t.Parallel()
	cli, folder := provider(t)
	scripts := t.TempDir()
	log := filepath.Join(scripts, "log")
	const name = "terraform-provider-vedauth"
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\" 2>>'%s'\n", filepath.Join(folder, name), log)
	if err := os.WriteFile(filepath.Join(scripts, name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	space, err := terraformcli.NewWorkspace(cli, t.TempDir(), scripts)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, fake: fakevedauth.StartForTest(t, fakevedauth.Options{}), space: space}
	w.write("ca.pem", w.fake.CAPEM())
	w.provider(w.fake.URL(), fmt.Sprintf("oauth = { username = %q, password = var.password }", fakevedauth.DefaultUser))
	w.password(fakevedauth.DefaultPassword)
	w.write("main.tf", "ephemeral \"vedauth_oauth_token\" \"t\" {\n  scope = \"certificate:manage\"\n}\n")

	w.must("plan")
	// Two of the plugin library at each start, whatever it is told.
	if lines := linesOf(t, log); len(lines) == 0 || len(lines) > 2*4 {
		t.Errorf("%d lines, 8 may be: see beQuiet in quiet.go\n%s", len(lines), strings.Join(lines, "\n"))
	}
	w.space.Setenv("TF_LOG_PROVIDER", "TRACE")
	w.must("plan")
	if lines := linesOf(t, log); len(lines) < 100 {
		t.Errorf("only %d lines although a log was asked for", len(lines))
	}
}

func linesOf(t *testing.T, file string) []string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}
