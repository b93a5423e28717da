// Package refusal is the one table of what vedauth answers when it says no: the words of the server in each of its
// dialects, what causes them and what to do next.
//
// The client explains an answer with it, the fake server answers from it, and the troubleshooting page is printed
// from it, so that the three cannot drift apart. It is data and a lookup; it imports nothing of the project.
//
// Sources: the vendor's pages Authorize/OAuth, /Certificate, /Integrated, /Jwt and /Token, Verify, Revoke, and answers
// of real servers published in the issues of the vendor's own clients.
package refusal

import "strings"

// Endpoint names a vedauth call as its path below /vedauth, in lower case.
type Endpoint string

// The calls that can be refused.
const (
	OAuth       Endpoint = "authorize/oauth"
	Certificate Endpoint = "authorize/certificate"
	Integrated  Endpoint = "authorize/integrated"
	JWT         Endpoint = "authorize/jwt"
	Device      Endpoint = "authorize/device"
	Token       Endpoint = "authorize/token"
	Verify      Endpoint = "authorize/verify"
	Revoke      Endpoint = "revoke/token"
)

// Class says what kind of thing was refused, for code that must decide and not only explain.
type Class string

// The classes.
const (
	// Credentials: the password, certificate, ticket or JWT itself. Sending it again counts as another failed logon.
	Credentials Class = "credentials"
	// Client: client_id or the API integration behind it.
	Client Class = "client"
	// Scope: the scope asked for.
	Scope Class = "scope"
	// Permission: the identity is known but may not use the integration.
	Permission Class = "permission"
	// Disabled: the server does not offer this way of asking.
	Disabled Class = "disabled"
	// Grant: a refresh token or device code that is spent, expired or unknown.
	Grant Class = "grant"
	// Bearer: an access token that is spent, expired or unknown.
	Bearer Class = "bearer"
	// Pending: not a refusal yet; the device flow asks to wait.
	Pending Class = "pending"
	// Unknown: the server did not say.
	Unknown Class = "unknown"
)

// Dialect is a generation of wording.
type Dialect string

// The dialects. Legacy servers put their text in the reason phrase, with 401 and 403 where modern ones say 400 and
// a JSON body {"error", "error_description"}.
const (
	Modern Dialect = "modern"
	Legacy Dialect = "legacy"
)

// Answer is one way in which a server words a refusal.
type Answer struct {
	Dialect Dialect
	Status  int
	// Code is the JSON "error"; empty where that dialect has none.
	Code string
	// Text is the JSON "error_description" or the reason phrase; empty where the server sends none. What varies from
	// answer to answer stands in square brackets: [error].
	Text string
}

// Row is one refusal.
type Row struct {
	// ID is stable and unique: tests and the troubleshooting page refer to it.
	ID        string
	Endpoints []Endpoint
	Answers   []Answer
	Class     Class
	// Cause is a sentence: why a server answers so.
	Cause string
	// Next is what the reader should do, in the imperative.
	Next string
}

// Lookup finds the row for an answer: first by a known text in the description or the reason phrase (the most
// telling, and the longest one wins), then by code, then by status alone. The last row of an endpoint fits every answer, so
// a row is always found.
func Lookup(endpoint Endpoint, status int, code, description, reason string) Row {
	texts := []string{strings.ToLower(description), strings.ToLower(reason)}
	best, longest := -1, 0
	for i, row := range Table {
		if !row.has(endpoint) {
			continue
		}
		for _, answer := range row.Answers {
			text := answer.fixedText()
			if len(text) > longest && (strings.Contains(texts[0], text) || strings.Contains(texts[1], text)) {
				best, longest = i, len(text)
			}
		}
	}
	if best >= 0 {
		return Table[best]
	}
	return lookupPlain(endpoint, status, code)
}

func lookupPlain(endpoint Endpoint, status int, code string) Row {
	for _, byCode := range []bool{true, false} {
		for _, row := range Table {
			if !row.has(endpoint) {
				continue
			}
			for _, answer := range row.Answers {
				if answer.Text != "" {
					continue
				}
				if byCode && code != "" && answer.Code == code || !byCode && answer.Code == "" && answer.Status == status {
					return row
				}
			}
		}
	}
	return fallback
}

// ByID returns the row with that ID.
func ByID(id string) (Row, bool) {
	for _, row := range Table {
		if row.ID == id {
			return row, true
		}
	}
	return Row{}, false
}

// In returns the row's answers in one dialect.
func (r Row) In(dialect Dialect) []Answer {
	var answers []Answer
	for _, answer := range r.Answers {
		if answer.Dialect == dialect {
			answers = append(answers, answer)
		}
	}
	return answers
}

func (r Row) has(endpoint Endpoint) bool {
	for _, e := range r.Endpoints {
		if e == endpoint {
			return true
		}
	}
	return false
}

// fixedText is the longest part of the text that does not vary, in lower case.
func (a Answer) fixedText() string {
	longest := ""
	for _, part := range strings.FieldsFunc(a.Text, func(r rune) bool { return r == '[' || r == ']' }) {
		inBrackets := strings.Contains(a.Text, "["+part+"]")
		if part = strings.TrimSpace(part); !inBrackets && len(part) > len(longest) {
			longest = part
		}
	}
	return strings.ToLower(longest)
}
