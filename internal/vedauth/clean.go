package vedauth

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const (
	maxDescription = 300 // runes of server text that are worth showing
	shortSecret    = 6   // shorter ones occur inside ordinary words
)

// tokenShape is what vedauth's tokens look like: 16 bytes in base64. Servers quote them in some refusals.
var tokenShape = regexp.MustCompile(`[A-Za-z0-9+/_-]{22}(==|%3D%3D)`)

// clean makes text from outside fit to be shown: one line, of bounded length, without any of the secrets in the forms
// that a server or proxy may echo them in, and without anything that looks like a token.
func clean(text string, secrets []secret.String) string {
	for _, form := range echoForms(secrets) {
		if len(form) >= shortSecret {
			text = strings.ReplaceAll(text, form, secret.Redacted)
			continue
		}
		text = replaceWord(text, form)
	}
	text = tokenShape.ReplaceAllString(text, secret.Redacted)
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(text); len(runes) > maxDescription {
		text = string(runes[:maxDescription]) + "…"
	}
	return text
}

// echoForms lists the secrets as they are and as JSON, URL, HTML and base64 write them, the longest first, so that no
// form is cut by a shorter one inside it.
func echoForms(secrets []secret.String) []string {
	var forms []string
	for _, s := range secrets {
		value := s.Reveal()
		if value == "" {
			continue
		}
		quoted, _ := json.Marshal(value)
		forms = append(forms, value, string(quoted[1:len(quoted)-1]), url.QueryEscape(value), url.PathEscape(value),
			html.EscapeString(value), base64.StdEncoding.EncodeToString([]byte(value)))
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(forms)
}

// replaceWord redacts form where it stands as a word of its own.
func replaceWord(text, form string) string {
	isWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	var out strings.Builder
	for rest, before := text, ' '; ; {
		i := strings.Index(rest, form)
		if i < 0 {
			out.WriteString(rest)
			return out.String()
		}
		after := rest[i+len(form):]
		if i > 0 {
			before = lastRune(rest[:i])
		}
		out.WriteString(rest[:i])
		if isWord(before) || isWord(firstRune(after)) {
			out.WriteString(form)
		} else {
			out.WriteString(secret.Redacted)
		}
		rest, before = after, lastRune(form)
	}
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return ' '
}

func lastRune(s string) rune {
	runes := []rune(s)
	if len(runes) == 0 {
		return ' '
	}
	return runes[len(runes)-1]
}
