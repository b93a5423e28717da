package acceptance_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// goneWithin is how soon after Terraform's end no owned grant may be live any more: three seconds, and more under the race
// detector, which makes the provider many times slower. It matters only where Terraform was killed: in any other case
// the provider has ended before Terraform.
var goneWithin = map[bool]time.Duration{false: 3 * time.Second, true: 10 * time.Second}[raceEnabled]

var shared = struct {
	sync.Once
	cli    terraformcli.CLI
	folder string
	err    error
}{}

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "vedauth-acceptance")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared.folder = folder
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// provider builds the provider once and finds the CLI.
func provider(t *testing.T) (terraformcli.CLI, string) {
	t.Helper()
	shared.Do(func() {
		if shared.cli, shared.err = terraformcli.Find(context.Background()); shared.err != nil {
			return
		}
		_, shared.err = terraformcli.BuildProvider(context.Background(), shared.folder, raceEnabled)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cli, shared.folder
}

// world is one test's server and folder.
type world struct {
	t     *testing.T
	fake  *fakevedauth.Server
	space *terraformcli.Workspace
}

// newWorld starts a server and prepares a folder with a provider block for it.
func newWorld(t *testing.T, options fakevedauth.Options) *world {
	t.Helper()
	w := &world{t: t, fake: fakevedauth.StartForTest(t, options), space: newSpace(t)}
	w.write("ca.pem", w.fake.CAPEM())
	w.provider(w.fake.URL(), fmt.Sprintf("oauth = { username = %q, password = var.password }", fakevedauth.DefaultUser))
	w.password(fakevedauth.DefaultPassword)
	return w
}

func newSpace(t *testing.T) *terraformcli.Workspace {
	t.Helper()
	cli, folder := provider(t)
	space, err := terraformcli.NewWorkspace(cli, t.TempDir(), folder)
	if err != nil {
		t.Fatal(err)
	}
	return space
}

// provider writes a provider block with these credentials for the server at url, whose authority is in ca.pem.
func (w *world) provider(url, credentials string) {
	w.t.Helper()
	w.write("provider.tf", fmt.Sprintf(`
terraform {
  required_providers {
    vedauth = { source = "vedauth/vedauth" }
  }
}

variable "password" {
  type      = string
  ephemeral = true
  sensitive = true
  default   = null
}

provider "vedauth" {
  url       = %q
  client_id = %q
  ca_file   = "${path.module}/ca.pem"
  %s
}
`, url, fakevedauth.DefaultClientID, credentials))
}

// password sets the password that the provider block uses.
func (w *world) password(value string) { w.space.Setenv("TF_VAR_password", value) }

func (w *world) write(name, content string) {
	w.t.Helper()
	if err := w.space.Write(name, content); err != nil {
		w.t.Fatal(err)
	}
}

// consumerOf is a second provider that needs the token of the ephemeral block t of that type, in plan and in apply.
// OpenTofu does not open for apply what nobody needs.
func (w *world) consumerOf(typeName string) string {
	return fmt.Sprintf(`
provider "vedauth" {
  alias        = "fed"
  url          = %q
  ca_file      = "${path.module}/ca.pem"
  access_token = ephemeral.%s.t.access_token
}

data "vedauth_token_info" "t" {
  provider = vedauth.fed
}

resource "terraform_data" "t" {
  input = data.vedauth_token_info.t.identity
}
`, w.fake.URL(), typeName)
}

// run runs Terraform to its end, whatever the end is.
func (w *world) run(arguments ...string) terraformcli.Result {
	w.t.Helper()
	result, err := w.space.Run(w.t.Context(), withFlags(arguments)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

// must runs Terraform and fails the test if Terraform fails.
func (w *world) must(arguments ...string) terraformcli.Result {
	w.t.Helper()
	result := w.run(arguments...)
	if result.ExitCode != 0 {
		w.t.Fatalf("%v: exit code %d\n%s\n%s", arguments, result.ExitCode, result.Stdout, result.Stderr)
	}
	return result
}

// mustFail runs Terraform and fails the test if Terraform succeeds or does not say all of texts.
func (w *world) mustFail(arguments []string, texts ...string) terraformcli.Result {
	w.t.Helper()
	result := w.run(arguments...)
	if result.ExitCode != 1 {
		w.t.Fatalf("%v: exit code %d\n%s\n%s", arguments, result.ExitCode, result.Stdout, result.Stderr)
	}
	w.says(result, texts...)
	return result
}

// says looks for texts in what Terraform printed, regardless of where it broke the lines.
func (w *world) says(result terraformcli.Result, texts ...string) {
	w.t.Helper()
	printed := unwrap(result.Stdout + "\n" + result.Stderr)
	for _, text := range texts {
		if !strings.Contains(printed, text) {
			w.t.Errorf("Terraform did not say %q:\n%s\n%s", text, result.Stdout, result.Stderr)
		}
	}
}

// unwrap undoes the box and the line breaks that Terraform puts around a diagnostic.
func unwrap(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n│╷╵", r) }), " ")
}

// start runs Terraform in the background.
func (w *world) start(arguments ...string) *terraformcli.Process {
	w.t.Helper()
	process, err := w.space.Start(w.t.Context(), withFlags(arguments)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return process
}

func (w *world) wait(process *terraformcli.Process) terraformcli.Result {
	w.t.Helper()
	result, err := process.Wait()
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

// waitFor waits for the server to reach a state.
func (w *world) waitFor(what string, satisfied func(fakevedauth.Ledger) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if err := w.fake.WaitFor(ctx, satisfied); err != nil {
		w.t.Fatalf("waiting for %s: %v; %v", what, err, w.fake.Ledger())
	}
}

// nothingLeft checks that no grant stays live for longer than goneWithin, and that at least one was issued: otherwise
// the test did not test anything.
func (w *world) nothingLeft() {
	w.t.Helper()
	w.waitUntilGone(func(l fakevedauth.Ledger) bool { return l.Live == 0 })
	if ledger := w.fake.Ledger(); ledger.Issued == 0 {
		w.t.Errorf("%v; want at least one issued", ledger)
	}
}

// waitUntilGone checks that no grant that the provider has to end stays live for longer than goneWithin.
func (w *world) waitUntilGone(gone func(fakevedauth.Ledger) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), goneWithin)
	defer cancel()
	if err := w.fake.WaitFor(ctx, gone); err != nil {
		w.t.Errorf("%v; want none live that the provider has to end; %v", w.fake.Ledger(), err)
	}
}

// withFlags adds what a run without a person needs.
func withFlags(arguments []string) []string {
	flags := []string{"-no-color"}
	switch arguments[0] {
	case "apply", "destroy":
		if len(arguments) == 1 || strings.HasPrefix(arguments[len(arguments)-1], "-") {
			flags = append(flags, "-auto-approve")
		}
		flags = append(flags, "-input=false")
	case "plan", "refresh":
		flags = append(flags, "-input=false")
	}
	return append([]string{arguments[0]}, append(flags, arguments[1:]...)...)
}

// fifo makes a named pipe in the workspace's folder; a provisioner that reads it works until the test lets it go.
func (w *world) fifo(name string) string { return filepath.Join(w.space.Folder, name) }
