package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestWhatACommandCosts holds the table of the guide "When tokens are issued and revoked": grants for a block that a
// provider block needs, for one that a resource alone needs, and for one that nobody needs. Blocks that have no
// instance cost nothing, ever.
func TestWhatACommandCosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", fmt.Sprintf(`
ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate"
  state = "provider"
}

ephemeral "vedauth_oauth_token" "resource" {
  scope = "certificate"
  state = "resource"
}

ephemeral "vedauth_oauth_token" "nobody" {
  scope = "certificate"
  state = "nobody"
}

ephemeral "vedauth_oauth_token" "none" {
  count = 0
  scope = "certificate"
  state = "none"
}

ephemeral "vedauth_oauth_token" "empty" {
  for_each = toset([])
  scope    = "certificate"
  state    = "none"
}

resource "terraform_data" "other" {
  provisioner "local-exec" {
    command     = "exit 0"
    environment = {
      TOKEN = ephemeral.vedauth_oauth_token.resource.access_token
      NONE  = length(ephemeral.vedauth_oauth_token.none)
    }
  }
}
%s`, w.consumerOf("vedauth_oauth_token")))
	for _, step := range []struct {
		command                    []string
		provider, resource, nobody int
	}{
		{[]string{"validate"}, 0, 0, 0},
		{[]string{"plan", "-target=terraform_data.other"}, 0, 1, 0},
		{[]string{"plan", "-out=saved.tfplan"}, 1, 1, 1},
		{[]string{"show", "-json", "saved.tfplan"}, 0, 0, 0},
		{[]string{"apply", "saved.tfplan"}, 1, 1, 1},
		{[]string{"plan", "-refresh-only"}, 1, 1, 1},
		{[]string{"plan", "-refresh=false"}, 1, 1, 1},
		{[]string{"refresh"}, 1, 1, 1},
		{[]string{"apply"}, 2, 2, 2},
		{[]string{"apply", "-replace=terraform_data.other"}, 2, 2, 2},
		{[]string{"destroy"}, 2, 1, 1}, // 3 if the provider that is fed had something to destroy
	} {
		before := w.byState()
		w.must(step.command...)
		w.waitUntilGone(func(l fakevedauth.Ledger) bool { return l.Live == 0 })
		after := w.byState()
		for state, want := range map[string]int{
			"provider": step.provider, "resource": step.resource, "nobody": step.nobody, "none": 0,
		} {
			// OpenTofu does not open for apply what nobody needs.
			if n := after[state] - before[state]; n > want || n < want && !w.space.CLI.IsTofu {
				t.Errorf("%v: %d grants for %s, want %d", step.command, n, state, want)
			}
		}
	}
}

// byState counts the grants so far by the state of their block.
func (w *world) byState() map[string]int {
	count := map[string]int{}
	for _, g := range w.fake.Grants() {
		count[g.State]++
	}
	return count
}

// TestAHundredInstances: Terraform closes one after the other.
func TestAHundredInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", instances(100))
	w.must("plan")
	w.nothingLeft()
	w.wantInstances(100, 1)
}

// TestManyInstancesWhoseConsumerFails: in plan Terraform closes one after the other, and in apply none; the provider
// then revokes all at once, before Terraform kills it.
func TestManyInstancesWhoseConsumerFails(t *testing.T) {
	t.Parallel()
	n := 100
	if raceEnabled { // which makes a handshake of TLS many times slower; the provider's two seconds stay two
		n = 10
	}
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", instances(n))
	w.mustFail([]string{"apply"}, "local-exec provisioner error")
	w.nothingLeft()
	w.wantInstances(n, 2)
}

// instances is a configuration with n grants, and a consumer that fails if it has got n tokens.
func instances(n int) string {
	return fmt.Sprintf(`
ephemeral "vedauth_oauth_token" "t" {
  for_each = toset([for i in range(%[1]d) : "block ${i}"])
  scope    = "certificate"
  state    = each.key
}

resource "terraform_data" "r" {
  provisioner "local-exec" {
    command     = "test $COUNT -ne %[1]d"
    environment = { COUNT = length(distinct([for t in ephemeral.vedauth_oauth_token.t : t.access_token])) }
  }
}
`, n)
}

// wantInstances checks that each of n instances had a grant of its own in each walk, and that all are revoked.
func (w *world) wantInstances(n, walks int) {
	w.t.Helper()
	for state, times := range w.byState() {
		if times != walks {
			w.t.Errorf("%d grants for %s, want %d", times, state, walks)
		}
	}
	if l := w.fake.Ledger(); l.Issued != n*walks || l.Revoked != n*walks {
		w.t.Errorf("%v, want %d issued and revoked", l, n*walks)
	}
}
