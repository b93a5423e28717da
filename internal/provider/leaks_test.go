package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/leak"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// searchForLeaks searches all that the provider said in a test, in diagnostics, log and private data, for every secret
// that was in play. It runs at the end of every test that has a bench.
func (b *bench) searchForLeaks() {
	for _, hit := range b.leaks() {
		b.t.Errorf("a secret leaked: %v", hit)
	}
}

func (b *bench) leaks() []leak.Hit {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	hits, err := b.searcher().Bytes("what the provider said", b.said.Bytes())
	if err != nil {
		b.t.Error(err)
	}
	return hits
}

func (b *bench) searcher() *leak.Searcher {
	b.t.Helper()
	var wanted []leak.Secret
	for i, value := range append(b.fake.Secrets(), b.secrets...) {
		wanted = append(wanted, leak.Secret{Name: fmt.Sprintf("secret %d", i), Value: secret.New(value)})
	}
	searcher, err := leak.New(wanted...)
	if err != nil {
		b.t.Fatal(err)
	}
	return searcher
}

// echoes are faults of a hostile server: it sends back what it was sent, or what it has just issued.
func echoes(password string) map[string]fakevedauth.Fault {
	page := fmt.Sprintf("<html><title>Login failed for alice with %s</title></html>", password)
	return map[string]fakevedauth.Fault{
		"password in a description": fakevedauth.Answer(400, "application/json",
			fmt.Sprintf(`{"error":"invalid_grant","error_description":"%s is not valid"}`, password)),
		"password in a code":          fakevedauth.Answer(401, "application/json", fmt.Sprintf(`{"error":"%s"}`, password)),
		"password in a reason phrase": fakevedauth.Answer(401, "", "").Reason(password + " is not valid"),
		"password in a page":          fakevedauth.Answer(403, "text/html", page),
		"password in a page with 200": fakevedauth.Answer(200, "text/html", page),
		"password in a redirect":      fakevedauth.Redirect(302, "https://login.example.com/?p="+strings.ReplaceAll(password, " ", "%20")),
		"tokens in broken JSON":       fakevedauth.TruncateQuietly(-1),
		"tokens of the wrong type":    fakevedauth.WrongTypes(),
		"tokens in an error": fakevedauth.Rewrite(func(fields map[string]any) {
			fields["error"], fields["error_description"] = fields["access_token"], fields["refresh_token"]
			fields["expires_in"] = "soon"
		}),
		"tokens that have expired": fakevedauth.Rewrite(func(fields map[string]any) { fields["expires_in"] = -1 }),
	}
}

// TestNoSecretIsSaid: beside what every other test searches, a server that sends secrets back in every place it can.
func TestNoSecretIsSaid(t *testing.T) {
	t.Parallel()
	for name, fault := range echoes(fakevedauth.DefaultPassword) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, config{"max_retries": 0, "access_token": "dG9rZW4gb2YgYW5vdGhlcg=="})
			b.secrets = append(b.secrets, "dG9rZW4gb2YgYW5vdGhlcg==")
			b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fault))
			b.fake.Inject(fakevedauth.Verify, fakevedauth.Always(
				fakevedauth.Answer(403, "application/json", `{"error":"x","error_description":"dG9rZW4gb2YgYW5vdGhlcg== is bad"}`)))
			if got := b.open(alice(nil)); got.diags.errors() == nil {
				t.Error("the block opened all the same")
			}
			if got := b.read("vedauth_token_info", nil); got.diags.errors() == nil {
				t.Error("the token was looked at all the same")
			}
			if l := b.fake.Ledger(); l.Live != 0 {
				t.Errorf("ledger: %s", l)
			}
		})
	}
}

// TestTheSearchFinds shows that the search of this package can find: in the log at the lowest level, in diagnostics and
// in private data, and every secret in every form.
func TestTheSearchFinds(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{}, nil)
	got := b.mustOpen(alice(nil))
	b.must(b.close(got.private))
	if err := b.searcher().Check(); err != nil {
		t.Error("the search is blind:", err)
	}
	for _, line := range []string{
		`"@message":"request to vedauth"`, `"endpoint":"authorize/oauth"`, `"endpoint":"revoke/token"`, `"@level":"trace"`, "handle",
	} {
		if !strings.Contains(b.said.String(), line) {
			t.Errorf("the log does not hold %s", line)
		}
	}
	token, _ := got.result["access_token"].(string)
	for _, planted := range []string{token, fakevedauth.DefaultPassword} {
		before := b.said.Len()
		_, _ = fmt.Fprintf(b, "planted: %q\n", planted)
		if len(b.leaks()) == 0 {
			t.Error("the search does not find a planted secret")
		}
		b.said.Truncate(before)
	}
}
