package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

var (
	setOfText = tftypes.Set{ElementType: tftypes.String}
	scopeMap  = tftypes.Map{ElementType: setOfText}
)

// call calls a function and returns its result, decoded, or its error.
func (b *bench) call(name string, argument tftypes.Value, result tftypes.Type) (any, *tfprotov6.FunctionError) {
	b.t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(argument.Type(), argument)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.server.CallFunction(b.ctx, &tfprotov6.CallFunctionRequest{Name: name, Arguments: []*tfprotov6.DynamicValue{&encoded}})
	if err != nil {
		b.t.Fatal(err)
	}
	if resp.Error != nil {
		return nil, resp.Error
	}
	value, err := resp.Result.Unmarshal(result)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.decode(value), nil
}

// scopes makes the argument of scope. The privileges are separated by blanks; "null" is a null set, "-" a null name.
func scopes(from map[string]string) tftypes.Value {
	sets := map[string]tftypes.Value{}
	for name, list := range from {
		if list == "null" {
			sets[name] = tftypes.NewValue(setOfText, nil)
			continue
		}
		elements := []tftypes.Value{}
		for _, privilege := range strings.Split(list, "|") {
			switch privilege {
			case "-":
				elements = append(elements, tftypes.NewValue(tftypes.String, nil))
			case "none":
			default:
				elements = append(elements, tftypes.NewValue(tftypes.String, privilege))
			}
		}
		sets[name] = tftypes.NewValue(setOfText, elements)
	}
	return tftypes.NewValue(scopeMap, sets)
}

func TestScopeFunction(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	for name, test := range map[string]struct {
		from map[string]string
		want string
	}{
		"as in its description":  {map[string]string{"certificate": "manage", "ssh": "none"}, "certificate:manage;ssh"},
		"sorted, in lower case":  {map[string]string{"SSH": "none", "Certificate": "Revoke|Discover|Manage"}, "certificate:discover,manage,revoke;ssh"},
		"one name in two cases":  {map[string]string{"SSH": "manage", "ssh": "approve|Manage"}, "ssh:approve,manage"},
		"one name, once to read": {map[string]string{"SSH": "none", "ssh": "manage"}, "ssh:manage"},
		"nothing":                {nil, ""},
	} {
		b.run(name, func(t *testing.T) {
			got, failed := b.call("scope", scopes(test.from), tftypes.String)
			if failed != nil || got != test.want {
				t.Errorf("got %v, %v; want %q", got, failed, test.want)
			}
		})
	}
	for name, test := range map[string]struct {
		from map[string]string
		text string
	}{
		"null privileges":       {map[string]string{"ssh": "null"}, "privileges of ssh are null"},
		"a null privilege":      {map[string]string{"ssh": "manage|-"}, "privilege of ssh is null"},
		"an empty name":         {map[string]string{"": "manage"}, "scope has an empty name"},
		"an empty privilege":    {map[string]string{"ssh": ""}, "privilege has an empty name"},
		"a semicolon":           {map[string]string{"ssh;certificate": "none"}, "separator"},
		"a colon":               {map[string]string{"ssh:manage": "none"}, "separator"},
		"a comma":               {map[string]string{"ssh": "manage,delete"}, "separator"},
		"a blank":               {map[string]string{"ssh ": "none"}, "blank"},
		"a blank privilege":     {map[string]string{"ssh": " "}, "blank"},
		"a line break":          {map[string]string{"ssh": "manage\n"}, "blank"},
		"a character of no use": {map[string]string{"ssh\x00": "none"}, "blank"},
	} {
		b.run(name, func(t *testing.T) { wantArgumentError(t, b, "scope", scopes(test.from), test.text) })
	}
}

func TestParseScopeFunction(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	for text, want := range map[string]map[string]any{
		"certificate:manage,discover;ssh":               {"certificate": "discover manage", "ssh": ""},
		" Certificate : Manage , DISCOVER ; SSH ; ; \n": {"certificate": "discover manage", "ssh": ""},
		"ssh;SSH:manage;ssh:delete,manage":              {"ssh": "delete manage"},
		"":                                              {},
		" ; ":                                           {},
	} {
		got, failed := b.call("parse_scope", tftypes.NewValue(tftypes.String, text), scopeMap)
		result, _ := got.(map[string]any)
		if failed != nil {
			t.Errorf("%q: %v", text, failed)
		}
		wantSame(t, result, want)
	}
	for text, problem := range map[string]string{
		";;ssh": "empty name", "ssh;;certificate": "empty name", "ssh:": "empty name", ":manage": "empty name", "ssh:a,,b": "empty name",
		"certificate manage": "blank", "ssh:a:b": "separator",
	} {
		wantArgumentError(t, b, "parse_scope", tftypes.NewValue(tftypes.String, text), problem)
	}
}

// TestScopesRoundTrip: what one function writes, the other reads.
func TestScopesRoundTrip(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	from := map[string]string{"certificate": "discover|manage", "ssh": "none", "codesign": "admin"}
	written, _ := b.call("scope", scopes(from), tftypes.String)
	got, failed := b.call("parse_scope", tftypes.NewValue(tftypes.String, written), scopeMap)
	if failed != nil {
		t.Fatal(failed)
	}
	result, _ := got.(map[string]any)
	wantSame(t, result, map[string]any{"certificate": "discover manage", "ssh": "", "codesign": "admin"})
}

func wantArgumentError(t *testing.T, b *bench, name string, argument tftypes.Value, text string) {
	t.Helper()
	got, failed := b.call(name, argument, tftypes.String)
	if failed == nil {
		t.Errorf("no error but %v", got)
		return
	}
	if failed.FunctionArgument == nil || *failed.FunctionArgument != 0 || !strings.Contains(failed.Text, text) {
		t.Errorf("argument %v: %s; want %q", failed.FunctionArgument, failed.Text, text)
	}
	if strings.HasSuffix(failed.Text, ".") {
		t.Errorf("%q: Terraform puts a full stop behind it, and then there are two", failed.Text)
	}
}
