package matrix_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// block is a block's attributes; those that are absent are null.
type block map[string]any

// encode writes a block as Terraform does: with every attribute of its type.
func encode(t *testing.T, typ tftypes.Type, b block) *tfprotov6.DynamicValue {
	t.Helper()
	value, err := tfprotov6.NewDynamicValue(typ, build(t, typ, b))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

func build(t *testing.T, typ tftypes.Type, given any) tftypes.Value {
	t.Helper()
	b, nested := given.(block)
	object, isObject := typ.(tftypes.Object)
	if !nested || !isObject {
		return tftypes.NewValue(typ, given)
	}
	fields := map[string]tftypes.Value{}
	for name, attribute := range object.AttributeTypes {
		fields[name] = build(t, attribute, b[name])
	}
	return tftypes.NewValue(typ, fields)
}

// accessToken reads the token from a result.
func accessToken(t *testing.T, typ tftypes.Type, result *tfprotov6.DynamicValue) string {
	t.Helper()
	value, err := result.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]tftypes.Value
	var token string
	if err := value.As(&fields); err != nil {
		t.Fatal(err)
	}
	if field := fields["access_token"]; field.IsNull() || field.As(&token) != nil {
		return ""
	}
	return token
}
