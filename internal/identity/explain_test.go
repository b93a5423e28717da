package identity

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

func explain(t *testing.T, change map[string]any) string {
	t.Helper()
	token := mint(t, change)
	claims, err := Inspect(secret.New(token), now)
	if err != nil {
		t.Fatal(err)
	}
	text := claims.Explain()
	noLeak(t, text, append(strings.Split(token, "."), signature)...)
	return text
}

func TestExplain(t *testing.T) {
	t.Parallel()
	text := explain(t, nil)
	for _, line := range []string{
		"  iss = https://token.actions.githubusercontent.com\n",
		"  sub = repo:example/infrastructure:ref:refs/heads/main\n",
		"  aud = https://tpp.example.com/vedauth\n",
		"  exp = 2026-11-23T10:10:23Z\n", "  kid = key-1\n", "  alg = RS256\n",
		"IssuerUri", "PurposeField", "PurposeMatch", "IdField", "IdMatch", "GranteePrefixedUniversal",
		"https://token.actions.githubusercontent.com/.well-known/openid-configuration",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	text = explain(t, map[string]any{"iss": nil, "sub": nil, "aud": nil, "exp": nil})
	for _, line := range []string{
		"iss = (none)", "sub = (none)", "aud = (none)", "exp = (none)", "the issuer's /.well-known",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	text = explain(t, map[string]any{"iss": "https://ci.example.com/"})
	if !strings.Contains(text, "example.com/.well-known") {
		t.Errorf("slash of the issuer doubled in\n%s", text)
	}
}

// TestTraps: each platform's trap is told to its users and to nobody else.
func TestTraps(t *testing.T) {
	t.Parallel()
	const github, hcp, azure = "immutable form", "run_phase:apply in an apply", "1 July 2027"
	for name, test := range map[string]struct {
		iss, sub, want string
	}{
		"old sub of GitHub": {"https://token.actions.githubusercontent.com", "repo:o/r:ref:refs/heads/main", ""},
		"new sub of GitHub": {"https://token.actions.githubusercontent.com", "repo:o@12/r@34:ref:refs/heads/main", github},
		"plan":              {"https://app.terraform.io", "organization:o:project:p:workspace:w:run_phase:plan", hcp},
		"apply at home":     {"https://tfe.example.com", "organization:o:project:p:workspace:w:run_phase:apply", hcp},
		"Azure DevOps":      {"https://vstoken.dev.azure.com/0f0e0d0c", "sc://o/p/c", azure},
		"Entra":             {"https://login.microsoftonline.com/0f0e0d0c/v2.0", "/eid1/c/pub/t/x/a/y/sc/1/2", ""},
		"GitLab":            {"https://gitlab.com", "project_path:g/p:ref_type:branch:ref:main", ""},
	} {
		text := explain(t, map[string]any{"iss": test.iss, "sub": test.sub})
		for _, trap := range []string{github, hcp, azure} {
			if strings.Contains(text, trap) != (trap == test.want) {
				t.Errorf("%s: trap %q wrongly there or missing in\n%s", name, trap, text)
			}
		}
	}
}

// TestHostileClaims: whoever runs a pipeline chooses its claims, and must not steer the terminal that shows them.
func TestHostileClaims(t *testing.T) {
	t.Parallel()
	hostile := "\x1b[2J\x1b]0;x\a\r\n  sub = forged\u202e\u200b\u2028\u0085\x00\xff" + strings.Repeat("long", 1000)
	text := explain(t, map[string]any{"iss": hostile, "sub": hostile, "aud": []string{hostile, hostile}})
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%U in a message", r)
		}
	}
	if strings.Count(text, "\n  sub = ") != 1 || len(text) > 3000 {
		t.Errorf("%d bytes:\n%s", len(text), text)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "plain": "plain", "ü 漢": "ü 漢", "a\tb\nc": "abc", "\xffa": "a",
		strings.Repeat("ü", 200): strings.Repeat("ü", 200), strings.Repeat("漢", 201): strings.Repeat("漢", 200) + "…",
	} {
		if got := show(text); got != want {
			t.Errorf("show(%q) = %q", text, got)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for duration, want := range map[time.Duration]string{
		0: "less than a second", time.Second: "1 second", 59600 * time.Millisecond: "1 minute",
		-192 * time.Second: "3 minutes 12 seconds", time.Hour: "1 hour", time.Hour + 5*time.Second: "1 hour",
		25*time.Hour + 3*time.Minute: "1 day 1 hour", 48*time.Hour + 3*time.Minute: "2 days",
		1<<63 - 1: "106751 days 23 hours", -1 << 63: "106751 days 23 hours",
	} {
		if got := words(duration); got != want {
			t.Errorf("words(%d) = %q, want %q", duration, got, want)
		}
	}
}

// TestClock goes along the edges of what is tolerated.
func TestClock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change   map[string]any
		refused  bool
		warnings int
	}{
		"exp 61 s ago":    {map[string]any{"exp": now.Unix() - 61}, true, 0},
		"exp 60 s ago":    {map[string]any{"exp": now.Unix() - 60}, false, 1},
		"exp now":         {map[string]any{"exp": now.Unix()}, false, 1},
		"exp in 29 s":     {map[string]any{"exp": now.Unix() + 29}, false, 1},
		"exp in 30 s":     {map[string]any{"exp": now.Unix() + 30}, false, 0},
		"nbf in 60 s":     {map[string]any{"nbf": now.Unix() + 60}, false, 0},
		"nbf in 61 s":     {map[string]any{"nbf": now.Unix() + 61}, true, 0},
		"iat in 60 s":     {map[string]any{"iat": now.Unix() + 60}, false, 0},
		"iat in 61 s":     {map[string]any{"iat": now.Unix() + 61}, true, 0},
		"exp before 1970": {map[string]any{"exp": -5}, true, 0},
		"year 9999":       {map[string]any{"exp": lastSecond}, false, 0},
		"text, expired":   {map[string]any{"exp": "1"}, true, 0},
	} {
		claims, err := Inspect(secret.New(mint(t, test.change)), now)
		if (err != nil) != test.refused || len(claims.Warnings) != test.warnings {
			t.Errorf("%s: error %v, warnings %q", name, err, claims.Warnings)
		}
		if err != nil && !strings.Contains(err.Error(), "this machine's clock says 2026-11-23T10:05:23Z") {
			t.Errorf("%s: %v does not name the clock", name, err)
		}
	}
}
