package fakevedauth

import (
	"net/http"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// refuse answers with a row of the table in the server's dialect. prefer picks among several answers of the row by a
// part of the text; fill replaces what stands in square brackets, as pairs of name and value.
func (s *Server) refuse(rowID, prefer string, fill ...string) reply {
	row, ok := refusal.ByID(rowID)
	if !ok {
		return htmlReply(http.StatusInternalServerError, "fakevedauth: the table of refusals has no row "+rowID)
	}
	return refusalReply(pickAnswer(row, s.options.dialect(), prefer), s.options.Carrier, fill)
}

// pickAnswer returns the row's answer in a dialect; a row that has none in it answers in the other one.
func pickAnswer(row refusal.Row, dialect refusal.Dialect, prefer string) refusal.Answer {
	answers := row.In(dialect)
	if len(answers) == 0 {
		answers = row.Answers
	}
	for _, answer := range answers {
		if prefer != "" && strings.Contains(answer.Text, prefer) {
			return answer
		}
	}
	return answers[0]
}

// errorBody is the OAuth error object.
type errorBody struct {
	Error       string `json:"error,omitempty"`
	Description string `json:"error_description,omitempty"`
}

// refusalReply puts an answer of the table on the wire.
func refusalReply(answer refusal.Answer, carrier Carrier, fill []string) reply {
	text := fillBrackets(answer.Text, fill)
	if carrier == AsTable {
		carrier = InBody
		if answer.Code == "" {
			carrier = InReason
		}
	}
	reason := text
	if reason == "" {
		reason = answer.Code
	}
	if carrier == InHTML {
		return htmlReply(answer.Status, statusTitle(answer.Status))
	}
	r := newReply(answer.Status)
	if carrier != InReason {
		r = jsonReply(answer.Status, errorBody{Error: answer.Code, Description: text}, true)
	}
	if carrier != InBody {
		r.reason = reason
	}
	return r
}

// fillBrackets replaces "[name]" by its value; names without one get a stand-in, so that no bracket is left over.
func fillBrackets(text string, fill []string) string {
	for i := 0; i+1 < len(fill); i += 2 {
		text = strings.ReplaceAll(text, "["+fill[i]+"]", fill[i+1])
	}
	return strings.NewReplacer(
		"[identity]", "local:somebody", "[error]", "Unspecified error", "[scope]", "'configuration:manage'",
	).Replace(text)
}

// statusTitle is the title of the IIS page for a status.
func statusTitle(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "401 - Unauthorized: Access is denied due to invalid credentials."
	case http.StatusForbidden:
		return "403 - Forbidden: Access is denied."
	case http.StatusNotFound:
		return "404 - File or directory not found."
	case http.StatusMethodNotAllowed:
		return "405 - HTTP verb used to access this page is not allowed."
	case http.StatusInternalServerError:
		return "500 - Internal server error."
	default:
		return http.StatusText(status)
	}
}
