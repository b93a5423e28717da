package identity

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

var update = flag.Bool("update", false, "rewrite the corpus of the fuzz tests in testdata/fuzz")

// inspectCheck inspects text and fails the test if a message shows a piece of it or steers a terminal.
func inspectCheck(t *testing.T, text string, at time.Time) {
	claims, err := Inspect(secret.New(text), at)
	messages := strings.Join(claims.Warnings, "\n")
	if err != nil {
		wantError(t, err, "", nil, nil)
		messages += err.Error()
		if !claims.Token.Empty() {
			t.Error("a token together with an error")
		}
	} else {
		messages += claims.Explain()
		if strings.Count(claims.Token.Reveal(), ".") != 2 || strings.ContainsFunc(claims.Token.Reveal(), unicode.IsSpace) {
			t.Error("the token to send is not a JWT")
		}
	}
	for _, r := range messages {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%U in a message", r)
		}
	}
	if len(messages) > 20000 {
		t.Errorf("messages of %d bytes", len(messages))
	}
	checkPieces(t, text, claims, messages)
}

// checkPieces searches the messages for the parts of the token. Claims that repeat a part of the token around them
// are shown, as all claims are: that can be only chance, since a signature is made after the claims.
func checkPieces(t *testing.T, text string, claims Claims, messages string) {
	shown := claims.Issuer + claims.Subject + strings.Join(claims.Audience, " ") + claims.KeyID + claims.Algorithm
	for _, part := range strings.Split(join(strip(text)), ".") {
		if len(part) >= 24 && strings.Contains(messages, part) && !strings.Contains(shown, part) {
			t.Errorf("a message shows %q", part)
		}
	}
}

// FuzzInspect takes any text for a token.
func FuzzInspect(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		inspectCheck(t, text, time.Unix(seconds, 0))
	})
}

// FuzzClaims takes any header and claims, well packed, so that what is behind the decoding is reached.
func FuzzClaims(f *testing.F) {
	f.Fuzz(func(t *testing.T, header, claims, signature string, seconds int64) {
		inspectCheck(t, sealed(header, claims, signature), time.Unix(seconds, 0))
	})
}

// TestCorpus compares the committed corpus of the fuzz tests with what is written here; -update rewrites it.
func TestCorpus(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	add := func(target, name string, text ...string) {
		var content strings.Builder
		content.WriteString("go test fuzz v1\n")
		for _, value := range text {
			fmt.Fprintf(&content, "string(%q)\n", value)
		}
		fmt.Fprintf(&content, "int64(%d)\n", now.Unix())
		files[filepath.Join("testdata", "fuzz", target, strings.ReplaceAll(name, " ", "_"))] = content.String()
	}
	add("FuzzInspect", "good", mint(t, nil))
	add("FuzzInspect", "wrapped", "\"Bearer "+mint(t, nil)+"\"\r\n")
	for name, test := range wrong(t) {
		if len(test.text) < 10000 {
			add("FuzzInspect", strings.ReplaceAll(name, ",", ""), test.text)
		}
	}
	header := `{"alg":"RS256","kid":"key-1"}`
	for name, claims := range map[string]string{
		"good":       `{"iss":"https://ci.example.com","sub":"s","aud":["a","b"],"exp":1795428623,"nbf":0,"iat":1.5e9}`,
		"duplicates": `{"iss":"https://a","iss":"https://b","exp":1,"exp":1795428623}`,
		"types":      `{"iss":1,"sub":[],"aud":{},"exp":"1795428623","nbf":null,"iat":true}`,
		"numbers":    `{"exp":1e999,"nbf":-1e308,"iat":99999999999999999999999999}`,
		"nesting":    `{"a":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `,"exp":[[1]]}`,
		"escapes":    `{"iss":"\u202e\u0000\ud800","sub":"\u001b[2J","aud":["\n"]}`,
	} {
		add("FuzzClaims", name, header, claims, signature)
	}
	add("FuzzClaims", "none", `{"alg":"nOnE"}`, `{}`, "")
	add("FuzzClaims", "shared_secret", `{"alg":"hs512","kid":7}`, `{}`, "AAAA")

	for path, want := range files {
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what TestCorpus would write (%v): run go test -run TestCorpus -update", path, err)
		}
	}
}
