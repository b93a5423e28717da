package acceptance_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// consumer feeds the token to a second provider, whose data source looks at it.
const consumer = `
ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate:manage,discover"
}

provider "vedauth" {
  alias        = "fed"
  url          = ephemeral.vedauth_oauth_token.t.client_id == "terraform" ? %q : null
  ca_file      = "${path.module}/ca.pem"
  access_token = ephemeral.vedauth_oauth_token.t.access_token
}

data "vedauth_token_info" "t" {
  provider = vedauth.fed
}

output "info" {
  value = data.vedauth_token_info.t
}
`

// TestTheMainJob: a token from HCL reaches a second provider, in plan, in apply and in destroy, and nothing is left.
func TestTheMainJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", fmt.Sprintf(consumer, w.fake.URL())+`resource "terraform_data" "r" { input = data.vedauth_token_info.t.application }`)

	w.must("validate")
	if ledger := w.fake.Ledger(); ledger.Issued != 0 {
		t.Errorf("validate: %v", ledger)
	}
	w.must("plan", "-out=saved.tfplan")
	w.nothingLeft()
	planned := w.fake.Ledger().Issued
	w.must("apply", "saved.tfplan")
	w.nothingLeft()
	if applied := w.fake.Ledger().Issued; planned != 1 || applied != 2 {
		t.Errorf("plan and apply made %d and %d grants, want one each", planned, applied-planned)
	}

	var info map[string]any
	if err := json.Unmarshal([]byte(w.must("output", "-json", "info").Stdout), &info); err != nil {
		t.Fatal(err)
	}
	grants := w.fake.Grants()
	last := grants[len(grants)-1]
	for name, want := range map[string]any{
		"valid": true, "application": "terraform", "identity": fakevedauth.DefaultIdentity,
		"granted_scope": "certificate:discover,manage", "valid_for": float64(90 * 24 * 3600),
	} {
		if info[name] != want {
			t.Errorf("info.%s = %v, want %v", name, info[name], want)
		}
	}
	for name, at := range map[string]string{
		"access_expires_at": last.AccessExpires.UTC().Format("2006-01-02T15:04"),
		"grant_expires_at":  last.Expires.UTC().Format("2006-01-02T15:04"),
	} {
		if text, ok := info[name].(string); !ok || !strings.HasPrefix(text, at) || !strings.HasSuffix(text, "Z") {
			t.Errorf("info.%s = %v, want about %s", name, info[name], at)
		}
	}
	w.must("destroy")
	w.nothingLeft()
	for _, request := range w.fake.Requests() {
		if request.Endpoint == refusal.OAuth && request.Header.Get("Authorization") != "" {
			t.Error("a bearer went to an authorize call")
		}
	}
}

func TestTwentyEqualBlocksShareOneGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	var main, tokens strings.Builder
	for i := range 20 {
		fmt.Fprintf(&main, "ephemeral \"vedauth_oauth_token\" \"t%d\" {\n  scope = \"certificate\"\n}\n", i)
		fmt.Fprintf(&tokens, "    T%d = ephemeral.vedauth_oauth_token.t%d.access_token\n", i, i)
	}
	fmt.Fprintf(&main, `
provider "vedauth" {
  alias        = "fed"
  url          = %q
  ca_file      = "${path.module}/ca.pem"
  access_token = length(distinct([for name, token in { %s } : token])) == 1 ? ephemeral.vedauth_oauth_token.t0.access_token : "they differ"
}

data "vedauth_token_info" "t" {
  provider = vedauth.fed
  lifecycle {
    postcondition {
      condition     = self.valid
      error_message = "the blocks have different tokens"
    }
  }
}
`, w.fake.URL(), tokens.String())
	w.write("main.tf", main.String())
	w.must("plan")
	w.nothingLeft()
	if ledger := w.fake.Ledger(); ledger.Issued != 1 || ledger.Requests[refusal.OAuth] != 1 {
		t.Errorf("%v after %d requests, want one grant", ledger, ledger.Requests[refusal.OAuth])
	}
}

func TestCountOfTwenty(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", `
ephemeral "vedauth_oauth_token" "t" {
  count = 20
  scope = "certificate"
}
`)
	w.must("plan")
	w.nothingLeft()
	if ledger := w.fake.Ledger(); ledger.Peak[refusal.OAuth] != 1 || ledger.Issued > 20 {
		t.Errorf("%v, at most %d requests at a time, want one at a time", ledger, ledger.Peak[refusal.OAuth])
	}
}

func TestTwentyScopesAreTwentyGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	scopes := []string{
		"certificate", "certificate:approve", "certificate:delete", "certificate:discover", "certificate:manage",
		"certificate:revoke", "ssh", "ssh:approve", "ssh:delete", "ssh:discover", "ssh:manage", "configuration",
		"configuration:delete", "configuration:manage", "security", "security:delete", "security:manage", "codesign",
		"codesign:manage", "statistics",
	}
	quoted, err := json.Marshal(scopes)
	if err != nil {
		t.Fatal(err)
	}
	w.write("main.tf", fmt.Sprintf(`
ephemeral "vedauth_oauth_token" "t" {
  for_each = toset(%s)
  scope    = each.value
}
`, quoted))
	w.must("plan")
	w.nothingLeft()
	if ledger := w.fake.Ledger(); ledger.Issued != 20 || ledger.Revoked != 20 {
		t.Errorf("%v, want 20 issued and revoked", ledger)
	}
}

func TestAWrongPasswordIsOneLogonInTwentyBlocks(t *testing.T) {
	t.Parallel()
	for name, scope := range map[string]string{
		"equal scopes":     `"certificate"`,
		"different scopes": `["certificate", "ssh", "configuration", "security"][count.index % 4]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{LockAfter: 2})
			w.password("not the password")
			w.write("main.tf", fmt.Sprintf("ephemeral \"vedauth_oauth_token\" \"t\" {\n  count = 20\n  scope = %s\n}\n", scope))
			result := w.mustFail([]string{"plan"}, "Username/password combination not valid", "What to do: Check username and password")
			if n := strings.Count(result.Stderr, "Unable to obtain a token"); n != 20 {
				t.Errorf("%d blocks got the error, want 20:\n%s", n, result.Stderr)
			}
			if failed := w.fake.Ledger().FailedLogons[fakevedauth.DefaultIdentity]; failed != 1 {
				t.Errorf("%d failed logons, want one", failed)
			}
		})
	}
}

// TestBothFormsSideBySide: the data source makes a grant of its own, which is kept.
func TestBothFormsSideBySide(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", `
ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate"
}

data "vedauth_oauth_token" "t" {
  scope = "certificate"
}

output "token" {
  value     = data.vedauth_oauth_token.t
  sensitive = true
}
`)
	w.must("apply")
	var data map[string]any
	if err := json.Unmarshal([]byte(w.must("output", "-json", "token").Stdout), &data); err != nil {
		t.Fatal(err)
	}
	if token, _ := data["access_token"].(string); len(token) != 24 || data["identity"] != fakevedauth.DefaultIdentity {
		t.Errorf("data source: %v", data)
	}
	if _, ok := data["refresh_token"]; ok {
		t.Error("the data source stores a refresh token")
	}
	ledger := w.fake.Ledger()
	if ledger.Live != 1 || ledger.Issued != ledger.Revoked+1 {
		t.Errorf("%v, want one live: that of the data source", ledger)
	}
}

func TestKeptGrantLivesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", `
ephemeral "vedauth_oauth_token" "t" {
  scope           = "certificate"
  revoke_on_close = false
}
`)
	w.must("plan")
	if ledger := w.fake.Ledger(); ledger.Issued != 1 || ledger.Live != 1 {
		t.Errorf("%v, want the grant to live on", ledger)
	}
}
