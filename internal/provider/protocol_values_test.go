package provider_test

import (
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// unknown stands for a value that is known only after apply.
type unknown struct{}

// value encodes a block as Terraform does: every attribute of the type is there, those that are not given are null.
func (b *bench) value(typ tftypes.Type, given any) *tfprotov6.DynamicValue {
	b.t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(typ, b.build(typ, given))
	if err != nil {
		b.t.Fatal(err)
	}
	return &encoded
}

func (b *bench) build(typ tftypes.Type, given any) tftypes.Value {
	b.t.Helper()
	switch given := given.(type) {
	case unknown:
		return tftypes.NewValue(typ, tftypes.UnknownValue)
	case config:
		object, ok := typ.(tftypes.Object)
		if !ok {
			b.t.Fatalf("a block was given for %s", typ)
		}
		attributes := map[string]tftypes.Value{}
		for name, attribute := range object.AttributeTypes {
			attributes[name] = b.build(attribute, given[name])
		}
		for name := range given {
			if _, ok := attributes[name]; !ok {
				b.t.Fatalf("there is no attribute %q", name)
			}
		}
		return tftypes.NewValue(typ, attributes)
	case []string:
		list := []tftypes.Value{}
		for _, text := range given {
			list = append(list, tftypes.NewValue(tftypes.String, text))
		}
		return tftypes.NewValue(typ, list)
	case []any: // texts, of which some are null
		list := []tftypes.Value{}
		for _, text := range given {
			list = append(list, tftypes.NewValue(tftypes.String, text))
		}
		return tftypes.NewValue(typ, list)
	case int:
		return tftypes.NewValue(typ, big.NewFloat(float64(given)))
	default: // a string, a bool or nil
		return tftypes.NewValue(typ, given)
	}
}

// plain decodes a result. Numbers are int64, and what is null is nil.
func (b *bench) plain(typ tftypes.Type, encoded *tfprotov6.DynamicValue) map[string]any {
	b.t.Helper()
	value, err := encoded.Unmarshal(typ)
	if err != nil {
		b.t.Fatal(err)
	}
	if !value.IsFullyKnown() {
		b.t.Errorf("a result is not wholly known: %s", value)
	}
	result, ok := b.decode(value).(map[string]any)
	if !ok {
		b.t.Fatalf("the result is no object: %s", value)
	}
	return result
}

func (b *bench) decode(value tftypes.Value) any {
	b.t.Helper()
	if value.IsNull() || !value.IsKnown() {
		return nil
	}
	var (
		text   string
		number big.Float
		flag   bool
		fields map[string]tftypes.Value
		list   []tftypes.Value
	)
	switch {
	case value.As(&text) == nil:
		return text
	case value.As(&number) == nil:
		n, exact := number.Int64()
		if exact != big.Exact {
			b.t.Errorf("%s is not a whole number", number.String())
		}
		return n
	case value.As(&flag) == nil:
		return flag
	case value.As(&fields) == nil:
		result := map[string]any{}
		for name, field := range fields {
			result[name] = b.decode(field)
		}
		return result
	case value.As(&list) == nil:
		var texts []string
		for _, element := range list {
			text, _ := b.decode(element).(string)
			texts = append(texts, text)
		}
		slices.Sort(texts)
		return strings.Join(texts, " ")
	}
	b.t.Fatalf("cannot decode %s", value)
	return nil
}

// diagnostics are what a call said.
type diagnostics []*tfprotov6.Diagnostic

func (d diagnostics) errors() diagnostics   { return d.of(tfprotov6.DiagnosticSeverityError) }
func (d diagnostics) warnings() diagnostics { return d.of(tfprotov6.DiagnosticSeverityWarning) }

func (d diagnostics) of(severity tfprotov6.DiagnosticSeverity) diagnostics {
	var found diagnostics
	for _, one := range d {
		if one.Severity == severity {
			found = append(found, one)
		}
	}
	return found
}

// String shows each with its place.
func (d diagnostics) String() string {
	var lines []string
	for _, one := range d {
		lines = append(lines, one.Severity.String()+" at "+place(one)+": "+one.Summary+"\n"+one.Detail)
	}
	return strings.Join(lines, "\n")
}

// place is the attribute that a diagnostic stands on, as in "oauth.username", or empty.
func place(d *tfprotov6.Diagnostic) string {
	var names []string
	if d.Attribute != nil {
		for _, step := range d.Attribute.Steps() {
			if name, ok := step.(tftypes.AttributeName); ok {
				names = append(names, string(name))
			}
		}
	}
	return strings.Join(names, ".")
}

// must fails the test if there is any diagnostic.
func (b *bench) must(d diagnostics) {
	b.t.Helper()
	if len(d) > 0 {
		b.t.Errorf("unexpected: %s", d)
	}
}

// wantError expects exactly one error, at a place, whose text holds all of texts.
func (b *bench) wantError(d diagnostics, where string, texts ...string) {
	b.t.Helper()
	if len(d.errors()) != 1 {
		b.t.Errorf("%d errors, want one at %q: %s", len(d.errors()), where, d)
		return
	}
	b.wantText(d.errors()[0], where, texts...)
}

// wantWarning expects one warning, no error, and a text that holds all of texts.
func (b *bench) wantWarning(d diagnostics, texts ...string) {
	b.t.Helper()
	if len(d) != 1 || len(d.warnings()) != 1 {
		b.t.Errorf("want a single warning, got: %s", d)
		return
	}
	b.wantText(d[0], "", texts...)
}

func (b *bench) wantText(d *tfprotov6.Diagnostic, where string, texts ...string) {
	b.t.Helper()
	if got := place(d); got != where {
		b.t.Errorf("the diagnostic stands on %q, want %q: %s", got, where, diagnostics{d})
	}
	for _, text := range texts {
		if !strings.Contains(d.Summary+"\n"+d.Detail, text) {
			b.t.Errorf("%q is not in: %s", text, diagnostics{d})
		}
	}
}
