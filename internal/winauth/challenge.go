package winauth

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// challenges maps the schemes that a server offers, in lower case, to the token that comes with each.
type challenges map[string]string

// parseChallenges reads every WWW-Authenticate line, in any case, with one challenge on it or several.
func parseChallenges(header http.Header) challenges {
	found := challenges{}
	for _, line := range header.Values("WWW-Authenticate") {
		for _, part := range splitUnquoted(line) {
			scheme, token, _ := strings.Cut(part, " ")
			scheme = strings.ToLower(scheme)
			if scheme == "" || strings.Contains(scheme, "=") { // A parameter of the challenge before.
				continue
			}
			if found[scheme] == "" {
				found[scheme] = strings.TrimSpace(token)
			}
		}
	}
	return found
}

// splitUnquoted splits at commas that are not within quotes.
func splitUnquoted(line string) []string {
	var parts []string
	quoted, escaped, start := false, false, 0
	for i, r := range line {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case r == ',' && !quoted:
			parts = append(parts, strings.TrimSpace(line[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(line[start:]))
}

func (c challenges) has(scheme string) bool {
	_, found := c[scheme]
	return found
}

// token decodes the token of a scheme; nil if there is none.
func (c challenges) token(scheme string) []byte {
	token, err := base64.StdEncoding.DecodeString(c[scheme])
	if err != nil || len(token) == 0 {
		return nil
	}
	return token
}

// schemes lists what is offered, sorted.
func (c challenges) schemes() []string {
	var names []string
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
