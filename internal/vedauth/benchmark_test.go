package vedauth_test

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// pair is a server that always grants, our client for it, and a bare one that keeps its connection.
type pair struct {
	url    string
	ours   *vedauth.Client
	bare   *http.Client
	body   string
	answer string
}

func newPair(t testing.TB) *pair {
	t.Helper()
	p := &pair{
		body: `{"client_id":"terraform","username":"local:user","password":"` + password + `","scope":"certificate:manage"}`,
		answer: `{"access_token":"4MyGeneratedBearerTknz==","refresh_token":"CYXaA9kIDdMxy3BSSxQJHV==","expires_in":7775999,` +
			`"expires":1639342751,"token_type":"Bearer","scope":"certificate:manage",` +
			`"identity":"local:{6c0bd4a5-53b8-4a5e-9d3c-0f2f5d1b7e11}","refresh_until":1663102751}`,
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, p.answer)
	}))
	t.Cleanup(server.Close)
	anchor := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	var err error
	p.ours, err = vedauth.New(vedauth.Config{Server: server.URL, CAPEM: anchor, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	p.url, p.bare = server.URL+"/vedauth/Authorize/OAuth", server.Client()
	return p
}

// authorize logs in as the provider does.
func (p *pair) authorize(t testing.TB) {
	if _, err := p.ours.OAuth(t.Context(), login); err != nil {
		t.Fatal(err)
	}
}

// post sends the same bytes, and reads the answer without looking at it.
func (p *pair) post(t testing.TB) {
	answer, err := p.bare.Post(p.url, "application/json", strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkAuthorize is to be held against BenchmarkBarePost. Both count the server's work too.
func BenchmarkAuthorize(b *testing.B) {
	p := newPair(b)
	p.authorize(b)
	b.ReportAllocs()
	for b.Loop() {
		p.authorize(b)
	}
}

func BenchmarkBarePost(b *testing.B) {
	p := newPair(b)
	p.post(b)
	b.ReportAllocs()
	for b.Loop() {
		p.post(b)
	}
}

func BenchmarkParseScope(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		scope, err := vedauth.ParseScope("Certificate:manage,discover,revoke; configuration:manage; ssh;")
		if err != nil || scope.String() == "" {
			b.Fatal(scope, err)
		}
	}
}

// BenchmarkRefusal reads and explains a refusal.
func BenchmarkRefusal(b *testing.B) {
	body := []byte(`{"error":"invalid_grant","error_description":"Username\/password combination not valid"}`)
	b.ReportAllocs()
	for b.Loop() {
		if failure := vedauth.Refuse(body); failure.Cause() == "" || failure.Error() == "" {
			b.Fatal(failure)
		}
	}
}
