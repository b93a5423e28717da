package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/leak"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// bySecretDesign lists the places where a secret stands because the user put it there or asked for it. Everything else
// that a run writes is searched.
//
//   - the environment of Terraform and its provider (TF_VAR_password), which the test itself sets
//   - the state of a data source: see TestADataSourceStoresItsToken
//   - a token store file: see TestNoSecretOfAStoredGrantAnywhere
//
// What Terraform's own switch TF_LOG_SDK_PROTO_DATA_DIR dumps is not searched: it is made to hold everything.
var bySecretDesign = []string{"terraform.tfstate of a data source"}

// TestNoSecretAnywhere drives success and each kind of failure with everything logged, and searches all that is left.
func TestNoSecretAnywhere(t *testing.T) {
	t.Parallel()
	password := `p"a<ss>w\o&rd +/ ünïcode`
	echo := func(status int) fakevedauth.Fault { // a server that quotes the password back in every place there is
		return fakevedauth.Answer(status, "application/json", fmt.Sprintf(`{"error":%q,"error_description":%q}`, password, "refused "+password)).
			Reason("refused " + strings.Map(asciiOnly, password))
	}
	faults := map[string]map[refusal.Endpoint]fakevedauth.Fault{
		"success":  {},
		"refused":  {refusal.OAuth: fakevedauth.Refusal("password-wrong", refusal.Modern)},
		"echo 400": {refusal.OAuth: echo(400)},
		"echo 418": {refusal.OAuth: echo(418)},
		"page":     {refusal.OAuth: fakevedauth.HTML(403, "Denied: "+password)},
		"redirect": {
			refusal.OAuth: fakevedauth.Redirect(302, "https://other.example.com/?password=hunter2hunter2"),
		},
		"cut off":         {refusal.OAuth: fakevedauth.Truncate(120)},
		"announced short": {refusal.OAuth: fakevedauth.Overrun(60)},
		"text behind":     {refusal.OAuth: fakevedauth.Trailing("<!-- bye -->")},
		"wrong types":     {refusal.OAuth: fakevedauth.WrongTypes()},
		"too large":       {refusal.OAuth: fakevedauth.Padded(5 << 20)},
		"empty":           {refusal.OAuth: fakevedauth.EmptyBody()},
		"lost":            {refusal.OAuth: fakevedauth.Reset().AfterCommit()},
		"revoke refused":  {refusal.Revoke: fakevedauth.Refusal("scope-insufficient", refusal.Modern, "scope", "x")},
		"revoke lost":     {refusal.Revoke: fakevedauth.Reset()},
		"verify page":     {refusal.Verify: fakevedauth.HTML(500, "Oops")},
	}
	for name, injected := range faults {
		for _, format := range []string{"TRACE", "JSON"} {
			t.Run(name+"/"+format, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, fakevedauth.Options{Password: password})
				w.password(password)
				w.space.Trace(filepath.Join(w.space.Home, "trace.log"))
				w.space.Setenv("TF_LOG", format)
				w.space.Setenv("TF_LOG_PROVIDER", format)
				for endpoint, fault := range injected {
					w.fake.Inject(endpoint, fakevedauth.Always(fault))
				}
				w.write("main.tf", fmt.Sprintf(consumer, w.fake.URL()))
				w.searchFor(password, w.run("plan", "-out=saved.tfplan"), w.run("show", "-json", "saved.tfplan"), w.run("apply"), w.run("show", "-json"))
			})
		}
	}
}

func asciiOnly(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

// searcher finds the password, all that the server issued, and what else is given.
func (w *world) searcher(password string, more ...leak.Secret) *leak.Searcher {
	w.t.Helper()
	secrets := append([]leak.Secret{
		{Name: "password", Value: secret.New(password)},
		{Name: "password in a redirect", Value: secret.New("hunter2hunter2")},
	}, more...)
	for i, value := range w.fake.Secrets() {
		secrets = append(secrets, leak.Secret{Name: fmt.Sprintf("server's secret %d", i), Value: secret.New(value)})
	}
	search, err := leak.New(secrets...)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := search.Check(); err != nil {
		w.t.Fatal("the search is blind:", err)
	}
	return search
}

// searchFor searches everything that a run left for the password and for all that the server issued.
func (w *world) searchFor(password string, results ...terraformcli.Result) {
	w.t.Helper()
	w.search(w.searcher(password), results...)
}

// search searches everything that a run left.
func (w *world) search(search *leak.Searcher, results ...terraformcli.Result) {
	w.t.Helper()
	var hits []leak.Hit
	for i, result := range results {
		for where, text := range map[string]string{"stdout": result.Stdout, "stderr": result.Stderr} {
			found, err := search.Bytes(fmt.Sprintf("%s of command %d", where, i), []byte(text))
			if err != nil {
				w.t.Fatal(err)
			}
			hits = append(hits, found...)
		}
	}
	found, err := search.Files(filepath.Dir(w.space.Folder))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, hit := range append(hits, found...) {
		w.t.Errorf("found: %v", hit)
	}
	if log, err := os.Stat(filepath.Join(w.space.Home, "trace.log")); err != nil || log.Size() < 10_000 {
		w.t.Errorf("there is no trace log to search: %v", err)
	}
}

// TestADataSourceStoresItsToken shows that the search finds a secret where one is, in what Terraform itself wrote.
func TestADataSourceStoresItsToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.write("main.tf", "data \"vedauth_oauth_token\" \"t\" {\n  scope = \"certificate\"\n}\n")
	w.must("plan", "-out=saved.tfplan")
	w.must("apply")
	var secrets []leak.Secret
	for i, value := range w.fake.Secrets() {
		if value != fakevedauth.DefaultPassword {
			secrets = append(secrets, leak.Secret{Name: fmt.Sprintf("token %d", i), Value: secret.New(value)})
		}
	}
	search, err := leak.New(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	hits, err := search.Files(w.space.Folder)
	if err != nil {
		t.Fatal(err)
	}
	var places strings.Builder
	for _, hit := range hits {
		fmt.Fprintln(&places, hit)
	}
	for _, place := range []string{"terraform.tfstate:", "saved.tfplan!"} {
		if !strings.Contains(places.String(), place) {
			t.Errorf("the search did not find the token in %s", place)
		}
	}
	if len(bySecretDesign) != 1 {
		t.Error("the list of places by design has changed: extend this test")
	}
}
