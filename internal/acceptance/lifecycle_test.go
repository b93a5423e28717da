//go:build unix

package acceptance_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// worker is a configuration whose consumer, a provisioner, works for as long as the test wants: it opens the first pipe,
// which tells the test that it has the token, and then waits for the second.
const worker = `
ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate"
}

resource "terraform_data" "work" {
  provisioner "local-exec" {
    command     = "test -n \"$TOKEN\" && echo > ${path.module}/working && cat ${path.module}/leave"
    environment = { TOKEN = ephemeral.vedauth_oauth_token.t.access_token }
  }
}
`

// startWorker runs apply, with a configuration such as worker, up to the moment in which the consumer is at work.
func (w *world) startWorker(main string) *terraformcli.Process {
	w.t.Helper()
	w.write("main.tf", main)
	for _, name := range []string{"working", "leave"} {
		if err := syscall.Mkfifo(w.fifo(name), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	process := w.start("apply")
	opened := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(w.fifo("working")) // until the consumer has opened and closed it
		opened <- err
	}()
	select {
	case err := <-opened:
		if err != nil {
			w.t.Fatal(err)
		}
	case <-process.Ended():
		result := w.wait(process)
		w.t.Fatalf("Terraform ended before the consumer worked:\n%s\n%s", result.Stdout, result.Stderr)
	}
	if ledger := w.fake.Ledger(); ledger.Live == 0 {
		w.t.Fatalf("%v while the consumer works", ledger)
	}
	return process
}

func TestFailures(t *testing.T) {
	t.Parallel()
	token := "ephemeral \"vedauth_oauth_token\" \"t\" {\n  scope = \"certificate\"\n}\n"
	for name, test := range map[string]struct {
		main    string
		options fakevedauth.Options
		says    string
	}{
		"consumer fails": {
			main: token + `
resource "terraform_data" "r" {
  provisioner "local-exec" {
    command     = "test -z \"$TOKEN\""
    environment = { TOKEN = ephemeral.vedauth_oauth_token.t.access_token }
  }
}`,
			says: "local-exec provisioner error",
		},
		"sibling fails": {
			main: token + `
ephemeral "vedauth_oauth_token" "other" {
  scope = "certificate:everything"
}`,
			says: "What to do:",
		},
		"postcondition fails": {
			main: strings.Replace(token, "}\n", `
  lifecycle {
    postcondition {
      condition     = self.token_type == "Dearer"
      error_message = "not dear enough"
    }
  }
}
`, 1),
			says: "not dear enough",
		},
		"the provider fails after the grant was made": {
			main: strings.Replace(token, "}\n", "  minimum_validity = \"8760h\"\n}\n", 1),
			says: "minimum_validity asks for 8760h0m0s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.options)
			w.write("main.tf", test.main)
			w.mustFail([]string{"apply"}, test.says)
			w.nothingLeft()
		})
	}
}

// finishWork lets the consumer end well.
func (w *world) finishWork() {
	w.t.Helper()
	pipe, err := os.OpenFile(w.fifo("leave"), os.O_WRONLY, 0) // waits for the consumer
	if err != nil {
		w.t.Fatal(err)
	}
	_ = pipe.Close()
}

// letGo ends a consumer whose Terraform is gone.
func (w *world) letGo() {
	if pipe, err := os.OpenFile(w.fifo("leave"), os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		_ = pipe.Close()
	}
}

// TestFailuresOfEveryGrant: Terraform closes none of the blocks that are open, whichever grant they have.
func TestFailuresOfEveryGrant(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		main, says string
		kept       int // grants that the user keeps, one for each walk that came so far
	}{
		"consumer fails": {
			main: `
resource "terraform_data" "r" {
  provisioner "local-exec" {
    command     = "! (` + hasEveryToken + `)"
    environment = local.tokens
  }
}
`,
			says: "local-exec provisioner error",
			kept: 2 * keptInAWalk,
		},
		"sibling fails": {
			main: `
ephemeral "vedauth_oauth_token" "other" {
  scope = length(local.tokens) == 7 ? "certificate:everything" : "certificate"
}
`,
			says: "What to do:",
			kept: keptInAWalk,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEveryWorld(t)
			w.write("main.tf", test.main)
			w.mustFail([]string{"apply"}, test.says)
			w.wantOnlyUsers(test.kept)
			w.revokedWithCertificate()
		})
	}
}

// TestAnExpiredTokenIsRevokedAllTheSame: the server takes no revocation from an expired token; a refreshed one does it.
func TestAnExpiredTokenIsRevokedAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	process := w.startWorker(worker)
	w.fake.Advance(91 * 24 * time.Hour)
	w.finishWork()
	if result := w.wait(process); result.ExitCode != 0 || strings.Contains(result.Stdout, "Warning: Token not revoked") {
		t.Errorf("exit code %d\n%s\n%s", result.ExitCode, result.Stdout, result.Stderr)
	}
	w.nothingLeft()
	if ledger := w.fake.Ledger(); ledger.Refreshed != 1 {
		t.Errorf("refreshed %d times, want once", ledger.Refreshed)
	}
}
