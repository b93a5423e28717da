//go:build unix

package acceptance_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// end is a way in which a run is ended from outside.
type end struct {
	send func(*terraformcli.Process) error
	// stops: Terraform stops by itself and says so. Otherwise it is gone at once, or as good as gone.
	stops bool
	// gone: it is gone at once, and its provider has lost its parent.
	gone bool
}

// ends are all that a person, a terminal or a service manager does.
var ends = map[string]end{
	"SIGINT to the group":  {send: (*terraformcli.Process).Interrupt, stops: true},
	"SIGTERM to Terraform": {send: func(p *terraformcli.Process) error { return p.Signal(syscall.SIGTERM) }, stops: true},
	"SIGTERM to the group": {send: toTheGroup(syscall.SIGTERM), stops: true},
	"two SIGINTs":          {send: interruptTwice},
	"SIGHUP to the group":  {send: toTheGroup(syscall.SIGHUP), gone: true},
	"SIGKILL to Terraform": {send: (*terraformcli.Process).Kill, gone: true},
}

func toTheGroup(signal syscall.Signal) func(*terraformcli.Process) error {
	return func(p *terraformcli.Process) error { return p.SignalGroup(signal) }
}

// interruptTwice is a person who presses Ctrl-C, reads what Terraform says, and presses it again.
func interruptTwice(p *terraformcli.Process) error {
	if err := p.Interrupt(); err != nil {
		return err
	}
	if err := p.WaitForOutput(context.Background(), "Interrupt received"); err != nil {
		return err
	}
	return p.Interrupt()
}

// by ends a run, and returns when it has taken effect: when Terraform has said that it stops, or is gone.
func (w *world) by(e end, process *terraformcli.Process) {
	w.t.Helper()
	if err := e.send(process); err != nil {
		w.t.Fatal(err)
	}
	switch {
	case e.stops:
		if err := process.WaitForOutput(w.t.Context(), "Interrupt received"); err != nil {
			w.t.Fatal(err)
		}
	case e.gone:
		w.wait(process)
	}
}

// TestInterruptedWhileAConsumerWorks: Terraform skips Close after a signal, also when the consumer then ends well.
func TestInterruptedWhileAConsumerWorks(t *testing.T) {
	t.Parallel()
	all := map[string]end{
		"SIGINT to Terraform":   {send: func(p *terraformcli.Process) error { return p.Signal(syscall.SIGINT) }, stops: true},
		"SIGKILL while tracing": {send: (*terraformcli.Process).Kill, gone: true},
	}
	for name, how := range ends {
		all[name] = how
	}
	for name, how := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEveryWorld(t)
			if strings.Contains(name, "tracing") {
				w.space.Setenv("TF_LOG", "TRACE") // with nobody left to read it
			}
			process := w.startWorker(everyWorker)
			if live := liveOf(w.fake.Ledger(), isOwned); live != ownedInAWalk {
				t.Errorf("%d live grants while the consumer works, want %d", live, ownedInAWalk)
			}
			w.by(how, process)
			defer w.letGo()
			if result := w.wait(process); result.ExitCode == 0 {
				t.Errorf("an interrupted apply succeeded:\n%s", result.Stdout)
			}
			w.wantOnlyUsers(2 * keptInAWalk)
			w.revokedWithCertificate()
		})
	}
}

// TestTheTokenOutlivesTheSignal: what Terraform still finishes after a signal, it finishes with a live token.
func TestTheTokenOutlivesTheSignal(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{})
			release := make(chan struct{})
			w.fake.Inject(refusal.Verify, fakevedauth.Once(fakevedauth.Hold(release)))
			w.write("main.tf", fmt.Sprintf(consumer, w.fake.URL()))
			process := w.start("plan")
			w.waitFor("the consumer to ask", func(l fakevedauth.Ledger) bool { return l.InFlight[refusal.Verify] == 1 })
			w.by(end{send: func(p *terraformcli.Process) error { return p.SignalGroup(signal) }, stops: true}, process)
			if ledger := w.fake.Ledger(); ledger.Live != 1 {
				t.Errorf("%v: the provider let go of the token at once", ledger)
			}
			close(release)
			w.wait(process)
			w.nothingLeft()
		})
	}
}

// TestInterruptedWhileTheServerThinks: the answers to every request for a token come when nobody waits for them any
// more. What belongs in the store gets there.
func TestInterruptedWhileTheServerThinks(t *testing.T) {
	t.Parallel()
	for name, how := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEveryWorld(t)
			w.write("kept.tf", nothingKept) // whose it is depends on what comes first, the signal or the answer
			answer := make(chan struct{})
			late := fakevedauth.Always(fakevedauth.Hold(answer).AfterCommit())
			for _, endpoint := range []fakevedauth.Endpoint{
				fakevedauth.OAuth, fakevedauth.JWT, fakevedauth.Certificate, fakevedauth.Token,
			} {
				w.fake.Inject(endpoint, late)
			}
			process := w.start("plan")
			w.waitFor("every request", func(l fakevedauth.Ledger) bool {
				return l.InFlight[fakevedauth.OAuth] == 1 && l.InFlight[fakevedauth.JWT] == 1 &&
					l.InFlight[fakevedauth.Certificate] == 1 && l.InFlight[fakevedauth.Token] == 2
			})
			w.by(how, process)
			close(answer)
			if result := w.wait(process); result.ExitCode == 0 {
				t.Errorf("an interrupted plan succeeded:\n%s", result.Stdout)
			}
			w.waitUntilGone(func(l fakevedauth.Ledger) bool { return liveOf(l, isOwned) == 0 })
			w.fake.ClearFaults()
			w.must("plan") // which waits for whoever is still at the store
			w.wantOnlyUsers(0)
			w.revokedWithCertificate()
			if n := w.spent(); n != 2 {
				t.Errorf("%d requests with what works once, want two: the second run did not find what the first had got", n)
			}
		})
	}
}

// TestInterruptedWhileThePlatformThinks: without a JWT there is nothing to ask the server for, and it is not asked
// later.
func TestInterruptedWhileThePlatformThinks(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]end{"SIGINT": ends["SIGINT to the group"], "SIGKILL": ends["SIGKILL to Terraform"]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t)
			asked, hungUp := make(chan struct{}), make(chan struct{})
			p.reply = func(_ http.ResponseWriter, r *http.Request) {
				close(asked)
				<-r.Context().Done()
				close(hungUp)
			}
			p.write("main.tf", "ephemeral \"vedauth_jwt_token\" \"t\" {\n  scope = \"certificate\"\n"+
				"  github_actions = { audience = \""+audience+"\" }\n}\n")
			process := p.start("plan")
			select {
			case <-asked:
			case <-process.Ended():
				t.Fatalf("%+v", p.wait(process))
			}
			p.by(how, process)
			p.wait(process)
			<-hungUp // for Terraform's provider has stopped, or ended
			if n := p.fake.Ledger().Requests[fakevedauth.JWT]; n != 0 {
				t.Errorf("%d requests for a token", n)
			}
		})
	}
}

// spent counts the requests with a seed, or with what followed from one. A refresh token of another grant is sent where
// a revocation asks whether a grant is really gone.
func (w *everyWorld) spent() int {
	n := 0
	for _, request := range w.fake.RequestsTo(fakevedauth.Token) {
		token, _ := request.Fields()["refresh_token"].(string)
		if g, known := w.fake.Find(token); !known || !isAuthorized(g) {
			n++
		}
	}
	return n
}

// TestInterruptedWhileTheServerRevokes: the first revocations have no effect and no answer; others must follow.
func TestInterruptedWhileTheServerRevokes(t *testing.T) {
	t.Parallel()
	for name, how := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEveryWorld(t)
			ended := make(chan struct{})
			w.fake.Inject(fakevedauth.Revoke, fakevedauth.Times(ownedInAWalk, fakevedauth.Drop().Held(ended)))
			process := w.start("plan")
			w.waitFor("every revocation", func(l fakevedauth.Ledger) bool {
				return l.InFlight[fakevedauth.Revoke] == ownedInAWalk
			})
			w.by(how, process)
			if how.stops { // Terraform waits for Close, which has to do it
				close(ended)
			} else { // those revocations never end, and the way out must not wait for them
				defer close(ended)
			}
			w.wait(process)
			w.wantOnlyUsers(keptInAWalk)
			w.revokedWithCertificate()
		})
	}
}
