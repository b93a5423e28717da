//go:build linux

package acceptance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// windowsAnyToken: vedauth_token logs on to Windows where the provider block says so, with what the block has or with
// what the environment has for it, and goes on to the password where nothing of that is there.
func windowsAnyToken(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[18]
	cache, err := rig.Cache(user.Name)
	if err != nil {
		t.Fatal(err)
	}
	keytab, err := rig.Keytab(user.Name)
	if err != nil {
		t.Fatal(err)
	}
	const kerberos, ntlm = "Negotiate/krb5", "NTLM/NTLM"
	account := func(name string) string { return fmt.Sprintf("{ username = %q, password = var.password }", name) }
	for name, test := range map[string]struct {
		host            peers.Host
		block           string
		variable, value string
		by              string // empty if the password is used
		warned          bool
	}{
		"Kerberos":              {peers.Nego, account(user.Name + "@" + peers.Realm), "", "", kerberos, false},
		"NTLM":                  {peers.OneLine, account(peers.Domain + `\` + user.Name), "", "", ntlm, false},
		"NTLM for Kerberos":     {peers.NTLMRaw, account(user.Name + "@" + peers.Realm), "", "", ntlm, true},
		"ticket cache, outside": {peers.Nego, "{}", "KRB5CCNAME", cache, kerberos, false},
		"keytab, outside":       {peers.NegoOnly, "{}", "KRB5_KTNAME", "FILE:" + keytab, kerberos, false},
		"no ticket cache":       {peers.Nego, "{}", "KRB5CCNAME", "FILE:" + cache + ".gone", "", false},
		"nothing":               {peers.Nego, "{}", "", "", "", false},
		"not in the block":      {peers.Nego, "null", "KRB5CCNAME", cache, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := realWorld(t, rig, test.host)
			w.password(user.Password)
			if test.variable != "" {
				w.space.Setenv(test.variable, test.value)
			}
			w.write("main.tf", fmt.Sprintf(`
provider "vedauth" {
  alias      = "w"
  url        = %q
  client_id  = "terraform"
  scope      = "certificate"
  ca_file    = "${path.module}/ca.pem"
  integrated = %s
  oauth      = { username = %q, password = %q }
}

data "vedauth_token" "t" {
  provider = vedauth.w
  state    = "stays"
}

ephemeral "vedauth_token" "t" {
  provider = vedauth.w
}

output "used" {
  value = "${data.vedauth_token.t.grant} ${data.vedauth_token.t.identity}"
}
`, rig.Front(t, test.host, w.fake, nil), test.block, fakevedauth.DefaultUser, fakevedauth.DefaultPassword))
			result := w.must("apply")
			want, other := "integrated AD+example:"+user.Name, refusal.OAuth
			if test.by == "" {
				want, other = "oauth local:", refusal.Integrated
			}
			if used := w.must("output", "-raw", "used").Stdout; !strings.HasPrefix(used, want) {
				t.Errorf("used: %s, want %s", used, want)
			}
			for _, request := range w.fake.RequestsTo(refusal.Integrated) {
				if by := request.Header.Get("X-Gss-Mech"); by != test.by {
					t.Errorf("a logon by %s, want %s", by, test.by)
				}
			}
			if n := len(w.fake.RequestsTo(other)); n != 0 {
				t.Errorf("%d requests to %s", n, other)
			}
			said := strings.Join(strings.Fields(result.Stdout+result.Stderr), " ")
			if warned := strings.Contains(said, "NTLM was used in place of Kerberos"); warned != test.warned {
				t.Errorf("a warning: %t\n%s", warned, said)
			}
			ledger := w.fake.Ledger()
			stays := func(g fakevedauth.Grant) bool { return g.Live && g.State == "stays" }
			// OpenTofu opens the block at plan only, because nobody needs it in apply.
			if ledger.Issued < 2 || ledger.Live != 1 || ledger.Count(stays) != 1 {
				t.Errorf("%v, want two issued at least and one live: that of the data source", ledger)
			}
		})
	}
}
