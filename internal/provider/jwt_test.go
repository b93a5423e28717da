package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const (
	jwt = "vedauth_jwt_token"
	// pipelineSubject is whom the server knows, and pipelineAudience what it wants to be called.
	pipelineSubject, pipelineAudience = "repo:example/infra:ref:refs/heads/main", "https://tpp.example.com/vedauth"
	pipelineIssuer                    = "https://pipelines.example.com"
)

// pipelineBench is a bench whose server trusts an issuer.
func pipelineBench(t *testing.T, env map[string]string) (*bench, *fakevedauth.Issuer) {
	t.Helper()
	b := newBench(t, fakevedauth.Options{}, env)
	issuer := fakevedauth.StartIssuerForTest(t, b.fake.Now)
	err := b.fake.AddJWTMapping(fakevedauth.JWTMapping{
		Name: "pipelines", IssuerURI: pipelineIssuer, JWKS: issuer.JWKS(), PurposeField: "aud", PurposeMatch: "^" + pipelineAudience + "$",
		IDField: "sub", IDMatch: "^repo:example/", Grantee: fakevedauth.DefaultIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, issuer
}

// mint makes a JWT that is searched for like every secret.
func (b *bench) mint(issuer *fakevedauth.Issuer, changes fakevedauth.Claims) string {
	claims := fakevedauth.Claims{"iss": pipelineIssuer, "aud": pipelineAudience, "sub": pipelineSubject}
	for name, value := range changes {
		claims[name] = value
	}
	token := issuer.Mint(fakevedauth.RS256, claims)
	b.secrets = append(b.secrets, token, token[strings.LastIndex(token, ".")+1:])
	return token
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "jwt")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestWhereAJWTComesFrom: each source that needs no platform, in the block, the provider block and the environment; the
// first of these wins.
func TestWhereAJWTComesFrom(t *testing.T) {
	t.Parallel()
	const wrong = "this-is-not-a-jwt"
	for name, test := range map[string]struct {
		block, provider func(token string) config
		env             func(token string) map[string]string
	}{
		"jwt":           {block: func(token string) config { return config{"jwt": token} }},
		"jwt_file":      {block: func(token string) config { return config{"jwt_file": writeFile(t, token+"\n")} }},
		"jwt_env":       {block: func(string) config { return config{"jwt_env": "ID_TOKEN"} }, env: func(token string) map[string]string { return map[string]string{"ID_TOKEN": token} }},
		"hcp_terraform": {block: func(string) config { return config{"hcp_terraform": config{}} }, env: func(token string) map[string]string { return map[string]string{"TFC_WORKLOAD_IDENTITY_TOKEN": token} }},
		"the block first": {
			block:    func(token string) config { return config{"jwt": token} },
			provider: func(string) config { return config{"jwt": wrong} },
			env:      func(string) map[string]string { return map[string]string{"VEDAUTH_JWT": wrong} },
		},
		"then the provider block": {
			provider: func(token string) config { return config{"jwt": token} },
			env:      func(string) map[string]string { return map[string]string{"VEDAUTH_JWT": wrong} },
		},
		"VEDAUTH_JWT": {env: func(token string) map[string]string {
			return map[string]string{"VEDAUTH_JWT": token, "VEDAUTH_JWT_FILE": "/no/such/file"}
		}},
		"VEDAUTH_JWT_FILE": {env: func(token string) map[string]string {
			return map[string]string{"VEDAUTH_JWT": "", "VEDAUTH_JWT_FILE": writeFile(t, token)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, issuer := pipelineBench(t, nil)
			token := b.mint(issuer, nil)
			block, change := config{}, config{}
			if test.block != nil {
				block = test.block(token)
			}
			if test.provider != nil {
				change["jwt"] = test.provider(token)
			}
			if test.env != nil {
				b.env = test.env(token)
			}
			b.must(b.configure(b.block(change)))
			b.must(b.validateEphemeral(jwt, block))
			got := b.openIn(b.ctx, jwt, block)
			b.must(got.diags)
			if got.result["identity"] != fakevedauth.DefaultIdentity {
				t.Errorf("identity %v", got.result["identity"])
			}
			for source, given := range block {
				if _, nested := given.(config); !nested && got.result[source] != given {
					t.Errorf("%s is not what it was in the block", source)
				}
			}
			if test.block == nil {
				b.must(b.read(jwt, nil).diags)
			}
			b.must(b.close(got.private))
			if l := b.fake.Ledger(); l.Revoked != 1 {
				t.Errorf("ledger: %s", l)
			}
		})
	}
}

// TestBadJWTSources: what is wrong in itself is an error at validate.
func TestBadJWTSources(t *testing.T) {
	t.Parallel()
	b, issuer := pipelineBench(t, nil)
	for name, test := range map[string]struct {
		block config
		where string
		texts []string
	}{
		"a JWT as a path":     {config{"jwt_file": b.mint(issuer, nil)}, "jwt_file", []string{"looks like a token"}},
		"a URL":               {config{"jwt_file": "file:///run/jwt"}, "jwt_file", []string{"file:"}},
		"a reference":         {config{"jwt_env": "$ID_TOKEN"}, "jwt_env", nil},
		"a JWT as a name":     {config{"jwt_env": b.mint(issuer, nil)}, "jwt_env", nil},
		"a name":              {config{"azure_devops": config{"service_connection_id": "my connection"}}, "azure_devops.service_connection_id", nil},
		"an empty audience":   {config{"github_actions": config{"audience": ""}}, "github_actions.audience", []string{"empty string"}},
		"an empty jwt":        {config{"jwt": ""}, "jwt", []string{"empty string"}},
		"a tag with a hyphen": {config{"hcp_terraform": config{"tag": "a b"}}, "hcp_terraform.tag", nil},
	} {
		b.run(name, func(*testing.T) { b.wantError(b.validateEphemeral(jwt, test.block), test.where, test.texts...) })
	}
	for _, two := range []config{
		{"jwt": "x.y.z", "jwt_env": "ID_TOKEN"}, {"jwt_file": "jwt", "hcp_terraform": config{}},
	} {
		if got := b.validateEphemeral(jwt, two); len(got.errors()) < 2 {
			t.Errorf("of two sources: %s", got)
		}
	}
}

// TestAJWTThatIsNotThere, or not good: the error names the source and what it needs, and says where it was configured.
func TestAJWTThatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block, provider config
		env             map[string]string
		where           string
		texts           []string
	}{
		"GitHub": {
			block: config{"github_actions": config{"audience": pipelineAudience}}, where: "github_actions",
			texts: []string{"ACTIONS_ID_TOKEN_REQUEST_URL", "id-token: write"},
		},
		"Azure": {
			block: config{"azure_devops": config{"service_connection_id": "01234567-89ab-cdef-0123-456789abcdef"}}, where: "azure_devops",
			texts: []string{"SYSTEM_OIDCREQUESTURI"},
		},
		"HCP":          {block: config{"hcp_terraform": config{}}, where: "hcp_terraform", texts: []string{"TFC_WORKLOAD_IDENTITY_TOKEN"}},
		"a variable":   {block: config{"jwt_env": "ID_TOKEN"}, where: "jwt_env", texts: []string{"ID_TOKEN"}},
		"a file":       {block: config{"jwt_file": "/no/such/file"}, where: "jwt_file", texts: []string{"/no/such/file"}},
		"provider":     {provider: config{"jwt_env": "ID_TOKEN"}, where: "jwt_env", texts: []string{"ID_TOKEN", "jwt in the provider block"}},
		"not a JWT":    {block: config{"jwt": "this-is-not-a-jwt"}, where: "jwt", texts: []string{"not a JWT"}},
		"environment":  {env: map[string]string{"VEDAUTH_JWT_FILE": "file:/run/jwt"}, where: "jwt_file", texts: []string{"file:", "VEDAUTH_JWT_FILE"}},
		"nothing":      {where: "jwt", texts: []string{"exactly one of jwt, jwt_file", "VEDAUTH_JWT, or VEDAUTH_JWT_FILE", "in this block, or in jwt of the provider block"}},
		"empty object": {provider: config{}, where: "jwt", texts: []string{"exactly one of jwt, jwt_file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := pipelineBench(t, test.env)
			b.secrets = append(b.secrets, "this-is-not-a-jwt")
			b.must(b.configure(b.block(config{"jwt": orNil(test.provider)})))
			b.wantError(b.openIn(b.ctx, jwt, test.block).diags, test.where, test.texts...)
			b.wantRequests(fakevedauth.JWT, 0)
		})
	}
}

func orNil(block config) any {
	if block == nil {
		return nil
	}
	return block
}

// TestARefusedJWT: beside the server's words, what the JWT says about itself; and of fifty blocks one asks.
func TestARefusedJWT(t *testing.T) {
	t.Parallel()
	b, issuer := pipelineBench(t, nil)
	b.must(b.configure(b.block(nil)))
	token := b.mint(issuer, fakevedauth.Claims{"aud": "https://other.example.com"})
	for range 3 {
		b.wantError(b.openIn(b.ctx, jwt, config{"jwt": token}).diags, "", "Unable to obtain a token", "/vedauth/Authorize/Jwt",
			"Cause: ", "What to do: ", "https://other.example.com", pipelineSubject)
	}
	b.wantRequests(fakevedauth.JWT, 1)
}
