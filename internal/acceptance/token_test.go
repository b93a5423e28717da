package acceptance_test

import (
	"crypto/tls"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// newPortable is a pipeline and a laptop in one: a provider block with a JWT, a stored grant and a certificate, of which
// the environment says which are there.
func newPortable(t *testing.T) *pipeline {
	t.Helper()
	p := newPipelineOn(t, fakevedauth.Options{ClientAuth: tls.RequestClientCert})
	p.space.Setenv("VEDAUTH_TOKEN_STORE", filepath.Join(t.TempDir(), "store"))
	p.space.Setenv("VEDAUTH_REQUEST_TIMEOUT", "5s")
	p.write("provider.tf", fmt.Sprintf(`
terraform {
  required_providers {
    vedauth = { source = "vedauth/vedauth" }
  }
}

provider "vedauth" {
  url         = %q
  client_id   = "terraform"
  scope       = "certificate:manage"
  ca_file     = "${path.module}/ca.pem"
  max_retries = 0
  jwt         = { github_actions = { audience = %q } }
  certificate = { certificate_file = "${path.module}/client.pem", private_key_file = "${path.module}/client.pem" }
}
`, p.fake.URL(), audience))
	var main strings.Builder
	main.WriteString("ephemeral \"vedauth_token\" \"t\" {\n  lifecycle {\n")
	for _, grant := range []string{"jwt", "refresh", "certificate"} { // Terraform shows no message with an ephemeral value in it
		fmt.Fprintf(
			&main,
			"    postcondition {\n      condition     = self.grant != %[1]q\n      error_message = \"used: "+
				"%[1]s\"\n    }\n",
			grant,
		)
	}
	main.WriteString("  }\n}\n")
	p.write("main.tf", main.String())
	return p
}

// wantUsed plans, and reads from the postcondition that fails which credential was used.
func (p *pipeline) wantUsed(grant string, warnings int) {
	p.t.Helper()
	result := p.mustFail([]string{"plan"}, "used: "+grant)
	if n := strings.Count(result.Stdout+result.Stderr, "Another credential was used"); n != warnings {
		p.t.Errorf("%d warnings, want %d:\n%s%s", n, warnings, result.Stdout, result.Stderr)
	}
}

// leavePipeline takes GitHub's variables away, as on a laptop.
func (p *pipeline) leavePipeline() {
	p.space.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "")
	p.space.Setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
}

func (p *pipeline) giveCertificate() {
	p.t.Helper()
	authority, err := fakevedauth.NewAuthority("Clients")
	if err != nil {
		p.t.Fatal(err)
	}
	pair, err := authority.IssueClient(fakevedauth.ClientSpec{CommonName: fakevedauth.DefaultUser})
	if err != nil {
		p.t.Fatal(err)
	}
	certificate, key, err := fakevedauth.PairPEM(pair)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("client.pem", certificate+key)
}

func (p *pipeline) giveStoredGrant() {
	p.t.Helper()
	tokens, err := p.fake.Issue(fakevedauth.DefaultClientID, fakevedauth.DefaultUser, "certificate:manage")
	if err != nil {
		p.t.Fatal(err)
	}
	p.space.Setenv("VEDAUTH_REFRESH_TOKEN", tokens.Refresh)
}

// TestTheSameConfigurationEverywhere: the JWT in a pipeline, the stored grant on a laptop, the certificate on a server.
func TestTheSameConfigurationEverywhere(t *testing.T) {
	t.Parallel()
	p := newPortable(t)
	p.giveStoredGrant()
	p.giveCertificate()
	p.wantUsed("jwt", 0)
	p.leavePipeline()
	p.wantUsed("refresh", 0)
	p.space.Setenv("VEDAUTH_REFRESH_TOKEN", "")
	p.wantUsed("refresh", 0) // from the store
	p.space.Setenv("VEDAUTH_TOKEN_STORE", filepath.Join(t.TempDir(), "empty"))
	p.wantUsed("certificate", 0)
	if l := p.fake.Ledger(); l.Live != 1 || l.Refreshed != 1 {
		t.Errorf("%v, %d refreshed; want the stored grant alone, refreshed once", l, l.Refreshed)
	}
}

// TestARefusedJWTIsPassedWithAWarning and an answer that never comes is not passed at all.
func TestARefusedJWTIsPassedWithAWarning(t *testing.T) {
	t.Parallel()
	p := newPortable(t)
	p.giveCertificate()
	p.fake.Inject(
		fakevedauth.JWT,
		fakevedauth.Times(1, fakevedauth.Refusal("grant-not-issued", fakevedauth.Modern, "error", "no mapping")),
	)
	p.wantUsed("certificate", 1)

	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	p.fake.Inject(fakevedauth.JWT, fakevedauth.Always(fakevedauth.Hold(never)))
	result := p.mustFail([]string{"plan"}, "Unable to obtain a token", "Authorize/Jwt", "may have made a grant")
	if strings.Contains(result.Stderr, "used: ") {
		t.Errorf("another credential was used:\n%s", result.Stderr)
	}
	if n := p.fake.Ledger().Requests[fakevedauth.Certificate]; n != 1 {
		t.Errorf("%d logins with the certificate, want the first one alone", n)
	}
}

// TestNoCredentialApplies: each is listed, with why.
func TestNoCredentialApplies(t *testing.T) {
	t.Parallel()
	p := newPortable(t)
	p.leavePipeline()
	p.mustFail(
		[]string{"plan"},
		"No credential applies",
		"- jwt: ",
		"ACTIONS_ID_TOKEN_REQUEST_URL",
		"- refresh: the token store holds no usable grant",
		"- certificate: certificate_file: the file",
		"does not exist",
		"- integrated: the provider block has no integrated",
		"- oauth: it is not configured",
	)
	if n := len(p.fake.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestTheDataSourceOfAnyToken leaves the stored grant alone.
func TestTheDataSourceOfAnyToken(t *testing.T) {
	t.Parallel()
	p := newPortable(t)
	p.giveStoredGrant()
	p.giveCertificate()
	p.leavePipeline()
	p.write(
		"main.tf",
		"data \"vedauth_token\" \"t\" {}\n\noutput \"grant\" {\n  value = data.vedauth_token.t.grant\n}\n",
	)
	p.must("apply")
	if got := p.must("output", "-raw", "grant").Stdout; got != "certificate" {
		t.Errorf("used %q", got)
	}
	if n := p.fake.Ledger().Requests[fakevedauth.Token]; n != 0 {
		t.Errorf("%d refreshes", n)
	}
}
