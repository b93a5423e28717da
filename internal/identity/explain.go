package identity

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
)

// Explain returns the lines for the diagnostic of a refusal: what the JWT says, and with which settings of the server
// to compare it. The token itself and its signature are not in it.
func (c Claims) Explain() string {
	var lines strings.Builder
	lines.WriteString("The JWT says (decoded here, not verified):\n")
	expires := ""
	if !c.Expires.IsZero() {
		expires = c.Expires.Format(time.RFC3339)
	}
	for _, claim := range []struct{ name, value string }{
		{"iss", c.Issuer}, {"sub", c.Subject}, {"aud", strings.Join(c.Audience, ", ")}, {"exp", expires},
		{"kid", c.KeyID}, {"alg", c.Algorithm},
	} {
		if claim.value == "" {
			claim.value = "(none)"
		}
		fmt.Fprintf(&lines, "  %s = %s\n", claim.name, claim.value)
	}
	lines.WriteString("Compare it with the JWT mappings of the server (POST /vedsdk/OAuth/GetJwtMappings):\n" +
		"  IssuerUri must be equal to iss, also in a slash at its end.\n" +
		"  PurposeMatch must fit the claim that PurposeField names, mostly aud.\n" +
		"  IdMatch must fit the claim that IdField names, mostly sub; its first group is the user unless\n" +
		"  GranteePrefixedUniversal names one, and that user needs a rule on the API integration of client_id.\n")
	if strings.HasPrefix(c.Issuer, "https://") {
		fmt.Fprintf(&lines, "The server itself must reach %s/.well-known/openid-configuration,\n"+
			"unless the mapping has a JwksUri.\n", strings.TrimRight(c.Issuer, "/"))
	} else {
		lines.WriteString("The server itself must reach the issuer's /.well-known/openid-configuration.\n")
	}
	for _, known := range traps {
		if known.issuer.MatchString(c.Issuer) && known.subject.MatchString(c.Subject) {
			lines.WriteString(known.text + "\n")
		}
	}
	return lines.String()
}

// traps are properties of a platform's claims that break a mapping which was right once, or seems to be.
var traps = []struct {
	issuer, subject *pattern.Pattern
	text            string
}{
	{
		pattern.New(``), pattern.New(`^repo:[^/:]+@[0-9]+/[^/:]+@[0-9]+:`),
		"This sub has GitHub's immutable form, repo:OWNER@ID/REPO@ID:…, which repositories created, renamed or\n" +
			"transferred since 15 July 2026 have: an IdMatch that was written for repo:OWNER/REPO:… does not fit it.",
	},
	{
		pattern.New(``), pattern.New(`:workspace:[^:]*:run_phase:(plan|apply)$`),
		"The sub of HCP Terraform ends with run_phase:plan in a plan and with run_phase:apply in an apply: IdMatch must\n" +
			"fit both.",
	},
	{
		pattern.New(`^https://vstoken\.dev\.azure\.com/`), pattern.New(``),
		"Azure DevOps retires this issuer on 1 July 2027: a service connection that is converted to the issuer of\n" +
			"Microsoft Entra has another iss and another sub, and needs a mapping of its own.",
	},
}
