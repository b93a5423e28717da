package vedauth_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// TestCleanRedactsEveryForm: whatever a server or proxy does to a secret before it sends it back, it is not shown.
func TestCleanRedactsEveryForm(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{
		"special characters": `Tr0ub4dor&3/<x>"y'z+ü `,
		"backslash":          `EXAMPLE\alice-pw`,
		"percent":            `100%41secret%zz`,
		"token":              "7F71xjzl99T2hNUwy5l8Fw==",
		"token with signs":   "a+b/c+d/e+f/g+h/i+j/kA==",
		"plain":              "correcthorse",
		"jwt":                "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("eyJzdWIiOiJyZXBvIn0", 40) + ".c2lnbmF0dXJl",
	}
	forms := map[string]func(string) string{
		"raw":     func(s string) string { return s },
		"JSON":    func(s string) string { quoted, _ := json.Marshal(s); return string(quoted) },
		"query":   url.QueryEscape,
		"path":    url.PathEscape,
		"HTML":    html.EscapeString,
		"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64u": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
		"basic":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte("alice:" + s)) },
		"basic 2": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("alice2:" + s + ":x")) },
		"hex":     func(s string) string { return hex.EncodeToString([]byte(s)) },
		"small hex digits": func(s string) string {
			return strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d", "%3C", "%3c").Replace(url.QueryEscape(s))
		},
		"every byte escaped": func(s string) string { return "%" + strings.Join(strings.Split(hexPairs(s), " "), "%") },
		"every letter in JSON": func(s string) string {
			var out strings.Builder
			for _, r := range s {
				fmt.Fprintf(&out, `\u%04X`, r)
			}
			return out.String()
		},
		"every letter in HTML": func(s string) string {
			var out strings.Builder
			for _, r := range s {
				fmt.Fprintf(&out, `&#x%x;`, r)
			}
			return out.String()
		},
		"JSON of .NET": func(s string) string {
			return strings.NewReplacer("+", `\u002B`, "/", `\/`, "=", `\u003D`, "'", `\u0027`, "&", `\u0026`, `\`, `\\`).Replace(s)
		},
		"HTML in a URL":   func(s string) string { return url.QueryEscape(html.EscapeString(s)) },
		"URL twice":       func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
		"upper case":      strings.ToUpper,
		"lower case":      strings.ToLower,
		"broken in lines": func(s string) string { return s[:5] + "\r\n\t" + s[5:] },
		"zero width":      func(s string) string { return s[:5] + "\u200b" + s[5:] },
	}
	for what, value := range secrets {
		for how, form := range forms {
			echoed := form(value)
			got := vedauth.Clean("login of alice with "+echoed+" failed", []secret.String{secret.New(value)})
			if strings.Contains(got, echoed) || strings.Contains(canonicalLetters(got), canonicalLetters(value)) {
				t.Errorf("%s as %s: shown in %q", what, how, got)
			}
			if !strings.Contains(got, secret.Redacted) && got != vedauth.Withheld {
				t.Errorf("%s as %s: nothing was redacted in %q", what, how, got)
			}
			if strings.Contains(got, secret.Redacted) && !strings.HasPrefix(got, "login of alice with ") {
				t.Errorf("%s as %s: more than the secret is gone: %q", what, how, got)
			}
		}
	}
}

func hexPairs(s string) string { return strings.Trim(fmt.Sprintf("% X", s), " ") }

// canonicalLetters keeps nothing but letters and digits of ASCII, in lower case.
func canonicalLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// TestCleanOfShortSecrets: a short password occurs inside ordinary words, and is redacted only where it is a word.
func TestCleanOfShortSecrets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ secret, text, want string }{
		{"abc", `password "abc" is wrong`, `password "(sensitive)" is wrong`},
		{"abc", "abc", "(sensitive)"},
		{"abc", "abcd xabc abc1 ABC", "abcd xabc abc1 ABC"},
		{"abc", "abc abc,abc", "(sensitive) (sensitive),(sensitive)"},
		{"ab", "abab ab", "abab (sensitive)"},
		{"é", "é and été", "(sensitive) and été"},
		{"a&b", "got a&amp;b and a%26b", "got (sensitive) and (sensitive)"},
		{"x", "", ""},
		{"", "nothing to hide", "nothing to hide"},
	} {
		if got := vedauth.Clean(test.text, []secret.String{secret.New(test.secret)}); got != test.want {
			t.Errorf("%q in %q: %q, want %q", test.secret, test.text, got, test.want)
		}
	}
}

// TestCleanOfSecretsThatWereCutOff: a server that shortens its text leaves a part of a secret at the end.
func TestCleanOfSecretsThatWereCutOff(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"correcthorsebattery", "7F71xjzl99T2hNUwy5l8Fw==", strings.Repeat("eyJhbGci.", 15)} {
		for cut := 4; cut < len(value); cut++ {
			for _, end := range []string{"", "...", "…", `'`, `".`, "'…)"} {
				text := "Invalid value '" + value[:cut] + end
				if got := vedauth.Clean(text, []secret.String{secret.New(value)}); strings.Contains(got, value[:4]) {
					t.Fatalf("%d letters and %q: %q", cut, end, got)
				}
			}
		}
	}
	// The same where this package does the cutting.
	for blanks := 900; blanks < 1100; blanks++ {
		text := strings.Repeat(" ", blanks) + "correcthorsebattery"
		mustNotHold(t, vedauth.Clean(text, []secret.String{secret.New("correcthorsebattery")}), "corr")
	}
}

// TestCleanKeepsOrdinaryWords: what a server says is of use only if it is still there.
func TestCleanKeepsOrdinaryWords(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Username/Password combination not valid",
		"No rule/permission for identity local:{a3f32838-c654-49fb-befe-b9d44336ffe0} exists",
		"Grant for identity [AD+Active Directory:77338c27877bd0418c62176f256abd4d] with scope [certificate:manage] has been revoked",
		"The client_id value being requested with the refresh token does not match the client_id of the access token making the call",
	} {
		for _, value := range []string{password, "7F71xjzl99T2hNUwy5l8Fw==", "hunter2", "corr"} {
			if got := vedauth.Clean(text, []secret.String{secret.New(value)}); got != text {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
}

func TestCleanRedactsWhatLooksLikeAToken(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Token 'oNUXrKsv2U/zokBN3uCXUA==' not found":           "Token '(sensitive)' not found",
		"Token 'oNUXrKsv2U%2FzokBN3uCXUA%3D%3D' not found":     "Token '(sensitive)' not found",
		"Token 'oNUXrKsv2U%2fzokBN3uCXUA%3d%3d' not found":     "Token '(sensitive)' not found",
		`Token 'oNUXrKsv2U\/zokBN3uCXUA==' not found`:          "Token '(sensitive)' not found",
		`Token 'oNUXrKsv2U\u002fzokBN3uCXUA\u003d\u003d' gone`: "Token '(sensitive)' gone",
		"oNUXrKsv2U_zokBN3uCXUA==oNUXrKsv2U-zokBN3uCXUA==":     "(sensitive)(sensitive)",
	} {
		if got := vedauth.Clean(text, nil); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestCleanMakesOneShortLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"two\r\nlines\tand  blanks ":      "two lines and blanks",
		"bell\x07 escape\x1b[31m nul\x00": "bell escape [31m nul",
		"right\u202eto left":              "right to left",
		"not \xff\xfeUTF-8":               "not \uFFFDUTF-8",
		strings.Repeat("ü", 400):          strings.Repeat("ü", 300) + "…",
		strings.Repeat("x ", 100_000):     strings.Repeat("x ", 150) + "…",
	} {
		got := vedauth.Clean(text, nil)
		if got != want {
			t.Errorf("%.40q became %q", text, got)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%.40q: the result is not valid UTF-8", text)
		}
	}
}
