package identity

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const (
	bearer     = "request-bearer-of-the-job-5f2d8c"
	connection = "0f0e0d0c-0b0a-0908-0706-050403020100"
	audience   = "https://tpp.example.com/vedauth?a=b&c=ü"
	urlQuery   = "api-version=2.0&job=query-of-the-url"
)

// platform is one of the two that are asked for a token, for tests that hold for both.
type platform struct {
	attribute string
	member    string
	source    func(t *testing.T, base string, more map[string]string) Source
}

var platforms = map[string]platform{
	"GitHub Actions": {"github_actions", "value", func(t *testing.T, base string, more map[string]string) Source {
		values := map[string]string{githubURL: base + "/id?" + urlQuery, githubBearer: bearer}
		return must(t)(GitHubActions(audience, variables(merge(values, more))))
	}},
	"Azure DevOps": {"azure_devops", "oidcToken", func(t *testing.T, base string, more map[string]string) Source {
		values := map[string]string{azureURL: base + "/oidc?" + urlQuery, azureBearer: bearer}
		return must(t)(AzureDevOps(connection, variables(merge(values, more))))
	}},
}

func merge(values, more map[string]string) map[string]string {
	for name, value := range more {
		values[name] = value
	}
	return values
}

func must(t *testing.T) func(Source, error) Source {
	return func(source Source, err error) Source {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
}

// secretsOf is what no message may show when a platform was asked: the bearer, the query, the answer.
func secretsOf(body string) []string { return []string{bearer, "query-of-the-url", body} }

func TestGitHubActionsProtocol(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	server := serve(t, answer(http.StatusOK, `{"count":1,"value":"`+token+`"}`))
	source := platforms["GitHub Actions"].source(t, server.URL, nil)
	if err := source.Present(); err != nil {
		t.Error(err)
	}
	for range 2 {
		got, err := source.Fetch(t.Context())
		if reveal(t, got, err) != token {
			t.Error("another token")
		}
	}
	requests := server.seen()
	if len(requests) != 2 {
		t.Fatalf("%d requests for 2 fetches", len(requests))
	}
	r, query := requests[0], requests[0].URL.Query()
	if r.Method != http.MethodGet || r.URL.Path != "/id" || r.Header.Get("Authorization") != "bearer "+bearer ||
		r.Header.Get("Accept") != "application/json" {
		t.Errorf("request %s %s %v", r.Method, r.URL, r.Header)
	}
	if query.Get("audience") != audience || query.Get("api-version") != "2.0" || query.Get("job") != "query-of-the-url" {
		t.Errorf("query %v", query)
	}
}

func TestAzureDevOpsProtocol(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	server := serve(t, answer(http.StatusOK, `{"oidcToken":"`+token+`"}`))
	got, err := platforms["Azure DevOps"].source(t, server.URL, nil).Fetch(t.Context())
	if reveal(t, got, err) != token {
		t.Error("another token")
	}
	r := server.seen()[0]
	query := r.URL.Query()
	if r.Method != http.MethodPost || r.URL.Path != "/oidc" || r.Header.Get("Authorization") != "Bearer "+bearer ||
		r.Header.Get("X-TFS-FedAuthRedirect") != "Suppress" || r.ContentLength != 0 {
		t.Errorf("request %s %s %v", r.Method, r.URL, r.Header)
	}
	if !slices.Equal(query["api-version"], []string{"7.1"}) || query.Get("serviceConnectionId") != connection ||
		query.Get("job") != "query-of-the-url" {
		t.Errorf("query %v", query)
	}
}

func TestPlatformArguments(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	for _, empty := range []string{"", " "} {
		_, err := GitHubActions(empty, variables(nil))
		wantError(t, err, "github_actions", []string{"audience is empty"}, nil)
	}
	for id, words := range map[string][]string{
		"": {"is empty"}, "my connection": {"is not an id", "resourceId"}, token: {"is not an id"},
	} {
		_, err := AzureDevOps(id, variables(nil))
		wantError(t, err, "azure_devops", words, []string{token})
	}
}

// TestPlatformVariables: what is missing is named with the setting that provides it, and nothing is sent.
func TestPlatformVariables(t *testing.T) {
	t.Parallel()
	const permission, mapping = "permissions: id-token: write", "SYSTEM_ACCESSTOKEN: $(System.AccessToken)"
	for name, test := range map[string]struct {
		platform string
		change   map[string]string
		words    []string
		absent   bool
	}{
		"github url": {
			"GitHub Actions", map[string]string{githubURL: ""}, []string{githubURL, "empty", permission}, true,
		},
		"github token": {
			"GitHub Actions", map[string]string{githubBearer: " "}, []string{githubBearer, permission}, true,
		},
		"azure url": {
			"Azure DevOps", map[string]string{azureURL: ""}, []string{azureURL, "Azure Pipelines"}, true,
		},
		"azure token": {
			"Azure DevOps", map[string]string{azureBearer: ""}, []string{azureBearer, mapping}, true,
		},
		"azure macro": {
			"Azure DevOps", map[string]string{azureBearer: "$(System.AccessToken)"},
			[]string{"replaced", mapping}, false,
		},
		"http elsewhere": {
			"GitHub Actions", map[string]string{githubURL: "http://ci.example.com/x?" + urlQuery},
			[]string{githubURL, "not an https URL"}, false,
		},
		"other scheme": {
			"Azure DevOps", map[string]string{azureURL: "ftp://localhost/?" + urlQuery},
			[]string{azureURL, "not an https URL"}, false,
		},
		"no url": {
			"GitHub Actions", map[string]string{githubURL: "query-of-the-url"},
			[]string{githubURL, "is not a URL"}, false,
		},
		"broken url": {
			"GitHub Actions", map[string]string{githubURL: "https://ci.example.com:x/?" + urlQuery},
			[]string{"is not a URL"}, false,
		},
		"user in url": {
			"Azure DevOps", map[string]string{azureURL: "https://query-of-the-url@ci.example.com/"},
			[]string{"user name"}, false,
		},
		"broken query": {
			"GitHub Actions", map[string]string{githubURL: "https://ci.example.com/?a;b=query-of-the-url"},
			[]string{"malformed query"}, false,
		},
		"line break in token": {
			"GitHub Actions", map[string]string{githubBearer: bearer + "\nx: y"},
			[]string{githubBearer, "characters"}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, answer(http.StatusInternalServerError, ""))
			p := platforms[test.platform]
			source := p.source(t, server.URL, test.change)
			_, err := source.Fetch(t.Context())
			if known := wantError(t, err, p.attribute, test.words, secretsOf("")); known.Absent != test.absent {
				t.Errorf("Absent = %v", known.Absent)
			}
			if present := source.Present() == nil; present == test.absent {
				t.Errorf("Present = %v", present)
			}
			if len(server.seen()) != 0 {
				t.Error("something was sent")
			}
		})
	}
	for _, source := range []Source{
		must(t)(GitHubActions("a", variables(nil))), must(t)(AzureDevOps(connection, variables(nil))),
	} {
		wantError(t, source.Present(), source.Attribute(), []string{"is not set", "there is no such token"}, nil)
	}
}

// TestKeys: the same source has the same key, another one another.
func TestKeys(t *testing.T) {
	t.Parallel()
	sources := func() []Source {
		env := variables(nil)
		return []Source{
			must(t)(FromToken(secret.New("a"))), must(t)(FromToken(secret.New("b"))),
			must(t)(FromFile("a")), must(t)(FromFile("b")),
			must(t)(FromVariable("a", env)), must(t)(FromVariable("b", env)),
			must(t)(GitHubActions("a", env)), must(t)(GitHubActions("b", env)),
			must(t)(AzureDevOps(connection, env)), must(t)(AzureDevOps(strings.Replace(connection, "0f", "1f", 1), env)),
			must(t)(HCPTerraform("", env)), must(t)(HCPTerraform("a", env)),
		}
	}
	first, second := sources(), sources()
	for i, one := range first {
		for j, other := range second {
			if same := one.Key().Equal(other.Key()); same != (i == j) {
				t.Errorf("sources %d and %d: same key %v", i, j, same)
			}
		}
	}
}

// TestObtain: the error of a token names the attribute it came from, and the token that is returned is the clean one.
func TestObtain(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	claims, err := Obtain(t.Context(), must(t)(FromFile(write(t, "\"Bearer "+token+"\"\n"))), now)
	if reveal(t, claims.Token, err) != token {
		t.Error("another token")
	}
	_, err = Obtain(t.Context(), must(t)(FromFile(write(t, token))), now.Add(time.Hour))
	wantError(t, err, "jwt_file", []string{"jwt_file: the JWT expired 55 minutes ago"}, []string{token})
	_, err = Obtain(t.Context(), must(t)(FromVariable("X", variables(nil))), now)
	wantError(t, err, "jwt_env", []string{"is not set"}, nil)
}

func TestCancelledFetch(t *testing.T) {
	t.Parallel()
	for name, p := range platforms {
		ctx, cancel := context.WithCancel(t.Context())
		server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		_, err := p.source(t, server.URL, nil).Fetch(ctx)
		known := wantError(t, err, p.attribute, []string{"was cancelled"}, secretsOf(""))
		if known.Cause != context.Canceled || len(server.seen()) != 1 {
			t.Errorf("%s: cause %v, %d requests", name, known.Cause, len(server.seen()))
		}
	}
}
