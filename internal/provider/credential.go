package provider

import (
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// thisBlock is the origin of a credential that the block itself gives.
const thisBlock = "this block"

// locate finds the credential: whole from the block, or whole from the provider block, or whole from one set of
// variables. own is nil for a data source, which has no secret arguments. origin says where it was found, in words.
func (g grant) locate(own values, s *settings) (found values, origin string, diags diag.Diagnostics) {
	found, origin, diags = g.find(own, s)
	switch {
	case diags.HasError() || found != nil:
		return found, origin, diags
	case g.instead != "":
		return values{}, g.instead, nil
	default:
		return nil, "", diag.Diagnostics{g.noCredential(own != nil)}
	}
}

// find is locate for callers to whom no credential is no error: found is then nil.
func (g grant) find(own values, s *settings) (found values, origin string, diags diag.Diagnostics) {
	if own.given(g.credentials) {
		return own, thisBlock, nil
	}
	raw, ok := s.block[g.name]
	if ok && !raw.IsNull() {
		nested, known := readValues(raw)
		if !known {
			return nil, "", diag.Diagnostics{unknownSetting(g.name, nil)}
		}
		if name := nested.unknown(g.credentials); name != "" {
			return nil, "", diag.Diagnostics{unknownSetting(g.name+"."+name, nil)}
		}
		if nested.given(g.credentials) {
			return nested, g.name + " in the provider block", nil
		}
	}
	return g.fromEnvironment(s)
}

func (g grant) fromEnvironment(s *settings) (found values, origin string, diags diag.Diagnostics) {
	for _, set := range g.environment {
		found := values{}
		var there, absent []string
		for _, a := range g.credentials {
			variable, ok := set[a.name]
			if !ok {
				continue
			}
			value := s.getenv(variable)
			if value == "" {
				absent = append(absent, variable)
				continue
			}
			if err := a.wrong(value); err != nil {
				return nil, "", diag.Diagnostics{invalid(a.name, variable, err)}
			}
			there = append(there, variable)
			found[a.name] = textValue(&value)
		}
		switch {
		case len(there) == 0:
		case len(absent) > 0:
			return nil, "", diag.Diagnostics{diag.NewErrorDiagnostic("Half a credential in the environment", fmt.Sprintf(
				"The environment variable %s is set, but %s is not: they are of use only together. Set the missing one, or clear the other.",
				strings.Join(there, " and "), strings.Join(absent, " and ")))}
		default:
			return found, strings.Join(there, " and "), nil
		}
	}
	return nil, "", nil
}

// withSettings adds the settings to a credential: from the block, the provider block or the environment, each by itself.
func (g grant) withSettings(found, own values, s *settings) (values, diag.Diagnostics) {
	complete := maps.Clone(found)
	nested, known := readValues(s.block[g.name])
	if !known && len(g.settings) > 0 {
		return nil, diag.Diagnostics{unknownSetting(g.name, nil)}
	}
	for _, a := range g.inputs {
		complete[a.name] = own[a.name]
	}
	for _, a := range g.settings {
		inBlock := &settings{block: nested, getenv: s.getenv}
		switch value := inBlock.lookup(a); {
		case !own.isNull(a.name):
			complete[a.name] = own[a.name]
		case value.unknown:
			return nil, diag.Diagnostics{unknownSetting(g.name+"."+a.name, a.env)}
		case value.value != "":
			if err := a.wrong(value.value); err != nil {
				return nil, diag.Diagnostics{invalid(a.name, value.origin, err)}
			}
			complete[a.name] = textValue(&value.value)
		}
	}
	return complete, nil
}

// noCredential is the error when there is no credential anywhere. It stands on the first attribute of the credential.
func (g grant) noCredential(hasOwn bool) diag.Diagnostic {
	places := fmt.Sprintf("in %s of the provider block", g.name)
	if hasOwn {
		places = "in this block, or " + places
	}
	detail := fmt.Sprintf("This token needs %s, and there is none. Set %s %s", g.doc, g.wanted, places)
	if sets := g.variables(""); len(sets) > 0 {
		detail += ", or the environment: " + strings.Join(sets, ", or ")
	}
	if !hasOwn {
		return diag.NewErrorDiagnostic("Missing credential", detail+".")
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(g.credentials[0].name), "Missing "+g.wanted, detail+".")
}
