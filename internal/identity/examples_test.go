package identity

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mapping is the body of POST /vedsdk/OAuth/CreateJwtMapping.
type mapping struct {
	Name, IssuerURI, PurposeField, PurposeMatch, IDField, IDMatch, GranteePrefixedUniversal string
}

// TestExamplePipelines: in each folder of examples/pipelines, the mapping fits the subjects that the platform issues
// and not those of others, and pipeline, configuration and mapping agree on what they must agree on.
func TestExamplePipelines(t *testing.T) {
	t.Parallel()
	const tpp, azure = "https://tpp.example.com/vedauth", "api://AzureADTokenExchange"
	const entra = "/eid1/c/pub/t/dGVuYW50/a/YXBw/sc/22222222-2222-2222-2222-222222222222/"
	const hcp = "organization:example-org:project:platform:workspace:infrastructure:run_phase:"
	for folder, test := range map[string]struct {
		audience  string
		fit       []string
		strangers []string
		// agree has, by file, what must be in it.
		agree map[string][]string
	}{
		"github-actions": {
			tpp,
			[]string{
				"repo:example-org/infrastructure:ref:refs/heads/main",
				"repo:example-org@123456/infrastructure@456789:ref:refs/heads/main",
			},
			[]string{
				"repo:example-org@1/infrastructure@2:ref:refs/heads/main", "repo:example-org/infrastructure:pull_request",
				"repo:example-org/infrastructure:ref:refs/heads/main2", "xrepo:example-org/infrastructure:ref:refs/heads/main",
			},
			map[string][]string{
				"main.tf": {"github_actions = {", `audience = "` + tpp + `"`}, "terraform.yml": {"id-token: write"},
			},
		},
		"gitlab-ci": {
			tpp, []string{"project_path:example-group/infrastructure:ref_type:branch:ref:main"},
			[]string{
				"project_path:example-group/infrastructure:ref_type:tag:ref:main",
				"project_path:other/example-group/infrastructure:ref_type:branch:ref:main",
			},
			map[string][]string{
				"main.tf":        {`jwt_env = "VEDAUTH_ID_TOKEN"`},
				".gitlab-ci.yml": {"VEDAUTH_ID_TOKEN:\n      aud: " + tpp + "\n", "timeout: "},
			},
		},
		"azure-devops": {
			azure, []string{entra + "33333333-3333-3333-3333-333333333333"},
			[]string{entra + "44444444-4444-4444-4444-444444444444", "sc://example-org/project/connection"},
			map[string][]string{
				"main.tf":             {"azure_devops = {", "service_connection_id = var.service_connection_id"},
				"azure-pipelines.yml": {azureBearer + ": $(System.AccessToken)", "TF_VAR_service_connection_id: "},
			},
		},
		"hcp-terraform": {
			tpp, []string{hcp + "plan", hcp + "apply"}, []string{hcp + "destroy", "x" + hcp + "plan"},
			map[string][]string{
				"main.tf": {"hcp_terraform = {", `tag = "VEDAUTH"`}, "workspace/main.tf": {hcpAudience + "_VEDAUTH", tpp},
			},
		},
		"kubernetes": {
			tpp, []string{"system:serviceaccount:terraform:runner"},
			[]string{"system:serviceaccount:terraform:runner2", "system:serviceaccount:other:runner"},
			map[string][]string{
				"main.tf":     {`jwt_file = "/var/run/secrets/vedauth/token"`},
				"runner.yaml": {"mountPath: /var/run/secrets/vedauth\n", "path: token\n", "audience: " + tpp + "\n"},
			},
		},
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("..", "..", "examples", "pipelines", folder)
			checkMapping(t, readMapping(t, filepath.Join(dir, "jwt-mapping.json")), test.audience, test.fit, test.strangers)
			for name, texts := range test.agree {
				content, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range texts {
					if !strings.Contains(string(content), text) {
						t.Errorf("%s does not have %q", name, text)
					}
				}
			}
		})
	}
}

// readMapping also checks that the names of the fields are spelled as the server wants them.
func readMapping(t *testing.T, path string) mapping {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]string
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	m := mapping{
		fields["Name"], fields["IssuerUri"], fields["PurposeField"], fields["PurposeMatch"], fields["IdField"],
		fields["IdMatch"], fields["GranteePrefixedUniversal"],
	}
	if len(fields) != 7 || m.Name == "" || m.GranteePrefixedUniversal == "" {
		t.Errorf("fields %v", fields)
	}
	return m
}

func checkMapping(t *testing.T, m mapping, audience string, fit, strangers []string) {
	t.Helper()
	if m.PurposeField != "aud" || m.PurposeMatch != audience || m.IDField != "sub" {
		t.Errorf("mapping %+v, want the audience %q", m, audience)
	}
	if !strings.HasPrefix(m.IssuerURI, "https://") || strings.HasSuffix(m.IssuerURI, "/") {
		t.Errorf("issuer %q", m.IssuerURI)
	}
	expression, err := regexp.Compile(m.IDMatch)
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range fit {
		if !expression.MatchString(subject) {
			t.Errorf("%s does not fit %s", m.IDMatch, subject)
		}
	}
	for _, subject := range strangers {
		if expression.MatchString(subject) {
			t.Errorf("%s fits %s", m.IDMatch, subject)
		}
	}
}
