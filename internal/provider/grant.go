package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// grant is one way to get a token, as the HCL sees it.
type grant struct {
	// name is the nested attribute of the provider block, and the type is vedauth_<name>_token.
	name string
	// doc says what the grant is, as one sentence without its subject: "a user name and password".
	doc string
	// life says what becomes of the ephemeral token, as a sentence; empty is that it is revoked.
	life string
	// dataLife is what the data source's page says of the stored token beside the usual warning, as a sentence.
	dataLife string
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
	// instead says, in words, what stands in for a credential that is not given; empty if one must be.
	instead string
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
	key []secret.String
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
	doc := "Credential of `" + g.typeName() + "`: " + g.doc + ". Used by its data source, and by its ephemeral " +
		"resource where that has none of its own."
	if sets := g.variables("`"); len(sets) > 0 {
		doc += " Environment: " + strings.Join(sets, ", then ") + "."
	}
	return attribute{
		name: g.name, kind: object, input: true, attributes: g.documented(true), doc: doc,
	}
}

// variables lists the sets of variables that make up a credential, each name between marks.
func (g grant) variables(mark string) []string {
	var sets []string
	for _, set := range g.environment {
		var names []string
		for _, a := range g.credentials {
			if variable, ok := set[a.name]; ok {
				names = append(names, mark+variable+mark)
			}
		}
		sets = append(sets, strings.Join(names, " and "))
	}
	return sets
}
