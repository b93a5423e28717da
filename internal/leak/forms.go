package leak

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
)

// encodings are the ways in which a secret can be written. Each gives one or more spellings; those that are equal to
// an earlier one of the same secret are dropped.
var encodings = []struct {
	form   string
	encode func(value string) []string
}{
	{"as it is", func(value string) []string { return []string{value} }},
	{"as JSON", jsonForms},
	{"as JSON in JSON", func(value string) []string {
		var forms []string
		for _, once := range jsonForms(value) {
			forms = append(forms, jsonForms(once)...)
		}
		return forms
	}},
	{"in a quoted string", func(value string) []string {
		return []string{inner(strconv.Quote(value)), inner(strconv.QuoteToASCII(value))}
	}},
	{"in a URL", urlForms},
	{"as base64", base64Forms},
	{"in hexadecimal", func(value string) []string {
		digits := hex.EncodeToString([]byte(value))
		return []string{digits, strings.ToUpper(digits)}
	}},
	{"as UTF-16", utf16Forms},
}

func needles(name, value string) []needle {
	var all []needle
	seen := map[string]bool{}
	for _, encoding := range encodings {
		for _, spelling := range encoding.encode(value) {
			if seen[spelling] {
				continue
			}
			seen[spelling] = true
			all = append(all, needle{secret: name, form: encoding.form, bytes: []byte(spelling)})
		}
	}
	if squeezed := squeeze([]byte(value)); len(squeezed) >= minimumLength {
		all = append(all, needle{secret: name, form: "wrapped into lines", bytes: squeezed, squeezed: true})
	}
	return all
}

// jsonForms are the insides of a JSON string, with and without the escapes for use inside HTML.
func jsonForms(value string) []string {
	var forms []string
	for _, escapeHTML := range []bool{true, false} {
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(escapeHTML)
		// A string always encodes.
		_ = encoder.Encode(value)
		forms = append(forms, inner(strings.TrimSuffix(buffer.String(), "\n")))
	}
	// Encoders in other languages also escape the slash.
	return append(forms, strings.ReplaceAll(forms[1], "/", `\/`))
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// urlForms are the spellings in a query and in a path, with upper and lower case digits.
func urlForms(value string) []string {
	var forms []string
	for _, escaped := range []string{
		url.QueryEscape(value), strings.ReplaceAll(url.QueryEscape(value), "+", "%20"), url.PathEscape(value),
	} {
		forms = append(forms, escaped, lowerEscapes(escaped))
	}
	return forms
}

// lowerEscapes turns %2B into %2b.
func lowerEscapes(escaped string) string {
	var text strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] == '%' && i+2 < len(escaped) {
			text.WriteString(strings.ToLower(escaped[i : i+3]))
			i += 2
			continue
		}
		text.WriteByte(escaped[i])
	}
	return text.String()
}

// base64Forms are the parts of a longer base64 text that depend on the secret alone, for each of the three places in
// a group of three bytes where it can begin: "user:password" in a basic authentication header is such a text.
func base64Forms(value string) []string {
	var forms []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			text := encoding.EncodeToString(append(make([]byte, before), value...))
			// The first characters depend on what stands before, the last on what follows.
			first := []int{0, 2, 3}[before]
			last := (before + len(value)) * 8 / 6
			forms = append(forms, text[first:last])
		}
	}
	return forms
}

// utf16Forms are both byte orders; Windows writes the first.
func utf16Forms(value string) []string {
	var little, big []byte
	for _, unit := range utf16.Encode([]rune(value)) {
		little = binary.LittleEndian.AppendUint16(little, unit)
		big = binary.BigEndian.AppendUint16(big, unit)
	}
	return []string{string(little), string(big)}
}

// squeeze removes what a program that wraps its messages puts between two parts of a word: white space, and the lines
// of the box around it.
func squeeze(data []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n', '│', '|':
			return -1
		}
		return r
	}, data)
}
