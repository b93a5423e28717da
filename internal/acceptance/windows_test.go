//go:build linux

package acceptance_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// TestAgainstRealServers drives Terraform against a real KDC and Apache, which ask for Windows logons and client
// certificates in front of the server.
func TestAgainstRealServers(t *testing.T) {
	t.Parallel()
	rig := peers.Start(t, http.NotFoundHandler())
	for name, test := range map[string]func(*testing.T, *peers.Rig){
		"every Windows logon": everyWindowsLogon, "data source": windowsDataSource, "fallback": windowsFallback,
		"extended protection": windowsBound, "wrong password": wrongWindowsPassword, "incomplete": incompleteWindowsLogon,
		"refusals": windowsRefusals, "no secret": noSecretOfALogon, "users side by side": usersSideBySide,
		"vedauth_token": windowsAnyToken,
		"certificates":  certificatesAtRealServers, "renegotiation": passwordWithRenegotiation,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, rig)
		})
	}
}

// realWorld is a world whose server stands behind one of the real servers.
func realWorld(t *testing.T, rig *peers.Rig, host peers.Host) *world {
	t.Helper()
	fake := fakevedauth.New(fakevedauth.Options{PlainHTTP: true, TrustProxyHeaders: true})
	t.Cleanup(fake.Close)
	for _, user := range peers.Users() {
		upn := user.Name + "@" + peers.Realm
		fake.AddUser(fakevedauth.User{
			Names: []string{upn, peers.Domain + `\` + user.Name, `\` + upn, user.Name}, Identity: "AD+example:" + user.Name,
		}, fakevedauth.DefaultClientID)
	}
	w := &world{t: t, fake: fake, space: newSpace(t)}
	authority, err := os.ReadFile(rig.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	w.write("ca.pem", string(authority))
	w.provider(rig.Front(t, host, fake, nil), "")
	w.space.Setenv("KRB5_CONFIG", rig.Krb5Conf)
	return w
}

// grantsOf checks that the only grants are of a user.
func (w *world) grantsOf(user string) {
	w.t.Helper()
	for _, grant := range w.fake.Grants() {
		if grant.Identity != "AD+example:"+user {
			w.t.Errorf("a grant of %s, want %s", grant.Identity, user)
		}
	}
}

func everyWindowsLogon(t *testing.T, rig *peers.Rig) {
	first, second := peers.Users()[0].Name, peers.Users()[1].Name
	keytab, err := rig.Keytab(first, second)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := rig.Cache(first)
	if err != nil {
		t.Fatal(err)
	}
	const kerberos, ntlm = "Negotiate/krb5", "NTLM/NTLM"
	byRealm, byDomain := first+"@"+peers.Realm, peers.Domain+`\`+first
	password := func(name, more string) string {
		return fmt.Sprintf("username = %q\n  password = var.password\n  %s", name, more)
	}
	for name, test := range map[string]struct {
		host       peers.Host
		block      string
		env        map[string]string
		as, by     string
		noKerberos bool // KRB5_CONFIG is not set
	}{
		"kerberos, password": {peers.Nego, password(byRealm, `mechanism = "kerberos"`), nil, first, kerberos, false},
		"auto, user@REALM":   {peers.OddCase, password(byRealm, ""), nil, first, kerberos, false},
		"keytab":             {peers.KrbOnly, fmt.Sprintf("keytab_file = %q", keytab), nil, first, kerberos, false},
		"keytab with username": {
			peers.NegoOnly, fmt.Sprintf("keytab_file = %q\n  username = %q", keytab, second), nil, second, kerberos,
			false,
		},
		"ccache": {peers.NegoH2, fmt.Sprintf("ccache_file = %q", cache), nil, first, kerberos, false},
		"krb5_conf_file, spn": {
			peers.NegoReneg, fmt.Sprintf("ccache_file = %q\n  krb5_conf_file = %q\n  spn = %q", cache, rig.Krb5Conf, peers.SPN),
			nil, first, kerberos, true,
		},
		"ntlm":            {peers.NTLMRaw, password(byDomain, `mechanism = "ntlm"`), nil, first, ntlm, false},
		"auto, domain":    {peers.OneLine, password(byDomain, ""), nil, first, ntlm, false},
		"ntlm, Negotiate": {peers.NegoOnly, password(byDomain, ""), nil, first, "Negotiate/NTLM", false},
		"VEDAUTH_USERNAME": {
			peers.Nego, "",
			map[string]string{"VEDAUTH_USERNAME": byDomain, "VEDAUTH_PASSWORD": peers.Password(first)}, first, ntlm,
			false,
		},
		"KRB5CCNAME": {peers.Nego, "", map[string]string{"KRB5CCNAME": "FILE:" + cache}, first, kerberos, false},
		"KRB5_KTNAME": {
			peers.Nego, "", map[string]string{"KRB5_KTNAME": "FILE:" + keytab}, first, kerberos, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := realWorld(t, rig, test.host)
			if test.noKerberos {
				w.space.Setenv("KRB5_CONFIG", "")
			}
			for name, value := range test.env {
				w.space.Setenv(name, value)
			}
			w.password(peers.Password(first))
			w.token("integrated", test.block)
			w.must("plan")
			w.nothingLeft()
			w.grantsOf(test.as)
			requests := w.fake.RequestsTo(refusal.Integrated)
			if len(requests) != 1 || requests[0].Header.Get("X-Gss-Mech") != test.by {
				t.Errorf("%d logons, want one by %s: %v", len(requests), test.by, requests[0].Header)
			}
		})
	}
}

// windowsDataSource takes the account from the provider block, and a setting from there beside the block's own.
func windowsDataSource(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[2]
	w := realWorld(t, rig, peers.Nego)
	w.write("main.tf", fmt.Sprintf(`
provider "vedauth" {
  alias      = "w"
  url        = %q
  client_id  = "terraform"
  ca_file    = "${path.module}/ca.pem"
  integrated = { username = %q, password = var.password, mechanism = "kerberos" }
}

data "vedauth_integrated_token" "t" {
  provider = vedauth.w
  scope    = "certificate"
  state    = "from the data source"
}

ephemeral "vedauth_integrated_token" "t" {
  provider  = vedauth.w
  scope     = "certificate"
  mechanism = "ntlm"
}

output "identity" {
  value = data.vedauth_integrated_token.t.identity
}
`, rig.Front(t, peers.Nego, w.fake, nil), user.Name+"@"+peers.Realm))
	w.password(user.Password)
	w.must("apply")
	if got := w.must("output", "-raw", "identity").Stdout; got != "AD+example:"+user.Name {
		t.Errorf("identity %q", got)
	}
	mechanisms := map[string]bool{}
	for _, request := range w.fake.RequestsTo(refusal.Integrated) {
		mechanisms[request.Header.Get("X-Gss-Mech")] = true
	}
	if !mechanisms["Negotiate/krb5"] || !mechanisms["NTLM/NTLM"] {
		t.Errorf("logons by %v, want one by each", mechanisms)
	}
	ledger := w.fake.Ledger()
	stays := func(g fakevedauth.Grant) bool { return g.Live && g.State == "from the data source" }
	if ledger.Live != 1 || ledger.Count(stays) != 1 {
		t.Errorf("%v, want one live: that of the data source", ledger)
	}
}

// windowsBound: the acceptor that insists on extended protection answers itself, and cannot revoke.
func windowsBound(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[4]
	for _, name := range []string{peers.Domain + `\` + user.Name, user.Name + "@" + peers.Realm} {
		w := realWorld(t, rig, peers.EPARequire)
		w.password(user.Password)
		w.token("integrated", fmt.Sprintf("username = %q\n  password = var.password\n  revoke_on_close = false", name))
		w.must("plan")
	}
}

// usersSideBySide: two users in one run, and each block gets the token of its own.
func usersSideBySide(t *testing.T, rig *peers.Rig) {
	var main strings.Builder
	users := peers.Users()[7:17]
	for _, user := range users {
		fmt.Fprintf(&main, `
ephemeral "vedauth_integrated_token" %q {
  scope    = "certificate"
  username = %q
  password = %q

  lifecycle {
    postcondition {
      condition     = self.identity == %q
      error_message = "the token is another user's"
    }
  }
}
`, user.Name, peers.Domain+`\`+user.Name, user.Password, "AD+example:"+user.Name)
	}
	w := realWorld(t, rig, peers.Nego)
	w.write("main.tf", main.String())
	w.must("plan")
	w.nothingLeft()
	if ledger := w.fake.Ledger(); ledger.Issued != len(users) {
		t.Errorf("%v, want %d issued", ledger, len(users))
	}
}

// certificatesAtRealServers: wherever a server asks for the certificate, it gets it, for the revocation as well.
func certificatesAtRealServers(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[17].Name
	cert, err := rig.Certificate(peers.CertEC, user)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := pkcs12.Modern.Encode(cert.PrivateKey, cert.Leaf, rig.Intermediates(), keyPassword)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []peers.Host{
		peers.Loc, peers.LocAll, peers.VHost, peers.VHost12, peers.VHost13, peers.OptLoc, peers.Loc13,
	} {
		t.Run(string(host), func(t *testing.T) {
			t.Parallel()
			w := realWorld(t, rig, host)
			w.password(keyPassword)
			w.write("client.p12", string(bundle))
			w.token("certificate", "pkcs12_file = \"${path.module}/client.p12\"\n  pkcs12_password = var.password")
			if host == peers.Loc13 {
				w.mustFail([]string{"plan"}, "speaks only TLS 1.3", "What to do:",
					`"Negotiate Client Certificate" on the IIS binding`)
				return
			}
			w.must("plan")
			w.nothingLeft()
			w.grantsOf(user)
			if revoked := w.fake.Ledger().Revoked; revoked != 1 {
				t.Errorf("%d revoked, want one", revoked)
			}
		})
	}
}

// passwordWithRenegotiation: a server that asks everybody for an optional certificate, after the request.
func passwordWithRenegotiation(t *testing.T, rig *peers.Rig) {
	w := realWorld(t, rig, peers.RenegAll)
	w.password(fakevedauth.DefaultPassword)
	w.token("oauth", fmt.Sprintf("username = %q\n  password = var.password", fakevedauth.DefaultUser))
	w.must("plan")
	w.nothingLeft()
}
