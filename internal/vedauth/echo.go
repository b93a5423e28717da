package vedauth

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// echoForms lists the secrets as they are and as JSON, URL, HTML, base64 and hexadecimal write them, the longest first,
// so that no form is cut by a shorter one inside it.
func echoForms(secrets []secret.String) []string {
	var forms []string
	for _, s := range secrets {
		value := s.Reveal()
		if value == "" {
			continue
		}
		quoted, _ := json.Marshal(value)
		query, path := url.QueryEscape(value), url.PathEscape(value)
		inHex := hex.EncodeToString([]byte(value))
		forms = append(forms, value, string(quoted[1:len(quoted)-1]), query, path, lowerHex(query), lowerHex(path),
			html.EscapeString(value), inHex, strings.ToUpper(inHex))
		forms = append(forms, base64Forms(value)...)
	}
	slices.SortFunc(forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(forms)
}

var percentEscape = pattern.New(`%[0-9A-F]{2}`)

// lowerHex writes the escapes of a URL with small letters, as .NET does.
func lowerHex(escaped string) string {
	return percentEscape.Regexp().ReplaceAllStringFunc(escaped, strings.ToLower)
}

// base64Forms lists value in both alphabets of base64, also where it does not stand at the beginning of what was
// encoded, as in "user:password": for each of the three places in a group of bytes, the letters that only value decides.
func base64Forms(value string) []string {
	var forms []string
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		forms = append(forms, encoding.EncodeToString([]byte(value)))
		for shift := range 3 {
			encoded := encoding.EncodeToString(append(make([]byte, shift), value...))
			first, end := (shift*8+5)/6, (shift+len(value))*8/6
			if end-first >= cutSecret {
				forms = append(forms, encoded[first:end])
			}
		}
	}
	return forms
}
