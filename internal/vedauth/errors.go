package vedauth

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Kind is how a request failed, as far as it matters for what may be done next.
type Kind int

// The kinds.
const (
	// Unreachable: no connection was made, so nothing was sent.
	Unreachable Kind = iota + 1
	// Refused: the server said no (400, 401, 403). The same request gets the same answer.
	Refused
	// Busy: the server, or what stands before it, said that it cannot now (429, 503, or a 500 that asks to rerun). It
	// changed nothing.
	Busy
	// Ambiguous: the request was sent and no usable answer came. It may have been carried out.
	Ambiguous
	// Unexpected: an answer that vedauth does not give, such as a redirect or a web page.
	Unexpected
	// Canceled: the caller gave up before anything was sent.
	Canceled
)

// Error is every failure of a request to vedauth. It holds no secret: the server's words have been cleaned of what the
// request held and of everything that looks like a token.
type Error struct {
	// Endpoint is the call that failed.
	Endpoint refusal.Endpoint
	// Method and URL are what was asked.
	Method, URL string
	// Kind is how it failed.
	Kind Kind
	// Status is the HTTP status, 0 if no answer came.
	Status int
	// Code is the JSON "error".
	Code string
	// Description is the server's own text, from the JSON body, the reason phrase or the title of a web page.
	Description string
	// Row explains a refusal; of other kinds it is empty.
	Row refusal.Row
	// Page is set if the answer was a web page.
	Page bool
	// Attempts is how many times the request was tried.
	Attempts int
	// Grant is what could be read of a grant that the server made although the answer was of no use, or nil. It is
	// live: whoever gets it must revoke it.
	Grant *Token

	problem string // what is wrong, where the server did not say
	next    string // what to do, where no row says
}

// Error gives the whole failure in one line.
func (e *Error) Error() string {
	parts := []string{e.Asked() + ": " + e.Said()}
	for _, part := range []string{e.Cause(), e.Next()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// Asked says what was asked, such as "POST https://tpp.example.com/vedauth/Authorize/OAuth".
func (e *Error) Asked() string { return e.Method + " " + e.URL }

// Said is a sentence with what the server said, or what happened instead.
func (e *Error) Said() string {
	said := e.problem
	if e.Status != 0 {
		said = fmt.Sprintf("the answer was %d %s", e.Status, strings.TrimSpace(e.Code))
		said = strings.TrimSpace(said)
		switch {
		case e.Page && e.Description != "":
			said += fmt.Sprintf(", a web page titled %q", e.Description)
		case e.Page:
			said += ", a web page"
		case e.Description != "":
			said += fmt.Sprintf(", %q", e.Description)
		case e.Code == "" && http.StatusText(e.Status) != "":
			said += " (" + http.StatusText(e.Status) + ")"
		}
		if e.problem != "" {
			said += "; " + e.problem
		}
	}
	if e.Attempts > 1 {
		said += fmt.Sprintf(" (after %d attempts)", e.Attempts)
	}
	return said + "."
}

// Cause is a sentence that says why a server answers so, or empty if the answer says it all.
func (e *Error) Cause() string { return e.Row.Cause }

// Next is what to do, in the imperative.
func (e *Error) Next() string {
	if e.next != "" {
		return e.next
	}
	return e.Row.Next
}

// refuse makes the error for a status that says no.
func refuse(e *Error, answer *answer) *Error {
	e.Kind = Refused
	if e.Page = answer.isPage(); e.Page {
		e.next = "This page comes from IIS or a proxy in front of vedauth, not from vedauth. Look for the status in their logs, and check that url leads to vedauth without a login page in between."
		return e
	}
	// By the words as they came: in those that are shown, a password like "combination" has left a hole.
	e.Row = refusal.Lookup(e.Endpoint, answer.status, answer.oauth.Error, answer.oauth.Description, answer.reason)
	return e
}

// explainUnexpected gives each answer that vedauth itself does not give a text of its own.
func explainUnexpected(e *Error, answer *answer, secrets []secret.String) *Error {
	e.Kind, e.Page = Unexpected, answer.isPage()
	switch status := answer.status; {
	case status >= 300 && status < 400:
		e.problem = "a redirect" + answer.redirectHost(secrets) + ", which is not followed because the request holds credentials"
		e.next = "Set url to the address of the server itself, with https:// and the right host."
	case status == http.StatusNotFound:
		e.problem = "there is no vedauth at this address"
		e.next = "Check host and port in url, and that the vedauth component is installed and running on that server."
	case status == http.StatusMethodNotAllowed:
		e.problem = "the address does not take this kind of request"
		e.next = "Check that url leads to vedauth and not to another application on the same host."
	case status == http.StatusRequestEntityTooLarge:
		e.problem = "the server found the request too large"
		e.next = "On IIS, raise uploadReadAheadSize for the vedauth application, or let it ask for client certificates in the first handshake."
	case status == http.StatusOK && e.Page:
		e.problem = "not the JSON that vedauth sends"
		e.next = "A login page or proxy stands in front of the server. Check url, and that the path /vedauth is reachable without a browser login."
	default:
		e.problem = "vedauth does not answer so"
		e.next = "Check that url leads to vedauth, and look in the logs of the server and of any proxy in front of it."
	}
	return e
}

// oauthError is the JSON body of an error.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func parseOAuthError(body []byte) oauthError {
	var parsed oauthError
	if json.Unmarshal(body, &parsed) != nil {
		return oauthError{}
	}
	return parsed
}

// words picks the server's own words, as they came.
func (a *answer) words() string {
	switch {
	case a.oauth.Description != "":
		return a.oauth.Description
	case a.isPage():
		return parseTitle(a.body)
	case a.reason != http.StatusText(a.status):
		return a.reason
	default:
		return ""
	}
}

var pageTitle = pattern.New(`(?is)<title[^>]*>(.*?)</title>`)

// parseTitle returns the title of a web page as plain text.
func parseTitle(body []byte) string {
	if match := pageTitle.Regexp().FindSubmatch(body); match != nil {
		return html.UnescapeString(string(match[1]))
	}
	return ""
}
