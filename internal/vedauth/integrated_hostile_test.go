package vedauth_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
)

// TestTheNamesOfHostileSchemes: a server chooses what it calls its schemes, and the message names them. It is one short
// line all the same, without anything that a terminal obeys.
func TestTheNamesOfHostileSchemes(t *testing.T) {
	t.Parallel()
	for name, challenge := range map[string]string{
		"a control sequence": "\u009b31mEvil\u0085 x",
		"reversed text":      "\u202eEvil\u2066 x",
		"no UTF-8":           "Evil\xff\xfe",
		"the password":       password,
		"a long name":        strings.Repeat("Evil", 10_000),
		"many":               strings.Repeat("Evil, Evil\u009b, ", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always("401 Unauthorized", "", "WWW-Authenticate: Basic realm=x", "WWW-Authenticate: "+challenge))
			_, err := connect(t, s).Integrated(t.Context(), vedauth.IntegratedRequest{
				ClientID: "terraform", Scope: "certificate:manage", Mechanism: winauth.NTLM,
				Credential: winauth.Credential{Username: `EXAMPLE\alice`, Password: secret.New(password)},
			})
			failure := asError(t, err)
			text := failure.Error()
			if failure.Kind != vedauth.Refused || failure.Row.Class != refusal.Disabled || !strings.Contains(text, "does not offer ntlm, only basic") {
				t.Errorf("kind %d, class %s, %.500q", failure.Kind, failure.Row.Class, text)
			}
			if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || len(text) > 1000 {
				t.Errorf("%d bytes: %.500q", len(text), text)
			}
			mustNotHold(t, text, strings.ToLower(password))
		})
	}
}
