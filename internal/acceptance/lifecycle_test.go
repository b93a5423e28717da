//go:build unix

package acceptance_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
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

// startWorker runs apply up to the moment in which the consumer is at work.
func (w *world) startWorker(extra string) *terraformcli.Process {
	w.t.Helper()
	w.write("main.tf", worker+extra)
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

// TestInterrupted: Terraform skips Close after a signal, also when the consumer then ends well.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(*terraformcli.Process) error{
		"SIGINT to the group":   (*terraformcli.Process).Interrupt,
		"SIGINT to Terraform":   func(p *terraformcli.Process) error { return p.Signal(syscall.SIGINT) },
		"SIGTERM to Terraform":  func(p *terraformcli.Process) error { return p.Signal(syscall.SIGTERM) },
		"SIGTERM to the group":  func(p *terraformcli.Process) error { return p.SignalGroup(syscall.SIGTERM) },
		"SIGHUP to the group":   func(p *terraformcli.Process) error { return p.SignalGroup(syscall.SIGHUP) },
		"SIGKILL to Terraform":  (*terraformcli.Process).Kill,
		"SIGKILL while tracing": (*terraformcli.Process).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{})
			if strings.Contains(name, "tracing") {
				w.space.Setenv("TF_LOG", "TRACE") // with nobody left to read it
			}
			process := w.startWorker("")
			if err := send(process); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(name, "SIGKILL") {
				defer w.letGo()
				w.nothingLeft()
				return
			}
			result := w.wait(process)
			if result.ExitCode == 0 {
				t.Errorf("an interrupted apply succeeded:\n%s", result.Stdout)
			}
			w.nothingLeft()
		})
	}
}

// letGo ends a consumer whose Terraform is gone.
func (w *world) letGo() {
	if pipe, err := os.OpenFile(w.fifo("leave"), os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		_ = pipe.Close()
	}
}

// TestTheTokenOutlivesTheSignal: what Terraform still finishes after a signal, it finishes with a live token.
func TestTheTokenOutlivesTheSignal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	release := make(chan struct{})
	w.fake.Inject(refusal.Verify, fakevedauth.Once(fakevedauth.Hold(release)))
	w.write("main.tf", fmt.Sprintf(consumer, w.fake.URL()))
	process := w.start("plan")
	w.waitFor("the consumer to ask", func(l fakevedauth.Ledger) bool { return l.InFlight[refusal.Verify] == 1 })
	if err := process.SignalGroup(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if ledger := w.fake.Ledger(); ledger.Live != 1 {
		t.Errorf("%v: the provider let go of the token at once", ledger)
	}
	close(release)
	w.wait(process)
	w.nothingLeft()
}

// TestInterruptedWhileTheServerThinks: the answer comes when nobody waits for it any more.
func TestInterruptedWhileTheServerThinks(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(*terraformcli.Process) error{
		"one SIGINT": (*terraformcli.Process).Interrupt,
		"two SIGINTs": func(p *terraformcli.Process) error {
			if err := p.Interrupt(); err != nil {
				return err
			}
			if err := p.WaitForOutput(context.Background(), "Interrupt received"); err != nil {
				return err
			}
			return p.Interrupt()
		},
		"SIGKILL": (*terraformcli.Process).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{})
			w.fake.Inject(refusal.OAuth, fakevedauth.Once(fakevedauth.Latency(time.Second).AfterCommit()))
			w.write("main.tf", "ephemeral \"vedauth_oauth_token\" \"t\" {\n  scope = \"certificate\"\n}\n")
			process := w.start("plan")
			w.waitFor("the request", func(l fakevedauth.Ledger) bool { return l.InFlight[refusal.OAuth] == 1 })
			if err := send(process); err != nil {
				t.Fatal(err)
			}
			w.wait(process)
			w.nothingLeft()
		})
	}
}

// TestAnExpiredTokenIsRevokedAllTheSame: the server takes no revocation from an expired token; a refreshed one does it.
func TestAnExpiredTokenIsRevokedAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	process := w.startWorker("")
	w.fake.Advance(91 * 24 * time.Hour)
	pipe, err := os.OpenFile(w.fifo("leave"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = pipe.Close()
	if result := w.wait(process); result.ExitCode != 0 || strings.Contains(result.Stdout, "Warning: Token not revoked") {
		t.Errorf("exit code %d\n%s\n%s", result.ExitCode, result.Stdout, result.Stderr)
	}
	w.nothingLeft()
	if ledger := w.fake.Ledger(); ledger.Refreshed != 1 {
		t.Errorf("refreshed %d times, want once", ledger.Refreshed)
	}
}
