package matrix

import (
	"fmt"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// phrase says an outcome in a few words.
func phrase(c Cell, o Outcome) string {
	parts := []string{ending(c, o)}
	f := c.Fault
	switch {
	case o.Left && c.Call != Spend && c.Call != Keep:
		parts = append(parts, "a grant is left that nobody can revoke")
	case f.Class == Unclear && f.Readable && (c.Call == Token || c.Call == Poll):
		parts = append(parts, "the grant is revoked")
	case f.Class == Unclear && c.Call == Token:
		parts = append(parts, "the message says that a grant may exist")
	}
	switch {
	case c.Call != Spend && c.Call != Keep || o.End == Works:
	case o.Recovers && o.End == Fails:
		parts = append(parts, "the stored token stays good")
	case o.Recovers:
		parts = append(parts, "the new token is kept")
	default:
		parts = append(parts, "a new grant is needed")
	}
	if o.End == Warns && c.InClose() && !o.Left {
		parts = append(parts, "tried again on the way out")
	}
	return strings.Join(parts, "; ")
}

func ending(c Cell, o Outcome) string {
	switch requests := requests(c, o); {
	case o.End == Works && c.Call == Verify && c.Fault.Class == Refused:
		return "`valid` is `false`"
	case o.End == Works && c.Call == Renew && c.Fault.Row.Class == refusal.Grant:
		return "works: the grant is gone already"
	case c.Call == Logon && o.End == Warns:
		return "works by NTLM, with a warning"
	case c.Call == Logon && o.End == Fails:
		return "error, after one proof of the password at most; vedauth is asked for nothing"
	case c.Call == Logon:
		return "works"
	case o.End == Works && o.Max == 1:
		return "works"
	case o.End == Works:
		return "works, " + requests
	case o.End == Warns:
		return "warning, " + requests
	default:
		return "error, " + requests
	}
}

func requests(c Cell, o Outcome) string {
	switch {
	case o.Max == 0:
		return "without a request"
	case o.Max == 1:
		return "after one request"
	case c.Call == Poll && o.Max == pollsUntilTheEnd() && o.Min == o.Max:
		return "when the code has ended"
	case c.Call == Poll && o.Min != o.Max:
		return "at the latest when the code has ended"
	case o.Min != o.Max:
		return fmt.Sprintf("after %d or %d requests", o.Min, o.Max)
	default:
		return fmt.Sprintf("after %d requests", o.Max)
	}
}
