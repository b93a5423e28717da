package identity

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// shownLength bounds a foreign text in a message, in characters.
const shownLength = 200

// show makes a text of somebody else's fit for a message: one line, no characters that steer a terminal or hide,
// and not too long.
func show(text string) string {
	if len(text) > 4*utf8.UTFMax*shownLength {
		text = text[:4*utf8.UTFMax*shownLength]
	}
	clean := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(clean); len(runes) > shownLength {
		clean = string(runes[:shownLength]) + "…"
	}
	return clean
}

// trim removes blanks, line breaks and a byte order mark from both ends.
func trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
}

// strip removes what people and shells put around a token: blanks, quotes, and the word Bearer.
func strip(text string) string {
	for {
		before := len(text)
		text = strings.Trim(trim(text), "\"'`")
		if len(text) > len("bearer ") && strings.EqualFold(text[:len("bearer")], "bearer") {
			if rest := text[len("bearer"):]; trim(rest[:1]) == "" {
				text = rest
			}
		}
		if len(text) == before {
			return text
		}
	}
}

// join removes the blanks and line breaks inside a token: mail programs and terminals wrap long lines.
func join(token string) string { return strings.Join(strings.Fields(token), "") }

// tokens counts the JWTs that stand in a text with blanks between them.
func tokens(text string) int {
	n := 0
	for _, field := range strings.Fields(text) {
		if strings.Count(field, ".") == 2 {
			n++
		}
	}
	return n
}

var reference = pattern.New(`^(\$|%[A-Za-z_][A-Za-z0-9_]*%$|\{\{)`)

// isReference tells a reference to a variable that nothing has replaced, in any of the usual notations:
// $NAME, ${NAME}, $(NAME), ${{ NAME }}, %NAME%, {{ NAME }}.
func isReference(text string) bool { return reference.MatchString(text) }

// isVedauthToken tells an access or refresh token of vedauth, which is 16 bytes in base64.
func isVedauthToken(text string) bool {
	raw, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(raw) == 16
}

// partOfSecret is the number of characters in common with a secret that is no accident.
const partOfSecret = 8

// quotes reports whether text has a part of a secret, as it is or in base64 or hexadecimal, in any case. Marks that show
// leaves out do not hide it.
func quotes(text string, of secret.String) bool {
	text = strings.ToLower(show(text))
	value := []byte(of.Reveal())
	for _, form := range []string{string(value), base64.StdEncoding.EncodeToString(value), hex.EncodeToString(value)} {
		form = strings.ToLower(form)
		for i := 0; i+partOfSecret <= len(form); i++ {
			if strings.Contains(text, form[i:i+partOfSecret]) {
				return true
			}
		}
	}
	return false
}

// looksLikeSecret tells a token or key that was put where a name or a path belongs, and must not be repeated.
func looksLikeSecret(text string) bool {
	text = strip(text)
	return strings.HasPrefix(text, "eyJ") && len(text) > 16 || isVedauthToken(text) || strings.Contains(text, "-----BEGIN")
}
