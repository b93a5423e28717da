package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestAnUnknownArgument: Terraform opens such a block only in apply, when the value is there.
func TestAnUnknownArgument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", `
resource "terraform_data" "first" {}

ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate"
  state = terraform_data.first.id
}

resource "terraform_data" "t" {
  provisioner "local-exec" {
    command     = "test -n \"$TOKEN\""
    environment = { TOKEN = ephemeral.vedauth_oauth_token.t.access_token }
  }
}
`)
	w.must("plan", "-out=saved.tfplan")
	if n := len(w.fake.Requests()); n != 0 {
		t.Errorf("%d requests while the argument was unknown", n)
	}
	w.must("apply", "saved.tfplan")
	w.nothingLeft()
	if grants := w.fake.Grants(); len(grants) != 1 || len(grants[0].State) != 36 {
		t.Errorf("%+v, want one grant with the id of the resource", grants)
	}
}

// TestAnUnknownToken: a provider block that is fed by such a block has no token while planning. What it is asked for
// then fails, and says why; once the first resource exists the same configuration works.
func TestAnUnknownToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", `
resource "terraform_data" "first" {}

ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate"
  state = terraform_data.first.id
}
`+w.consumerOf("vedauth_oauth_token"))
	w.throughTarget("Unknown access_token", "access_token in the provider block is not known yet")
}

// TestAnUnknownSetting: Terraform opens a block although its provider block is not known yet.
func TestAnUnknownSetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.provider(w.fake.URL(), fmt.Sprintf(
		"oauth = { username = %q, password = terraform_data.first.id == \"\" ? \"\" : var.password }",
		fakevedauth.DefaultUser))
	w.write("main.tf", `
resource "terraform_data" "first" {}

ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate"
}
`+w.consumerOf("vedauth_oauth_token"))
	w.throughTarget("Unknown oauth.password", "oauth.password in the provider block is not known yet")
}

// throughTarget plans, which fails as told, and does what the error advises: it creates the first resource by itself,
// and then the rest.
func (w *world) throughTarget(texts ...string) {
	w.t.Helper()
	w.mustFail([]string{"plan"}, append(texts, "create what it depends on first with -target")...)
	w.mustFail([]string{"apply"}, texts...)
	if n := len(w.fake.Requests()); n != 0 {
		w.t.Errorf("%d requests while it was unknown", n)
	}
	w.must("apply", "-target=terraform_data.first")
	if n := len(w.fake.Requests()); n != 0 {
		w.t.Errorf("%d requests for a resource that needs no token", n)
	}
	w.must("apply")
	w.nothingLeft()
}
