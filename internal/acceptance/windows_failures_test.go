//go:build linux

package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// windowsFallback: NTLM in place of Kerberos comes with a warning, or with an error that says both.
func windowsFallback(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[3]
	block := fmt.Sprintf("username = %q\n  password = var.password", user.Name+"@"+peers.Realm)
	w := realWorld(t, rig, peers.NTLMRaw)
	w.password(user.Password)
	w.token("integrated", block)
	w.says(w.must("plan"), "Warning: About the credential",
		"NTLM was used in place of Kerberos, because the server does not offer Kerberos")
	w.nothingLeft()

	down, err := rig.WriteFile("unreachable.conf", "[realms]\nEXAMPLE.TEST = {\n kdc = 127.0.0.1:1\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	w.space.Setenv("KRB5_CONFIG", down)
	w.provider(rig.Front(t, peers.Nego, w.fake, nil), "")
	w.says(w.must("plan"), "because no KDC could be reached", "127.0.0.1:1")
	w.token("integrated", block+"\n  mechanism = \"kerberos\"")
	w.mustFail([]string{"plan"}, "127.0.0.1:1", "What to do:")
	w.nothingLeft()
}

// wrongWindowsPassword: in twenty blocks with different scopes a wrong password is one failed logon, by the KDC's log
// and by Apache's.
func wrongWindowsPassword(t *testing.T, rig *peers.Rig) {
	const wrong = "not-the-passw0rd"
	user := peers.Users()[19].Name
	for _, test := range []struct {
		name, user, says string
		failed           func() int
	}{
		{"kerberos", user + "@" + peers.Realm, "refused the password", func() int {
			return strings.Count(rig.KDCLog(), "PREAUTH_FAILED: "+user+"@")
		}},
		{"ntlm", peers.Domain + `\` + user, "refused the Windows logon", func() int {
			return strings.Count(rig.HostLog(peers.NegoHTTP), "gss_accept_sec_context() failed") +
				strings.Count(rig.HostLog(peers.OneLine), "gss_accept_sec_context() failed")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := realWorld(t, rig, peers.OneLine)
			w.password(wrong)
			w.write("main.tf", fmt.Sprintf(`
ephemeral "vedauth_integrated_token" "t" {
  count    = 20
  scope    = ["certificate", "ssh", "configuration", "security"][count.index %% 4]
  username = %q
  password = var.password
}
`, test.user))
			before := test.failed()
			result := w.mustFail([]string{"plan"}, test.says, "tried once", "What to do:")
			if n := strings.Count(result.Stderr, "Unable to obtain a token"); n != 20 {
				t.Errorf("%d blocks got the error, want 20", n)
			}
			if n := test.failed() - before; n != 1 {
				t.Errorf("%d failed logons, want one", n)
			}
			if strings.Contains(result.Stdout+result.Stderr, wrong) {
				t.Error("the password is shown")
			}
		})
	}
}

// incompleteWindowsLogon: what is missing or does not fit, before anything is sent.
func incompleteWindowsLogon(t *testing.T, rig *peers.Rig) {
	w := realWorld(t, rig, peers.Nego)
	w.password("some-passw0rd")
	for block, says := range map[string][]string{
		`password = "x"`: {"password", "username"},
		"username = \"x\"\n  password = \"x\"\n  keytab_file = \"x\"": {"password", "keytab_file"},
		"keytab_file = \"x\"\n  ccache_file = \"x\"":                  {"keytab_file", "ccache_file"},
		`username = "x"`: {"Half a credential", "password", "keytab_file", "ccache_file"},
		"username = \"x\"\n  mechanism = \"basic\"": {"mechanism", "auto, kerberos and ntlm"},
	} {
		w.token("integrated", block)
		w.mustFail([]string{"validate"}, says...)
	}
	notAKeytab := filepath.Join(t.TempDir(), "not-a-keytab")
	if err := os.WriteFile(notAKeytab, []byte("\x05\x02\x00\x00\xff\xffsecret-key-bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	for block, says := range map[string][]string{
		``: {
			"Missing username and password, or keytab_file, or ccache_file",
			"VEDAUTH_USERNAME and VEDAUTH_PASSWORD", "KRB5CCNAME", "KRB5_KTNAME",
		},
		fmt.Sprintf("keytab_file = %q", notAKeytab): {"keytab", "What to do:"},
		fmt.Sprintf("ccache_file = %q", notAKeytab): {"cache", "What to do:"},
		`ccache_file = "KEYRING:persistent:0"`:      {"kinit -c FILE:"},
		`keytab_file = "/no/such/keytab"`:           {"/no/such/keytab"},
		"username = \"x@NOWHERE.TEST\"\n  password = var.password\n  mechanism = \"kerberos\"": {
			`"NOWHERE.TEST"`, "krb5_conf_file",
		},
	} {
		w.token("integrated", block)
		result := w.mustFail([]string{"plan"}, says...)
		if strings.Contains(result.Stderr, "secret-key-bytes") || strings.Contains(result.Stderr, "some-passw0rd") {
			t.Errorf("a secret in:\n%s", result.Stderr)
		}
	}
	if requests := w.fake.Requests(); len(requests) != 0 {
		t.Errorf("%d requests", len(requests))
	}
}

func windowsRefusals(t *testing.T, rig *peers.Rig) {
	cache, err := rig.Cache(peers.Users()[5].Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, dialect := range []refusal.Dialect{refusal.Modern, refusal.Legacy} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			realWorld(t, rig, peers.Nego).refuseAll(refusal.Integrated, dialect, fmt.Sprintf("ccache_file = %q", cache))
		})
	}
}

// noSecretOfALogon searches all that is left of logons that went well and of some that did not.
func noSecretOfALogon(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[6]
	for name, test := range map[string]struct {
		host     peers.Host
		username string
		password string
	}{
		"kerberos":        {peers.Nego, user.Name + "@" + peers.Realm, user.Password},
		"ntlm":            {peers.Nego, peers.Domain + `\` + user.Name, user.Password},
		"kerberos, wrong": {peers.Nego, "nobody@" + peers.Realm, "wr0ng-p\"ss\\word"},
		"ntlm, wrong":     {peers.NegoOnly, peers.Domain + `\nobody`, "wr0ng-p\"ss\\word"},
		"not offered":     {peers.KrbOnly, peers.Domain + `\` + user.Name, user.Password},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := realWorld(t, rig, test.host)
			w.space.Trace(filepath.Join(w.space.Home, "trace.log"))
			w.space.Setenv("TF_LOG", "TRACE")
			w.space.Setenv("TF_LOG_PROVIDER", "TRACE")
			w.password(test.password)
			w.token("integrated", fmt.Sprintf("username = %q\n  password = var.password", test.username))
			w.searchFor(test.password, w.run("plan", "-out=saved.tfplan"), w.run("apply"))
		})
	}
}
