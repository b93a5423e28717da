package acceptance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestSeveralServers: each provider block is a process of its own. When a consumer of all of them fails, each process
// ends its own grants on its own server, and no server has heard of another's secrets.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	const others = 2
	w := newWorld(t, fakevedauth.Options{})
	worlds := []*world{w}
	var main, tokens strings.Builder
	block := func(alias, provider string) {
		fmt.Fprintf(&main, "ephemeral \"vedauth_oauth_token\" %q {\n  provider = %s\n  scope = \"certificate\"\n}\n",
			alias, provider)
		fmt.Fprintf(&tokens, "      %s = ephemeral.vedauth_oauth_token.%s.access_token\n", strings.ToUpper(alias), alias)
	}
	block("first", "vedauth")
	for i := range others {
		options := fakevedauth.Options{Password: fmt.Sprintf("another passw0rd %d", i)}
		other := &world{t: t, fake: fakevedauth.StartForTest(t, options)}
		worlds = append(worlds, other)
		alias, authority := fmt.Sprintf("other%d", i), fmt.Sprintf("ca%d.pem", i)
		w.write(authority, other.fake.CAPEM())
		fmt.Fprintf(&main, `
provider "vedauth" {
  alias     = %q
  url       = %q
  client_id = %q
  ca_file   = "${path.module}/%s"
  oauth     = { username = %q, password = "another passw0rd %d" }
}
`, alias, other.fake.URL(), fakevedauth.DefaultClientID, authority, fakevedauth.DefaultUser, i)
		block(alias, "vedauth."+alias)
	}
	again := `
provider "vedauth" {
  alias     = "again"
  url       = %q
  client_id = %q
  ca_file   = "${path.module}/ca.pem"
  oauth     = { username = %q, password = var.password }
}
`
	fmt.Fprintf(&main, again, w.fake.URL(), fakevedauth.DefaultClientID, fakevedauth.DefaultUser)
	block("again", "vedauth.again")
	fmt.Fprintf(&main, `
resource "terraform_data" "r" {
  provisioner "local-exec" {
    command     = "test -z \"$FIRST\""
    environment = {
%s    }
  }
}
`, tokens.String())
	w.write("main.tf", main.String())
	w.mustFail([]string{"apply"}, "local-exec provisioner error")
	for i, one := range worlds {
		one.nothingLeft()
		want := 2 // one in plan and one in apply
		if one == w {
			want = 4 // two processes do not share
		}
		if l := one.fake.Ledger(); l.Issued != want {
			t.Errorf("server %d: %v, want %d issued", i, l, want)
		}
		for j, another := range worlds {
			if i != j {
				another.neverHeard(one.fake.Secrets())
			}
		}
	}
}

// neverHeard checks that no request to this server holds one of another server's secrets.
func (w *world) neverHeard(secrets []string) {
	w.t.Helper()
	for _, request := range w.fake.Requests() {
		said := fmt.Sprint(request.Path, request.Header, string(request.Body))
		for _, secret := range secrets {
			if strings.Contains(said, secret) {
				w.t.Errorf("%s got a secret of another server", request.Path)
			}
		}
	}
}
