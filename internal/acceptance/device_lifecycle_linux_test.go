package acceptance_test

import (
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// once and remembered are logins at a terminal: one whose grant the provider owns, and one whose grant is stored.
const once, remembered = "", "remember = true"

// TestALoginThatIsInterrupted between the person's yes and the server's answer: the grant is ended, or it is
// remembered.
func TestALoginThatIsInterrupted(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]string{"once": once, "remembered": remembered} {
		for _, how := range []string{"SIGINT to the group", "SIGHUP to the group", "SIGKILL to Terraform"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, quickly)
				w.write("main.tf", deviceBlock(block))
				pending, answer := make(chan struct{}), make(chan struct{})
				w.fake.Inject(fakevedauth.Token, fakevedauth.Sequence(
					fakevedauth.Refusal("device-pending", fakevedauth.Modern).Held(pending),
					fakevedauth.Hold(answer).AfterCommit(),
				))
				process := w.startAt(newScreen(t), "plan")
				w.waitFor("the first poll", func(l fakevedauth.Ledger) bool { return l.InFlight[fakevedauth.Token] == 1 })
				w.confirm(w.approve)
				close(pending)
				w.waitFor("the grant", func(l fakevedauth.Ledger) bool { return l.Issued == 1 })
				w.by(ends[how], process)
				close(answer)
				w.wait(process)
				if block == once {
					w.nothingLeft()
					return
				}
				w.must("plan") // which asks nobody
				if l := w.fake.Ledger(); l.Issued != 1 || l.Live != 1 {
					t.Errorf("%v, want the one that is remembered", l)
				}
			})
		}
	}
}

// TestALoginWithoutTerraform: when Terraform is killed the provider does not wait for the person any longer.
func TestALoginWithoutTerraform(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quickly)
	w.write("main.tf", deviceBlock(once))
	process := w.startAt(newScreen(t), "plan")
	w.waitFor("a login", func(l fakevedauth.Ledger) bool { return len(l.Devices) > 0 })
	providers := w.providersOf(process)
	w.by(ends["SIGKILL to Terraform"], process)
	w.waitForEnd(providers)
	w.confirm(w.approve)
	if l := w.fake.Ledger(); l.Issued != 0 {
		t.Error(l)
	}
}
