package acceptance_test

import (
	"crypto/tls"
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

// echoed are the ends that a login with that secret can come to, the hostile ones included.
func echoed(value string) map[string]fakevedauth.Plan {
	quoted := fmt.Sprintf(`{"error":"invalid_grant","error_description":%q}`, "refused: "+value)
	return map[string]fakevedauth.Plan{
		"success":     {},
		"echo":        fakevedauth.Always(fakevedauth.Answer(400, "application/json", quoted).Reason("refused " + value)),
		"page":        fakevedauth.Always(fakevedauth.HTML(403, "Denied: "+value)),
		"lost":        fakevedauth.Always(fakevedauth.Reset().AfterCommit()),
		"cut off":     fakevedauth.Always(fakevedauth.Truncate(120)),
		"text behind": fakevedauth.Always(fakevedauth.Trailing(value)),
	}
}

// tracing logs everything, in both formats that Terraform has.
func (w *world) tracing(format string) {
	w.space.Trace(filepath.Join(w.space.Home, "trace.log"))
	w.space.Setenv("TF_LOG", format)
	w.space.Setenv("TF_LOG_PROVIDER", format)
}

// planAndApply runs what writes files, and searches all that is left.
func (w *world) planAndApply(search func() *leak.Searcher) {
	w.t.Helper()
	results := []terraformcli.Result{
		w.run("plan", "-out=saved.tfplan"), w.run("show", "-json", "saved.tfplan"), w.run("apply"), w.run("show", "-json"),
	}
	w.search(search(), results...)
}

// TestNoSecretOfAJWTLogin: neither a JWT, its signature alone, nor what a job asks for one with.
func TestNoSecretOfAJWTLogin(t *testing.T) {
	t.Parallel()
	for source, format := range map[string]string{
		"jwt = var.password": "TRACE", `github_actions = { audience = "` + audience + `" }`: "JSON",
	} {
		for _, end := range []string{"success", "echo", "page", "lost", "cut off", "text behind"} {
			t.Run(format+"/"+end, func(t *testing.T) {
				t.Parallel()
				p := newPipeline(t)
				p.tracing(format)
				jwt := p.mint(nil)
				p.password(jwt)
				p.block(source)
				p.fake.Inject(refusal.JWT, echoed(jwt)[end])
				p.planAndApply(func() *leak.Searcher {
					more := []leak.Secret{{Name: "job's bearer", Value: secret.New("github-job-bearer-4711")}}
					sent := []string{jwt}
					for _, request := range p.fake.RequestsTo(refusal.JWT) {
						if text, ok := request.Fields()["jwt"].(string); ok {
							sent = append(sent, text)
						}
					}
					if len(sent) < 2 {
						t.Error("no JWT was sent")
					}
					for i, text := range sent {
						signature := text[strings.LastIndex(text, ".")+1:]
						more = append(more, leak.Secret{Name: fmt.Sprint("signature ", i), Value: secret.New(signature)})
					}
					return p.searcher("the password of nobody", more...)
				})
			})
		}
	}
}

// TestNoSecretOfACertificateLogin: no line of the private key, which comes from a file that lies apart.
func TestNoSecretOfACertificateLogin(t *testing.T) {
	t.Parallel()
	authority, err := fakevedauth.NewAuthority("clients")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := authority.IssueClient(fakevedauth.ClientSpec{CommonName: fakevedauth.DefaultUser})
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, err := fakevedauth.PairPEM(pair)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string]string{"certificate": certificate, "key": key} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var lines []leak.Secret
	for i, line := range strings.Split(key, "\n") {
		if len(line) > 8 && !strings.HasPrefix(line, "-----") {
			lines = append(lines, leak.Secret{Name: fmt.Sprint("line of the key ", i), Value: secret.New(line)})
		}
	}
	if len(lines) < 2 {
		t.Fatalf("the key has %d lines", len(lines))
	}
	for end, plan := range echoed("what a server can know") { // the key is not sent
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{ClientAuth: tls.RequestClientCert})
			w.tracing("TRACE")
			w.fake.Inject(refusal.Certificate, plan)
			w.token("certificate", fmt.Sprintf("certificate_pem = file(%q)\n  private_key_pem = file(%q)",
				filepath.Join(folder, "certificate"), filepath.Join(folder, "key")))
			w.planAndApply(func() *leak.Searcher { return w.searcher("the password of nobody", lines...) })
		})
	}
}
