package identity

import (
	"fmt"
	"strings"
	"time"
)

const (
	// skew is how far the clocks of this machine, the platform and the server may differ.
	skew = 60 * time.Second
	// short is a remaining life that may be over before the server looks at the token.
	short = 30 * time.Second
)

// readTimes checks exp, nbf and iat against now.
func (c *Claims) readTimes(claims object, now time.Time) error {
	now = now.UTC()
	if err := c.readExpiry(claims, now); err != nil {
		return err
	}
	for _, claim := range []struct{ name, early string }{
		{"nbf", "is not valid before a moment that is %s away"},
		{"iat", "was issued %s in the future"},
	} {
		at, ok := c.readDate(claims, claim.name)
		if ahead := at.Sub(now); ok && ahead > skew {
			return &Error{
				Problem: fmt.Sprintf("the JWT "+claim.early+" (%s)", words(ahead), moments(claim.name, at, now)),
				Next: "The clocks differ: set the clock of this machine, or of the platform that issues the tokens, by a time " +
					"server.",
			}
		}
	}
	return nil
}

func (c *Claims) readExpiry(claims object, now time.Time) error {
	at, ok := c.readDate(claims, "exp")
	if !ok {
		if claims.last("exp") == nil {
			c.warn("The JWT never expires (it has no exp); the server may refuse it.")
		}
		return nil
	}
	c.Expires = at
	left := at.Sub(now)
	switch {
	case left < -skew:
		return &Error{
			Problem: fmt.Sprintf("the JWT expired %s ago (%s)", words(left), moments("exp", at, now)),
			Next: "Get a new one for this step: a variable keeps the token that its job began with (GitLab: give the job a " +
				"longer timeout), a file must be rewritten, and github_actions and azure_devops ask for a new one each " +
				"time. If the clock of this machine is wrong, set it.",
		}
	case left <= 0:
		c.warn("The JWT expired %s ago (%s); the server may still take it.", words(left), moments("exp", at, now))
	case left < short:
		c.warn("The JWT expires in %s (%s).", words(left), moments("exp", at, now))
	}
	return nil
}

// readDate returns a claim that is a date, and warns of one that is unusual.
func (c *Claims) readDate(claims object, name string) (time.Time, bool) {
	found := claims.date(name)
	if found == nil {
		return time.Time{}, false
	}
	if found.problem != "" {
		c.warn("The JWT's %s %s; the server may refuse it.", name, found.problem)
	}
	return found.at, !found.at.IsZero()
}

func moments(claim string, at, now time.Time) string {
	return fmt.Sprintf("%s %s, this machine's clock says %s", claim, at.Format(time.RFC3339), now.Format(time.RFC3339))
}

// words writes a duration of either sign in its two largest units, as "3 minutes 12 seconds".
func words(d time.Duration) string {
	seconds := int(d.Abs().Round(time.Second) / time.Second)
	var parts []string
	for _, unit := range []struct {
		name   string
		length int
	}{{"day", 24 * 60 * 60}, {"hour", 60 * 60}, {"minute", 60}, {"second", 1}} {
		n := seconds / unit.length
		seconds %= unit.length
		if n > 0 {
			parts = append(parts, count(n, unit.name))
		} else if len(parts) > 0 {
			break
		}
		if len(parts) == 2 {
			break
		}
	}
	if len(parts) == 0 {
		return "less than a second"
	}
	return strings.Join(parts, " ")
}
