package acceptance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

const (
	audience   = "https://tpp.example.com/vedauth"
	subject    = "repo:example/infrastructure:ref:refs/heads/main"
	connection = "0f0e0d0c-0b0a-0908-0706-050403020100"
)

// pipeline is a world whose server trusts an issuer, and a platform that hands out that issuer's JWTs.
type pipeline struct {
	*world
	issuer   *fakevedauth.Issuer
	platform *httptest.Server
	// reply, if set, is what the platform answers instead.
	reply http.HandlerFunc
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	return newPipelineOn(t, fakevedauth.Options{})
}

func newPipelineOn(t *testing.T, options fakevedauth.Options) *pipeline {
	t.Helper()
	p := &pipeline{world: newWorld(t, options)}
	p.issuer = fakevedauth.StartIssuerForTest(t, p.fake.Now)
	err := p.fake.AddJWTMapping(fakevedauth.JWTMapping{
		Name: "pipelines", IssuerURI: p.issuer.URL(), JWKS: p.issuer.JWKS(),
		PurposeField: "aud", PurposeMatch: "^" + audience + "$", IDField: "sub", IDMatch: "^repo:example/",
		Grantee: fakevedauth.DefaultIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.platform = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.platform.Close)
	p.inPipeline()
	return p
}

// inPipeline gives the environment what the platform gives to a job.
func (p *pipeline) inPipeline() {
	for name, value := range map[string]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL":   p.platform.URL + "/github?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "github-job-bearer-4711",
		"SYSTEM_OIDCREQUESTURI":          p.platform.URL + "/azure",
		"SYSTEM_ACCESSTOKEN":             "azure-job-bearer-4711",
	} {
		p.space.Setenv(name, value)
	}
}

func (p *pipeline) serve(w http.ResponseWriter, r *http.Request) {
	if p.reply != nil {
		p.reply(w, r)
		return
	}
	query, member := r.URL.Query(), "value"
	good := r.Method == http.MethodGet && query.Get("api-version") == "2.0" && query.Get("audience") == audience &&
		r.Header.Get("Authorization") == "bearer github-job-bearer-4711"
	if r.URL.Path == "/azure" {
		member = "oidcToken"
		good = r.Method == http.MethodPost && query.Get("serviceConnectionId") == connection &&
			r.Header.Get("Authorization") == "Bearer azure-job-bearer-4711"
	}
	if !good {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{member: p.mint(nil)})
}

// mint makes a JWT that the server accepts, unless changes spoil it.
func (p *pipeline) mint(changes fakevedauth.Claims) string {
	claims := fakevedauth.Claims{"aud": audience, "sub": subject}
	for name, value := range changes {
		claims[name] = value
	}
	return p.issuer.Mint(fakevedauth.RS256, claims)
}

// block writes a configuration with one token of that source, and with somebody who needs it.
func (p *pipeline) block(source string) {
	token := "ephemeral \"vedauth_jwt_token\" \"t\" {\n  scope = \"certificate\"\n  " + source + "\n}\n"
	p.write("main.tf", token+p.consumerOf("vedauth_jwt_token"))
}

// TestEverySourceOfAJWT: through Terraform, in plan and apply, each with a JWT of its own.
func TestEverySourceOfAJWT(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source  string
		prepare func(p *pipeline)
	}{
		"jwt_file": {
			`jwt_file = "${path.module}/jwt"`, func(p *pipeline) { p.write("jwt", p.mint(nil)+"\n") },
		},
		"jwt_env": {
			`jwt_env = "ID_TOKEN"`, func(p *pipeline) { p.space.Setenv("ID_TOKEN", p.mint(nil)) },
		},
		"jwt":            {`jwt = var.password`, func(p *pipeline) { p.password(p.mint(nil)) }},
		"github_actions": {`github_actions = { audience = "` + audience + `" }`, nil},
		"azure_devops":   {`azure_devops = { service_connection_id = "` + connection + `" }`, nil},
		"hcp_terraform": {
			`hcp_terraform = {}`, func(p *pipeline) { p.space.Setenv("TFC_WORKLOAD_IDENTITY_TOKEN", p.mint(nil)) },
		},
		"hcp_terraform with a tag": {
			`hcp_terraform = { tag = "TPP" }`,
			func(p *pipeline) { p.space.Setenv("TFC_WORKLOAD_IDENTITY_TOKEN_TPP", p.mint(nil)) },
		},
		"VEDAUTH_JWT": {``, func(p *pipeline) { p.space.Setenv("VEDAUTH_JWT", p.mint(nil)) }},
		"VEDAUTH_JWT_FILE": {``, func(p *pipeline) {
			p.write("jwt", p.mint(nil))
			p.space.Setenv("VEDAUTH_JWT_FILE", p.fifo("jwt"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t)
			// A JWT is good once, so apply must come with a new one, as it must when the first has expired.
			p.fake.Configure(func(o *fakevedauth.Options) { o.JWTOnce = true })
			p.block(test.source)
			for _, command := range [][]string{{"plan", "-out=saved.tfplan"}, {"apply", "saved.tfplan"}} {
				if test.prepare != nil {
					test.prepare(p)
				}
				p.must(command...)
				p.nothingLeft()
			}
			if ledger := p.fake.Ledger(); ledger.Issued != 2 || ledger.Grants[0].Identity != fakevedauth.DefaultIdentity {
				t.Errorf("%v, want one grant for plan and one for apply", ledger)
			}
		})
	}
}

// TestDataSourceWithAJWT takes the source from the provider block.
func TestDataSourceWithAJWT(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.write("main.tf", fmt.Sprintf(`
provider "vedauth" {
  alias     = "pipeline"
  url       = %q
  client_id = "terraform"
  ca_file   = "${path.module}/ca.pem"
  jwt       = { github_actions = { audience = %q } }
}

data "vedauth_jwt_token" "t" {
  provider = vedauth.pipeline
  scope    = "certificate"
}

output "identity" {
  value = data.vedauth_jwt_token.t.identity
}
`, p.fake.URL(), audience))
	p.must("apply")
	if got := p.must("output", "-raw", "identity").Stdout; got != fakevedauth.DefaultIdentity {
		t.Errorf("identity %q", got)
	}
}

func TestAJWTThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	reply := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}
	}
	github := `github_actions = { audience = "` + audience + `" }`
	for name, test := range map[string]struct {
		source string
		reply  http.HandlerFunc
		claims fakevedauth.Claims
		says   []string
	}{
		"expired": {
			source: `jwt_env = "ID_TOKEN"`, claims: fakevedauth.Claims{"exp": time.Now().Add(-time.Hour).Unix()},
			says: []string{"jwt_env", "expired"},
		},
		"not yet valid": {
			source: `jwt_env = "ID_TOKEN"`, claims: fakevedauth.Claims{"nbf": time.Now().Add(time.Hour).Unix()},
			says: []string{"jwt_env", "the JWT is not valid before"},
		},
		"refused for its audience": {
			source: `jwt_env = "ID_TOKEN"`, claims: fakevedauth.Claims{"aud": "https://other.example.com"},
			says: []string{"Unable to obtain a token", "aud", "https://other.example.com", "PurposeMatch", "What to do:"},
		},
		"variable not set": {source: `jwt_env = "NO_SUCH_TOKEN"`, says: []string{"NO_SUCH_TOKEN", "is not set"}},
		"file missing":     {source: `jwt_file = "/no/such/file"`, says: []string{"jwt_file", "/no/such/file"}},
		"platform refuses": {
			source: github, reply: reply(403, `{"message":"no"}`), says: []string{"github_actions", "403"},
		},
		"platform is broken": {source: github, reply: reply(500, "<html>"), says: []string{"github_actions", "500"}},
		"empty answer":       {source: github, reply: reply(200, ``), says: []string{"github_actions"}},
		"empty JWT":          {source: github, reply: reply(200, `{"value":""}`), says: []string{"github_actions"}},
		"not JSON":           {source: github, reply: reply(200, `hello`), says: []string{"github_actions", "JSON"}},
		"huge": {
			source: github, reply: reply(200, `{"value":"`+strings.Repeat("x", 2<<20)+`"}`),
			says: []string{"github_actions", "1 MiB"},
		},
		"not a JWT": {
			source: github, reply: reply(200, `{"value":"hello"}`), says: []string{"github_actions", "not a JWT"},
		},
		"redirect": {
			source: github, says: []string{"github_actions", "which is not followed"},
			reply: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://other.example.com/?secret", http.StatusFound)
			},
		},
		"none at all": {source: ``, says: []string{
			"exactly one of jwt, jwt_file, jwt_env, github_actions, azure_devops and hcp_terraform", "VEDAUTH_JWT", "VEDAUTH_JWT_FILE",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t)
			p.reply = test.reply
			if test.claims != nil {
				p.space.Setenv("ID_TOKEN", p.mint(test.claims))
			}
			p.block(test.source)
			p.must("validate")
			result := p.mustFail([]string{"plan"}, test.says...)
			if strings.Contains(result.Stderr, "4711") || strings.Contains(result.Stderr, "eyJ") {
				t.Errorf("a secret in:\n%s", result.Stderr)
			}
			if ledger := p.fake.Ledger(); ledger.Issued != 0 {
				t.Error(ledger)
			}
		})
	}
}

func TestTwoSourcesOfAJWT(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.block("jwt_env = \"A\"\n  github_actions = { audience = \"x\" }")
	p.mustFail([]string{"validate"}, "jwt_env", "github_actions")
	p.block(`github_actions = {}`)
	p.mustFail([]string{"validate"}, `"audience" is required`)
	p.block(`azure_devops = { service_connection_id = "my connection" }`)
	p.mustFail([]string{"validate"}, "service_connection_id")
	if requests := p.fake.Ledger().Requests[refusal.JWT]; requests != 0 {
		t.Errorf("%d requests", requests)
	}
}
