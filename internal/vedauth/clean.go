package vedauth

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const (
	maxText        = 1024 // bytes of outside text that are looked at
	maxDescription = 300  // runes of it that are worth showing
	shortSecret    = 6    // shorter ones occur inside ordinary words
	cutSecret      = 4    // so much of a secret's beginning, at the end of a text, is a secret that was cut off there
	partOfSecret   = 12   // so much in common with a secret is no accident
)

// withheld stands in place of a text that quotes a secret in a way that cannot be cut out of it.
const withheld = "(withheld, because it quotes a secret)"

// tokenShape is what vedauth's tokens look like: 16 bytes in base64. Servers quote them in some refusals.
var tokenShape = pattern.New(`(?:[A-Za-z0-9+/_-]|%2[BbFf]|\\/|\\u002[BbFf]){22,}(?:==|(?:%3[Dd]){2}|(?:\\u003[Dd]){2})`)

// clean makes text from outside fit to be shown: valid UTF-8 in one line, of bounded length, without any of the secrets
// in the forms that a server or proxy may echo them in, without longer parts of them, and without anything that looks
// like a token. A text that still holds a secret, written in a way that nobody thought of, is withheld as a whole.
func clean(text string, secrets []secret.String) string {
	text = text[:min(len(text), maxText)]
	forms := echoForms(secrets)
	for _, form := range forms {
		if len(form) >= shortSecret {
			text = strings.ReplaceAll(text, form, secret.Redacted)
			continue
		}
		text = replaceWord(text, form)
	}
	for _, form := range forms {
		text = replaceParts(text, form)
	}
	text = strings.ToValidUTF8(text, "\uFFFD") // only now: what was cut out may have left half a letter
	text = tokenShape.Regexp().ReplaceAllString(text, secret.Redacted)
	text = strings.Join(strings.FieldsFunc(text, unfit), " ")
	if echoes(text, secrets) {
		return withheld
	}
	if runes := []rune(text); len(runes) > maxDescription {
		text = string(runes[:maxDescription]) + "…"
	}
	return text
}

// unfit tells the characters that have no place in a line: blanks, controls, and marks that change what is seen.
func unfit(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

// replaceWord redacts form where it stands as a word of its own.
func replaceWord(text, form string) string {
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

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return ' '
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s) // of the empty string a mark that is no letter either
	return r
}

// replaceParts redacts the parts of form that are left when whole forms are gone: a server that shortens its text may
// have cut it in the middle of a secret. Long parts count anywhere, short ones only as the last word of the text.
func replaceParts(text, form string) string {
	var out strings.Builder
	end := len(strings.TrimRight(text, " .…'\"`)]}>"))
	for i := 0; i < len(text); {
		n := commonPart(text[i:], form)
		if n == 0 && end-i >= cutSecret && end-i <= len(form) && strings.HasPrefix(form, text[i:end]) &&
			!isWord(lastRune(text[:i])) {
			n = end - i
		}
		if n == 0 {
			out.WriteByte(text[i])
			i++
			continue
		}
		out.WriteString(secret.Redacted)
		i += n
	}
	return out.String()
}

// commonPart is the length of the part of form that text begins with, or 0 if it is too short to be no accident.
func commonPart(text, form string) int {
	n := partOfSecret
	if len(text) < n || !strings.Contains(form, text[:n]) {
		return 0
	}
	for n < len(text) && strings.Contains(form, text[:n+1]) {
		n++
	}
	return n
}

// echoes reports whether text still holds a secret, or the first part of one, when case, blanks and every kind of escape
// are left out of account.
func echoes(text string, secrets []secret.String) bool {
	bare := canonical(text)
	for _, s := range secrets {
		value := canonical(s.Reveal())
		if len(value) >= shortSecret && strings.Contains(bare, value[:min(len(value), 2*partOfSecret)]) {
			return true
		}
	}
	return false
}

var escapes = pattern.New(`%[0-9A-Fa-f]{2}|\\[uU][0-9A-Fa-f]{4}|\\[xX][0-9A-Fa-f]{2}`)

// canonical undoes the escapes of URLs, JSON and HTML, as often as they were applied, and drops what may come or go
// on the way: case, blanks (also as +) and backslashes.
func canonical(text string) string {
	for range 8 {
		plain := escapes.Regexp().ReplaceAllStringFunc(html.UnescapeString(without(text, unfit)), unescape)
		if plain == text {
			break
		}
		text = plain
	}
	return strings.ToLower(without(text, func(r rune) bool { return unfit(r) || r == '+' || r == '\\' }))
}

// unescape turns %XX and \xXX into the byte, and \uXXXX into the character, that they stand for.
func unescape(escape string) string {
	digits := strings.TrimLeft(escape, `%\uUxX`)
	code, _ := strconv.ParseUint(digits, 16, 16)
	if len(digits) == 4 {
		return string(rune(code))
	}
	return string([]byte{byte(code)})
}

func without(text string, drop func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if drop(r) {
			return -1
		}
		return r
	}, text)
}
