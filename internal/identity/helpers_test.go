package identity

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// now is the moment at which all tests look at tokens.
var now = time.Date(2026, 11, 23, 10, 5, 23, 0, time.UTC)

// signature is no real one; it only has the looks and is easy to search for.
var signature = base64.RawURLEncoding.EncodeToString([]byte("signature that must never be seen in any message"))

// sealed joins raw parts into a token.
func sealed(header, claims, signature string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(claims)) + "." + signature
}

// mint makes a token of a pipeline; change replaces claims, and removes those set to nil.
func mint(t testing.TB, change map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": "https://token.actions.githubusercontent.com", "sub": "repo:example/infrastructure:ref:refs/heads/main",
		"aud": "https://tpp.example.com/vedauth", "iat": now.Unix(), "nbf": now.Unix() - 600, "exp": now.Unix() + 300,
	}
	for name, value := range change {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	data, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return sealed(`{"alg":"RS256","kid":"key-1","typ":"JWT"}`, string(data), signature)
}

// variables is an Environment of a map.
func variables(values map[string]string) Environment {
	return func(name string) (string, bool) {
		value, set := values[name]
		return value, set
	}
}

// recorder is a platform's identity service: it answers with handler and keeps the requests.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func serve(t *testing.T, handler http.HandlerFunc) *recorder {
	t.Helper()
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		r.requests = append(r.requests, request)
		r.mu.Unlock()
		handler(w, request)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) seen() []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*http.Request(nil), r.requests...)
}

// answer is a handler that always answers the same.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// pauses is a sleep that does not wait but remembers.
type pauses struct {
	mu    sync.Mutex
	taken []time.Duration
}

func (p *pauses) sleep(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = append(p.taken, d)
	return ctx.Err()
}

func (p *pauses) list() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]time.Duration(nil), p.taken...)
}

// adjust changes the requester inside a source.
func adjust(t *testing.T, source Source, change func(*requester)) Source {
	t.Helper()
	switch s := source.(type) {
	case githubActions:
		change(&s.requester)
		return s
	case azureDevOps:
		change(&s.requester)
		return s
	}
	t.Fatalf("%T makes no requests", source)
	return nil
}

// wantError checks that err is an *Error of that attribute whose text has all the words, and none of the secrets.
func wantError(t *testing.T, err error, attribute string, words, secrets []string) Error {
	t.Helper()
	var known *Error
	if !errors.As(err, &known) {
		t.Fatalf("error %v (%T), want an *Error", err, err)
	}
	if known.Attribute != attribute {
		t.Errorf("attribute %q, want %q", known.Attribute, attribute)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q:\n%s", word, err)
		}
	}
	if strings.HasSuffix(known.Problem, ".") || known.Next != "" && !strings.HasSuffix(known.Next, ".") {
		t.Errorf("problem and advice are not a clause and sentences:\n%q\n%q", known.Problem, known.Next)
	}
	noLeak(t, allForms(err), secrets...)
	return *known
}

// allForms prints an error and everything it wraps in every form.
func allForms(err error) string {
	var text strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&text, "%v\n%+v\n%#v\n%q\n", err, err, err, err)
	}
	return text.String()
}

// noLeak searches text for every piece of 10 characters of each secret, plain and encoded.
func noLeak(t *testing.T, text string, secrets ...string) {
	t.Helper()
	if piece := leaked(text, secrets...); piece != "" {
		t.Errorf("a message shows %q of a secret:\n%s", piece, text)
	}
}

func leaked(text string, secrets ...string) string {
	for _, value := range secrets {
		encoded := []string{
			value, url.QueryEscape(value), base64.StdEncoding.EncodeToString([]byte(value)),
			hex.EncodeToString([]byte(value)),
		}
		for _, form := range encoded {
			const piece = 10
			for i := 0; i+piece <= len(form); i++ {
				if strings.Contains(text, form[i:i+piece]) {
					return form[i : i+piece]
				}
			}
		}
	}
	return ""
}

// TestTheSearchFinds plants a secret, so that a search which finds nothing means something.
func TestTheSearchFinds(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	for _, text := range []string{token, "x" + token[20:40] + "y", base64.StdEncoding.EncodeToString([]byte(token))} {
		if leaked(text, token) == "" {
			t.Errorf("not found in %q", text)
		}
	}
	if piece := leaked("nothing in here", token); piece != "" {
		t.Errorf("found %q", piece)
	}
}

// reveal fails the test on an error and returns the token.
func reveal(t *testing.T, token secret.String, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return token.Reveal()
}

// discard is a log for servers whose complaints are part of the test.
func discard() *log.Logger { return log.New(io.Discard, "", 0) }
