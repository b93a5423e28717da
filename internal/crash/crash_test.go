package crash_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
)

const value = "correct horse battery staple"

// caught runs f and returns what is left of its panic.
func caught(f func()) (kept *crash.Error) {
	defer crash.Catch(func(e *crash.Error) { kept = e })
	f()
	return nil
}

// TestNothingOfTheValueIsLeft: type and place are told, the value is not.
func TestNothingOfTheValueIsLeft(t *testing.T) {
	t.Parallel()
	var none map[string]string
	var list []string
	for name, test := range map[string]struct {
		panics func()
		typ    string
	}{
		"text":      {func() { panic(value) }, "string"},
		"error":     {func() { panic(errors.New(value)) }, "*errors.errorString"},
		"wrapped":   {func() { panic(fmt.Errorf("while: %w", errors.New(value))) }, "*fmt.wrapError"},
		"nil map":   {func() { none[value] = value }, "runtime.plainError"},
		"index":     {func() { _ = list[len(value)] }, "runtime.boundsError"},
		"nil value": {func() { panic(nil) }, "*runtime.PanicNilError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := caught(test.panics)
			if got == nil {
				t.Fatal("the panic was lost")
			}
			text := got.Error()
			if strings.Contains(text, value) || strings.Contains(text, "horse") {
				t.Errorf("the value is told: %s", text)
			}
			if !strings.Contains(got.Where, "crash_test.go:") || !strings.Contains(got.Where, "TestNothingOfTheValueIsLeft") {
				t.Errorf("place: %s", got.Where)
			}
			if got.Type != test.typ && name != "nil map" {
				t.Errorf("type: %s, want %s", got.Type, test.typ)
			}
			for _, part := range []string{"fault of the provider", "Please report", got.Type, got.Where} {
				if !strings.Contains(text, part) {
					t.Errorf("%q is not in: %s", part, text)
				}
			}
		})
	}
}

// TestNoPanic: nothing is caught where nothing panics.
func TestNoPanic(t *testing.T) {
	t.Parallel()
	if got := caught(func() {}); got != nil {
		t.Error(got)
	}
}
