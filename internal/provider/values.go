package provider

import (
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// values are the attributes of one block or nested attribute, by name.
type values map[string]tftypes.Value

// readValues takes an object apart. It returns nil for a null object; known is false for an unknown one.
func readValues(raw tftypes.Value) (attributes values, known bool) {
	if !raw.IsKnown() {
		return nil, false
	}
	if raw.IsNull() {
		return nil, true
	}
	fields := map[string]tftypes.Value{}
	if raw.As(&fields) != nil {
		return nil, true // not an object: the schema rules that out
	}
	return fields, true
}

// given reports whether any of the attributes has a value, known or not.
func (v values) given(attributes []attribute) bool {
	for _, a := range attributes {
		if value, ok := v[a.name]; ok && !value.IsNull() {
			return true
		}
	}
	return false
}

// text returns a known string, or empty.
func (v values) text(name string) string {
	var s string
	if value, ok := v[name]; ok && value.IsKnown() && !value.IsNull() && value.As(&s) == nil {
		return s
	}
	return ""
}

// integer returns a known whole number and whether there is one.
func (v values) integer(name string) (int64, bool) {
	var n big.Float
	if value, ok := v[name]; ok && value.IsKnown() && !value.IsNull() && value.As(&n) == nil {
		i, _ := n.Int64()
		return i, true
	}
	return 0, false
}

// texts returns the strings of a known list, or nil.
func (v values) texts(name string) []string {
	var list []tftypes.Value
	if value, ok := v[name]; !ok || !value.IsFullyKnown() || value.IsNull() || value.As(&list) != nil {
		return nil
	}
	all := make([]string, len(list))
	for i, value := range list {
		if value.As(&all[i]) != nil {
			return nil
		}
	}
	return all
}

// flag returns a known boolean, or fallback.
func (v values) flag(name string, fallback bool) bool {
	var b bool
	if value, ok := v[name]; ok && value.IsKnown() && !value.IsNull() && value.As(&b) == nil {
		return b
	}
	return fallback
}

// unknown returns the name of the first of the attributes whose value is not known, or empty.
func (v values) unknown(attributes []attribute) string {
	for _, a := range attributes {
		if value, ok := v[a.name]; ok && !value.IsFullyKnown() {
			return a.name
		}
	}
	return ""
}

// isNull reports whether an attribute is not configured.
func (v values) isNull(name string) bool {
	value, ok := v[name]
	return !ok || value.IsNull()
}

// The forms in which results are written back.

func textValue(s *string) tftypes.Value   { return tftypes.NewValue(tftypes.String, s) }
func integerValue(n *int64) tftypes.Value { return tftypes.NewValue(tftypes.Number, n) }
func flagValue(b *bool) tftypes.Value     { return tftypes.NewValue(tftypes.Bool, b) }
