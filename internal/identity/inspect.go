package identity

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Inspect decodes a JWT at time now, without verifying it, and returns what it says. Blanks, line breaks, quotes and
// the word Bearer around the token are not part of it: the result's Token is free of them.
//
// What is no JWT, is not signed, has expired, or is not valid yet is an *Error; a minute of difference between clocks
// is tolerated. What the server may or may not accept is a warning in the result.
func Inspect(token secret.String, now time.Time) (Claims, error) {
	text := token.Reveal()
	if problem, next := foreign(text); problem != "" {
		return Claims{}, &Error{Problem: problem, Next: next}
	}
	text = strip(text)
	if n := tokens(text); n > 1 {
		return Claims{}, &Error{
			Problem: fmt.Sprintf("the value holds %d tokens", n),
			Next:    "Pass on one of them; a file may have been appended to instead of rewritten.",
		}
	}
	text = join(text)
	parts := strings.Split(text, ".")
	if problem, next := shape(text, parts); problem != "" {
		return Claims{}, &Error{Problem: problem, Next: next}
	}
	header, err := decodePart("header", parts[0])
	if err != nil {
		return Claims{}, err
	}
	claims, err := decodePart("claims", parts[1])
	if err != nil {
		return Claims{}, err
	}
	result := Claims{Token: secret.New(text)}
	if err := result.readHeader(header, parts[2]); err != nil {
		return Claims{}, err
	}
	result.readNames(claims)
	if err := result.readTimes(claims, now); err != nil {
		return Claims{}, err
	}
	return result, nil
}

// foreign recognises what is not a JWT at all. The text itself is never part of the answer.
func foreign(raw string) (problem, next string) {
	text := strip(raw)
	switch {
	case text == "":
		return "the value is empty", "Check that the variable or secret it comes from is set in this job."
	case len(raw) > maxToken:
		return "the value has more than 1 MiB", "A JWT has a few kilobytes: this is something else."
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"), strings.ContainsRune(text, 0):
		return "the value is not plain text (it may be UTF-16)",
			"Write it as ASCII or UTF-8; in Windows PowerShell with \"Out-File -Encoding ascii\"."
	case strings.Contains(text, "-----BEGIN"):
		return "the value is a PEM block (a certificate or a key), not a JWT",
			"A certificate and its key belong to vedauth_certificate_token."
	case text[0] == '{' && !isReference(text), text[0] == '[':
		return "the value is JSON, not a JWT",
			"Pass only the token that is in it, for example with jq -r .value, and without its quotes."
	case isReference(text):
		return "the value is a reference to a variable that nothing has replaced",
			"Define the variable in this job; a CI system passes the name on as it stands when it does not know it. In " +
				"HCL, name an environment variable with jwt_env."
	case strings.HasPrefix(strings.ToLower(text), "file:"):
		return "the value begins with file:, so it names a file and is not a JWT", "Give the path in jwt_file."
	case isVedauthToken(text):
		return "the value looks like an access token or a refresh token of vedauth, not like a JWT",
			"A refresh token belongs to vedauth_refreshed_token, an access token straight into the provider that uses it."
	}
	return "", ""
}

// shape says what is wrong with the outline of a token, of which only lengths are told.
func shape(text string, parts []string) (problem, next string) {
	const whole = "Pass on the whole token, three parts with a dot between them, as the platform issued it."
	switch {
	case len(parts) == 5:
		return "the value has five parts: it is an encrypted JWT (JWE)",
			"Have the platform issue a signed JWT that is not encrypted."
	case strings.HasPrefix(text, "/"), strings.HasPrefix(text, "./"), strings.HasPrefix(text, "~/"):
		return "the value looks like a path, not like a JWT", "Give the path in jwt_file."
	case len(parts) != 3:
		return fmt.Sprintf("the value is not a JWT: it has %s and %s, and a JWT has two dots",
			count(utf8.RuneCountInString(text), "character"), count(len(parts)-1, "dot")), whole
	case parts[0] == "" || parts[1] == "":
		return "the value is not a JWT: a part of it is empty", whole
	}
	return "", ""
}

// decodePart decodes the header or the claims.
func decodePart(name, part string) (object, error) {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		problem := fmt.Sprintf("the value is not a JWT: its %s part is not base64url", name)
		if strings.ContainsAny(part, "+/=") {
			problem += ", but it could be plain base64"
		}
		return nil, &Error{Problem: problem, Next: "Pass the token on as the platform issued it, not encoded again."}
	}
	found, err := parseObject(raw)
	if err != nil {
		return nil, &Error{
			Problem: fmt.Sprintf("the value is not a JWT: its %s part %s", name, err),
			Next:    "Pass the token on as the platform issued it, whole and unchanged.",
		}
	}
	return found, nil
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
