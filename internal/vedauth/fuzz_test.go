package vedauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// The corpora are in testdata/fuzz. Run one with: go test -fuzz '^FuzzParseURL$' ./internal/vedauth.

// FuzzParseToken: no reply makes the parser panic, give a token without its value or with a time that cannot be
// written, or quote the reply in an error.
func FuzzParseToken(f *testing.F) {
	f.Add([]byte(goodToken), int64(0))
	f.Fuzz(func(t *testing.T, body []byte, served int64) {
		date := time.Time{}
		if served != 0 {
			date = time.Unix(served, 0)
		}
		token, err := vedauth.ParseToken(body, issued, date)
		if token == nil && err == nil {
			t.Fatal("neither a token nor an error")
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("a long error: %v", err)
		}
		if token == nil {
			if salvaged := vedauth.SalvageToken(body, issued); salvaged != nil {
				t.Errorf("the token %q was not found", salvaged.AccessToken.Reveal())
			}
			return
		}
		if token.AccessToken.Empty() || token.TokenType == "" || !token.Requested.Equal(issued) {
			t.Errorf("incomplete: %s", describe(token))
		}
		if err != nil {
			return
		}
		for _, seconds := range []*int64{token.Expires, token.RefreshUntil} {
			if seconds != nil && (*seconds <= 0 || *seconds > vedauth.MaxUnix) {
				t.Errorf("a time that RFC 3339 cannot write: %s", describe(token))
			}
		}
		if (token.Expires == nil) != (token.ExpiresIn == nil) {
			t.Errorf("only one of expires and expires_in: %s", describe(token))
		}
		if left, known := token.Remaining(issued); known && left <= 0 {
			t.Errorf("%v left of a token that was accepted: %s", left, describe(token))
		}
	})
}

// FuzzSalvageToken: what is found in a whole reply is found as well when anything follows it.
func FuzzSalvageToken(f *testing.F) {
	f.Add([]byte(goodToken), []byte("<!-- -->"))
	f.Fuzz(func(t *testing.T, body, behind []byte) {
		token, err := vedauth.ParseToken(body, issued, time.Time{})
		if err != nil {
			return
		}
		salvaged := vedauth.SalvageToken(append(append([]byte{}, body...), behind...), issued)
		if salvaged == nil || salvaged.AccessToken.Empty() {
			t.Errorf("the token %q is lost with %q behind it", token.AccessToken.Reveal(), behind)
		}
	})
}

// FuzzParseURL: what is accepted is an https URL without user, query or fragment, is its own normal form, and makes a
// request to the same host.
func FuzzParseURL(f *testing.F) {
	f.Add("HTTPS://TPP.example.com:0443/vedsdk/")
	f.Fuzz(func(t *testing.T, text string) {
		server, err := vedauth.ParseURL(text)
		if err != nil {
			if server != "" || len(err.Error()) > 200 {
				t.Errorf("%q and %v", server, err)
			}
			return
		}
		u, err := url.Parse(server)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
			strings.HasSuffix(server, "/") || u.Host != strings.ToLower(u.Host) {
			t.Errorf("%q became %q: %v", text, server, err)
		}
		if again, err := vedauth.ParseURL(server); err != nil || again != server {
			t.Errorf("%q became %q, and that %q: %v", text, server, again, err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/vedauth/Authorize/Verify", nil)
		if err != nil || r.URL.Host != u.Host || !strings.HasSuffix(r.URL.Path, "/vedauth/Authorize/Verify") {
			t.Errorf("%q makes no request: %v", server, err)
		}
	})
}

// FuzzParseScope: what is accepted has one normal form, which is read back as the same.
func FuzzParseScope(f *testing.F) {
	f.Add("Certificate: Manage,discover ; ssh;")
	f.Fuzz(func(t *testing.T, text string) {
		scope, err := vedauth.ParseScope(text)
		if err != nil {
			return
		}
		if err := scope.Validate(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		normal := scope.String()
		again, err := vedauth.ParseScope(normal)
		if err != nil || again.String() != normal || len(again) != len(scope) {
			t.Errorf("%q became %q, and that %q: %v", text, normal, again, err)
		}
	})
}

// FuzzParseVerification: no reply makes the parser panic or give a time that cannot be written.
func FuzzParseVerification(f *testing.F) {
	f.Add([]byte(vendorVerify))
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := vedauth.ParseVerification(body)
		if (v == nil) == (err == nil) {
			t.Fatalf("%v and %v", v, err)
		}
		if v == nil {
			if len(err.Error()) > 200 {
				t.Errorf("a long error: %v", err)
			}
			return
		}
		for _, at := range []*time.Time{v.AccessIssued, v.AccessExpires, v.GrantIssued, v.GrantExpires} {
			if at == nil {
				continue
			}
			if back, err := time.Parse(time.RFC3339, at.Format(time.RFC3339)); err != nil || !back.Equal(*at) || at.Unix() <= 0 {
				t.Errorf("%v does not survive RFC 3339: %v", at, err)
			}
		}
	})
}

// FuzzClean: whatever stands around a secret, it is not shown, and the result can be put into a diagnostic.
func FuzzClean(f *testing.F) {
	f.Add("password ", password, " is wrong")
	f.Fuzz(func(t *testing.T, before, value, after string) {
		if len(before)+len(value)+len(after) > 300 {
			return // longer ones take long and show nothing new
		}
		got := vedauth.Clean(before+value+after, []secret.String{secret.New(value)})
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00") || utf8.RuneCountInString(got) > 301 {
			t.Errorf("not fit to be shown: %q", got)
		}
		// Of a value with escapes or brackets, other texts may be a form, or the mark that stands in its place.
		letters := strings.Join(strings.FieldsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), "")
		if len(letters) < 6 || !utf8.ValidString(value) || strings.ContainsAny(value, `%&\+()`) ||
			strings.Contains(secret.Redacted, letters) || strings.Contains(vedauth.Withheld, value) {
			return
		}
		if strings.Contains(got, value) {
			t.Errorf("%q is shown in %q", value, got)
		}
	})
}
