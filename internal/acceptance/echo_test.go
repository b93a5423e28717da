package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	vedauthprovider "github.com/vedauth/terraform-provider-vedauth/internal/provider"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// echoCase runs steps with the provider in this process and the echo provider, which shows an ephemeral value to tests.
// It is for values; whatever concerns the life of a process is tested with the built provider.
func echoCase(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	cli, _ := provider(t)
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "VEDAUTH_") || strings.HasPrefix(name, "VENAFI_") || name == "TF_CLI_CONFIG_FILE" {
			t.Setenv(name, "")
			if err := os.Unsetenv(name); err != nil { // the testing framework takes an empty one for a file name
				t.Fatal(err)
			}
		}
	}
	for name, value := range cli.TestingEnvironment() {
		t.Setenv(name, value)
	}
	process := session.NewProcess()
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks: []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_10_0)},
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"vedauth": providerserver.NewProtocol6WithError(vedauthprovider.New("test", process)()),
			"echo":    echoprovider.NewProviderServer(),
		},
		Steps: steps,
	})
}

// echoConfig is a configuration that shows data through the echo provider. The framework wants a new resource in each
// step, because an echo never changes.
func echoConfig(fake *fakevedauth.Server, ca, step, data, blocks string) string {
	return fmt.Sprintf(`
provider "vedauth" {
  url       = %q
  client_id = "terraform"
  ca_file   = %q
  oauth     = { username = "alice", password = %q }
}

%s

provider "echo" {
  data = %s
}

resource "echo" %q {}
`, fake.URL(), ca, fakevedauth.DefaultPassword, blocks, data, step)
}

func startEcho(t *testing.T) (fake *fakevedauth.Server, ca string) {
	t.Helper()
	fake = fakevedauth.StartForTest(t, fakevedauth.Options{})
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte(fake.CAPEM()), 0o600); err != nil {
		t.Fatal(err)
	}
	return fake, ca
}

func TestEchoOfAnOAuthToken(t *testing.T) {
	fake, ca := startEcho(t)
	token := func(scope string) string {
		return fmt.Sprintf("ephemeral \"vedauth_oauth_token\" \"t\" {\n  scope = %q\n}\n", scope)
	}
	differ := statecheck.CompareValue(compare.ValuesDiffer())
	at := func(step string, name string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("echo."+step, tfjsonpath.New("data").AtMapKey(name), value)
	}
	accessToken := tfjsonpath.New("data").AtMapKey("access_token")
	echoCase(t,
		resource.TestStep{
			Config: echoConfig(fake, ca, "first", "ephemeral.vedauth_oauth_token.t", token("SSH; certificate:manage,discover")),
			ConfigStateChecks: []statecheck.StateCheck{
				at("first", "access_token", knownvalue.StringRegexp(regexp.MustCompile(`^.{22}==$`))),
				at("first", "refresh_token", knownvalue.StringRegexp(regexp.MustCompile(`^.{22}==$`))),
				at("first", "client_id", knownvalue.StringExact("terraform")),
				at("first", "scope", knownvalue.StringExact("SSH; certificate:manage,discover")),
				at("first", "granted_scope", knownvalue.StringExact("certificate:discover,manage;ssh")),
				at("first", "token_type", knownvalue.StringExact("Bearer")),
				at("first", "identity", knownvalue.StringExact(fakevedauth.DefaultIdentity)),
				at("first", "expires_in", knownvalue.Int64Exact(7775999)),
				at("first", "expires_at", knownvalue.StringRegexp(regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`))),
				at("first", "username", knownvalue.Null()),
				at("first", "revoke_on_close", knownvalue.Null()),
				differ.AddStateValue("echo.first", accessToken),
			},
		},
		resource.TestStep{
			Config:            echoConfig(fake, ca, "second", "ephemeral.vedauth_oauth_token.t", token("certificate")),
			ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue("echo.second", accessToken)},
		},
	)
	if ledger := fake.Ledger(); ledger.Issued == 0 || ledger.Live != 0 {
		t.Errorf("%v, want some issued and none live", ledger)
	}
}

func TestEchoOfATokenInfo(t *testing.T) {
	fake, ca := startEcho(t)
	blocks := `
ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate:manage"
}

ephemeral "vedauth_token_info" "good" {
  access_token = ephemeral.vedauth_oauth_token.t.access_token
}

ephemeral "vedauth_token_info" "bad" {
  access_token = "AAAAAAAAAAAAAAAAAAAAAA=="
}
`
	at := func(block, name string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("echo.info", tfjsonpath.New("data").AtMapKey(block).AtMapKey(name), value)
	}
	echoCase(t, resource.TestStep{
		Config: echoConfig(fake, ca, "info", "{ good = ephemeral.vedauth_token_info.good, bad = ephemeral.vedauth_token_info.bad }", blocks),
		ConfigStateChecks: []statecheck.StateCheck{
			at("good", "valid", knownvalue.Bool(true)),
			at("good", "application", knownvalue.StringExact("terraform")),
			at("good", "identity", knownvalue.StringExact(fakevedauth.DefaultIdentity)),
			at("good", "granted_scope", knownvalue.StringExact("certificate:manage")),
			at("good", "valid_for", knownvalue.Int64Exact(7776000)),
			at("bad", "valid", knownvalue.Bool(false)),
			at("bad", "application", knownvalue.Null()),
			at("bad", "grant_expires_at", knownvalue.Null()),
		},
	})
}

func TestFunctionsThroughTerraform(t *testing.T) {
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", `
output "scope" {
  value = provider::vedauth::scope({ certificate = ["manage", "Discover"], ssh = [] })
}

output "same" {
  value = provider::vedauth::parse_scope("SSH; certificate : manage,discover;") == provider::vedauth::parse_scope("certificate:discover,manage;ssh")
}
`)
	w.must("apply")
	for name, want := range map[string]string{"scope": "certificate:discover,manage;ssh", "same": "true"} {
		if got := w.must("output", "-raw", name).Stdout; got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}
