package secret_test

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const value = "hunter2-Zq=="

type wrapper struct {
	Exported secret.String
	hidden   secret.String
	Pointer  *secret.String
	Slice    []secret.String
	Map      map[string]secret.String
}

// document is a wrapper in the forms that XML knows.
type document struct {
	Attribute secret.String `xml:"attribute,attr"`
	Element   secret.String
	List      []secret.String
}

// TestNoFormShowsTheValue prints a secret in every form that the standard library knows.
func TestNoFormShowsTheValue(t *testing.T) {
	t.Parallel()
	s := secret.New(value)
	w := wrapper{Exported: s, hidden: s, Pointer: &s, Slice: []secret.String{s}, Map: map[string]secret.String{"k": s}}

	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T"} {
		for _, v := range []any{s, &s, w, &w, []any{s}, errors.Join(fmt.Errorf("x %v", s))} {
			fmt.Fprintf(&printed, verb+"\n", v)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(handler).Info("m", "secret", s, "wrapper", w, "pointer", &s)
	}
	for _, v := range []any{s, &s, w, &w} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		printed.Write(data)
	}
	for _, v := range []any{s, &s, document{s, s, []secret.String{s}}} {
		data, err := xml.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		printed.Write(data)
	}
	if err := gob.NewEncoder(&printed).Encode(struct{ S secret.String }{s}); err != nil {
		t.Fatal(err)
	}
	for _, page := range []interface{ Execute(io.Writer, any) error }{
		template.Must(template.New("").Parse("{{.Exported}} {{.Map}} {{printf \"%#v\" .Pointer}}")),
		htmltemplate.Must(htmltemplate.New("").Parse(`<a title="{{.Exported}}"><script>x = {{.Slice}}</script>`)),
	} {
		if err := page.Execute(&printed, w); err != nil {
			t.Fatal(err)
		}
	}
	text, err := encoding.TextMarshaler(s).MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(text)
	printed.WriteString(strconv.Quote(s.String()) + errors.New(s.String()).Error() + fmt.Sprint(s, &s, w))

	forms := []string{value, "hunter2", fmt.Sprintf("%x", value), fmt.Sprintf("%X", value), fmt.Sprintf("%d", []byte(value))}
	for _, form := range forms {
		if strings.Contains(printed.String(), form) {
			t.Errorf("a printed form shows the secret as %q", form)
		}
	}
	if !strings.Contains(printed.String(), secret.Redacted) {
		t.Error("nothing was redacted: this test looked at the wrong text")
	}
}

func TestReveal(t *testing.T) {
	t.Parallel()
	if got := secret.New(value).Reveal(); got != value {
		t.Errorf("Reveal = %q", got)
	}
	var zero secret.String
	if zero.Reveal() != "" || !zero.Empty() || !secret.New("").Empty() || secret.New(value).Empty() {
		t.Error("the zero value is not the empty secret")
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	list := secret.Each(value, "")
	if len(list) != 2 || list[0].Reveal() != value || !list[1].Empty() || len(secret.Each()) != 0 {
		t.Error("Each does not wrap each")
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	if !secret.New(value).Equal(secret.New(value)) || secret.New(value).Equal(secret.New("x")) {
		t.Error("Equal does not compare the values")
	}
}
