package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

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
	data, err := xml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(data)

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

func TestEqual(t *testing.T) {
	t.Parallel()
	if !secret.New(value).Equal(secret.New(value)) || secret.New(value).Equal(secret.New("x")) {
		t.Error("Equal does not compare the values")
	}
}
