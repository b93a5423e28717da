package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// grant is one way to get a token, as the HCL sees it.
type grant struct {
	// name is the nested attribute of the provider block, and the type is vedauth_<name>_token.
	name string
	// doc says what the grant is, as one sentence without its subject: "a user name and password".
	doc string
	// inputs are what the server takes beyond client_id and scope.
	inputs []attribute
	// outputs are what the type gives beyond what every token gives.
	outputs []attribute
	// any stands for whichever of the provider's credentials applies.
	any bool
	// credentials are the attributes that make up a credential, on the ephemeral resource and in the provider block.
	credentials []attribute
	// settings are what may be set beside a credential, each wherever it is found.
	settings []attribute
	// optional means that having no credential is one too.
	optional bool
	// wanted names the attributes of a whole credential for a message: "username and password".
	wanted string
	// environment lists sets of variables that make up a credential, by attribute. The first set of which any variable
	// is there is taken, whole.
	environment []map[string]string
	// read makes a credential of attributes that are all known and, where pairs are required, complete.
	read func(found values, s *settings, clientID string) (credential, diag.Diagnostics)
	// present says why the credential is not there where this runs, or nothing if it is; nil where being configured is
	// enough. It sends nothing.
	present func(found values, s *settings, clientID string) string
	// hasScope means that the grant is there already, with a scope of its own: none is asked for.
	hasScope bool
	// ephemeralOnly means that there is no data source and nothing in the provider block.
	ephemeralOnly bool
	// typeSuffix ends the type's name; empty is the name and "_token".
	typeSuffix string
	// kept means that the grant is the user's own: it is never revoked, and its refresh token is not shown.
	kept bool
}

// credential is what a caller proves its identity with.
type credential struct {
	// key tells it from every other credential.
	key []string
	// lockable means that an account may be locked after a few refusals.
	lockable bool
	// client derives the client that all requests of this credential need; nil for the usual one.
	client func(base *vedauth.Client) *vedauth.Client
	// stored means that the grant lives in the token store.
	stored bool
	// authorize asks the server for a token.
	authorize func(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error)
}

// typeName is the name of the grant's types.
func (g grant) typeName() string {
	if g.typeSuffix != "" {
		return typeName + "_" + g.typeSuffix
	}
	return typeName + "_" + g.name + "_token"
}

// inProviderBlock is the nested attribute that holds the grant's credential in the provider block.
func (g grant) inProviderBlock() attribute {
	return attribute{
		name: g.name, kind: object, input: true, attributes: slices.Concat(g.credentials, g.settings),
		doc: "Credential of `" + g.typeName() + "`: " + g.doc + ". Used by its data source, and by its ephemeral resource where that has none of its own.",
	}
}

// thisBlock is the origin of a credential that the block itself gives.
const thisBlock = "this block"

// locate finds the credential: whole from the block, or whole from the provider block, or whole from one set of
// variables. own is nil for a data source, which has no secret arguments. origin says where it was found, in words.
func (g grant) locate(own values, s *settings) (found values, origin string, diags diag.Diagnostics) {
	found, origin, diags = g.find(own, s)
	switch {
	case diags.HasError() || found != nil:
		return found, origin, diags
	case g.optional:
		return values{}, g.unlessGiven(), nil
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

// unlessGiven says, for a message, what stands in for a credential that need not be given.
func (g grant) unlessGiven() string {
	switch g.name {
	case "refresh":
		return "the token store"
	case "device":
		return "a login in the browser"
	default:
		return "the user who runs Terraform"
	}
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
	var sets []string
	for _, set := range g.environment {
		var variables []string
		for _, a := range g.credentials {
			if variable, ok := set[a.name]; ok {
				variables = append(variables, variable)
			}
		}
		sets = append(sets, strings.Join(variables, " and "))
	}
	places := fmt.Sprintf("in %s of the provider block", g.name)
	if hasOwn {
		places = "in this block, or " + places
	}
	detail := fmt.Sprintf("This token needs %s, and there is none. Set %s %s", g.doc, g.wanted, places)
	if len(sets) > 0 {
		detail += ", or the environment: " + strings.Join(sets, ", or ")
	}
	if !hasOwn {
		return diag.NewErrorDiagnostic("Missing credential", detail+".")
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(g.credentials[0].name), "Missing "+g.wanted, detail+".")
}
