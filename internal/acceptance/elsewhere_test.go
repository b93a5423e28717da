package acceptance_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// elsewhere is another runner: a folder with a copy of the configuration and the saved plan, a home and an environment
// of its own, and the same server.
func (w *everyWorld) elsewhere() *everyWorld {
	w.t.Helper()
	p := *w.pipeline
	p.world = &world{t: w.t, fake: w.fake, space: newSpace(w.t)}
	if err := p.space.Copy(w.space.Folder); err != nil {
		w.t.Fatal(err)
	}
	return &everyWorld{pipeline: &p}
}

// TestAPlanAppliedElsewhere: the plan brings neither tokens nor credentials with it. Each is taken from where apply
// runs.
func TestAPlanAppliedElsewhere(t *testing.T) {
	t.Parallel()
	w := newEveryWorld(t)
	w.write("main.tf", everyConsumer)
	w.must("plan", "-out=saved.tfplan")
	w.wantOnlyUsers(keptInAWalk)
	planned := w.fake.Ledger()

	laptop := w.elsewhere()
	laptop.mustFail([]string{"apply", "saved.tfplan"}, "No value for required variable")
	for _, variable := range []string{"password", "seed", "code"} {
		laptop.space.Setenv("TF_VAR_"+variable, "of another machine")
	}
	laptop.mustFail(
		[]string{"apply", "saved.tfplan"},
		"Username/password combination not valid",
		"ACTIONS_ID_TOKEN_REQUEST_URL",
		"refused the configured refresh_token",
	)
	w.wantOnlyUsers(keptInAWalk)
	if l := w.fake.Ledger(); l.Issued != planned.Issued+1 { // with the certificate, whose file came along
		t.Errorf("%v; %v when it was planned", l, planned)
	}

	runner := w.elsewhere()
	runner.inPipeline()
	runner.password(fakevedauth.DefaultPassword)
	for _, variable := range []string{"seed", "code"} {
		runner.space.Setenv("TF_VAR_"+variable, w.given[variable])
	}
	runner.store = w.store // on a volume that both can reach
	runner.space.Setenv("VEDAUTH_TOKEN_STORE", runner.store)
	runner.must("apply", "saved.tfplan")
	runner.wantOnlyUsers(2 * keptInAWalk)
}

// TestAPlanAppliedWithoutItsStore: a seed works once. Where the store of the plan is missing apply says so before it
// changes anything, and the grant in that store is as good as before.
func TestAPlanAppliedWithoutItsStore(t *testing.T) {
	t.Parallel()
	w, store := newStored(t, fakevedauth.Options{})
	w.seed()
	w.must("plan", "-out=saved.tfplan")
	w.space.Setenv("VEDAUTH_TOKEN_STORE", filepath.Join(t.TempDir(), "another"))
	w.mustFail([]string{"apply", "saved.tfplan"}, "refused the configured refresh_token")
	w.space.Setenv("VEDAUTH_TOKEN_STORE", store)
	w.must("apply")
	w.wantStored(1, 1)
}

// TestTheEnvironmentOfEachRun: whoever the environment names while applying is who the token is for.
func TestTheEnvironmentOfEachRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	for _, name := range []string{"planner", "applier"} {
		w.fake.AddUser(fakevedauth.User{
			Names: []string{name}, Identity: "local:" + name, Password: name + "'s password",
		}, fakevedauth.DefaultClientID)
	}
	w.provider(w.fake.URL(), "")
	w.write("main.tf", fmt.Sprintf("ephemeral %q \"t\" {\n  scope = \"certificate\"\n}\n", "vedauth_oauth_token")+
		w.consumerOf("vedauth_oauth_token"))
	as := func(name string) {
		w.space.Setenv("VEDAUTH_USERNAME", name)
		w.space.Setenv("VEDAUTH_PASSWORD", name+"'s password")
	}
	as("planner")
	w.must("plan", "-out=saved.tfplan")
	as("applier")
	w.must("apply", "saved.tfplan")
	w.nothingLeft()
	var who []string
	for _, g := range w.fake.Grants() {
		who = append(who, g.Identity)
	}
	if len(who) != 2 || who[0] != "local:planner" || who[1] != "local:applier" {
		t.Errorf("grants of %v", who)
	}
}
