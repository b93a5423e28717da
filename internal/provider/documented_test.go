package provider

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// described is what the schemas of the three kinds have in common.
type described interface {
	GetMarkdownDescription() string
	IsRequired() bool
	IsOptional() bool
	IsSensitive() bool
}

// collect adds an attribute, and those in it, under their paths.
func collect(into map[string]described, path string, a described) {
	into[path] = a
	switch nested := a.(type) {
	case providerschema.SingleNestedAttribute:
		for name, inner := range nested.Attributes {
			collect(into, path+"."+name, inner)
		}
	case ephemeralschema.SingleNestedAttribute:
		for name, inner := range nested.Attributes {
			collect(into, path+"."+name, inner)
		}
	case dataschema.SingleNestedAttribute:
		for name, inner := range nested.Attributes {
			collect(into, path+"."+name, inner)
		}
	}
}

// everyAttribute lists what a registry page shows, as "ephemeral.vedauth_jwt_token.scope".
func everyAttribute(t *testing.T) map[string]described {
	t.Helper()
	ctx, all := context.Background(), map[string]described{}
	p := &vedauthProvider{process: session.NewProcess()}
	var block provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &block)
	for name, a := range block.Schema.Attributes {
		collect(all, "provider."+name, a)
	}
	for _, construct := range p.EphemeralResources(ctx) {
		var metadata ephemeral.MetadataResponse
		var schema ephemeral.SchemaResponse
		made := construct()
		made.Metadata(ctx, ephemeral.MetadataRequest{}, &metadata)
		made.Schema(ctx, ephemeral.SchemaRequest{}, &schema)
		for name, a := range schema.Schema.Attributes {
			collect(all, "ephemeral."+metadata.TypeName+"."+name, a)
		}
	}
	for _, construct := range p.DataSources(ctx) {
		var metadata datasource.MetadataResponse
		var schema datasource.SchemaResponse
		made := construct()
		made.Metadata(ctx, datasource.MetadataRequest{}, &metadata)
		made.Schema(ctx, datasource.SchemaRequest{}, &schema)
		for name, a := range schema.Schema.Attributes {
			collect(all, "data."+metadata.TypeName+"."+name, a)
		}
	}
	return all
}

var (
	secretName   = regexp.MustCompile(`^(password|pkcs12_password|pkcs12_base64|private_key_pem|private_key_password|jwt|access_token|refresh_token|device_code|proxy_url)$`)
	timeName     = regexp.MustCompile(`_at$`)
	durationName = regexp.MustCompile(`^(minimum_validity|request_timeout|lock_timeout)$`)
	numberUnit   = regexp.MustCompile(`seconds|How often .* from \d+ to \d+`)
)

// TestEveryAttributeIsDescribed: unit, default and sensitivity are in the text of each.
func TestEveryAttributeIsDescribed(t *testing.T) {
	t.Parallel()
	all := everyAttribute(t)
	if len(all) < 150 {
		t.Fatalf("only %d attributes", len(all))
	}
	for path, a := range all {
		doc, name := a.GetMarkdownDescription(), path[strings.LastIndex(path, ".")+1:]
		_, isObject := a.(providerschema.SingleNestedAttribute)
		if len(doc) < 10 || !strings.HasSuffix(doc, ".") || strings.Contains(doc, "..") {
			t.Errorf("%s: not in whole sentences: %q", path, doc)
		}
		if a.IsOptional() && !strings.Contains(doc, "Default: ") {
			t.Errorf("%s: does not say its default: %q", path, doc)
		}
		if a.IsRequired() && !strings.Contains(doc, "Required.") {
			t.Errorf("%s: does not say that it is required: %q", path, doc)
		}
		if a.IsSensitive() != strings.HasSuffix(doc, "Sensitive.") {
			t.Errorf("%s: sensitive is %t, and the text says something else: %q", path, a.IsSensitive(), doc)
		}
		if secretName.MatchString(name) && !isObject && !a.IsSensitive() {
			t.Errorf("%s: a secret that is not sensitive", path)
		}
		if timeName.MatchString(name) && !strings.Contains(doc, "RFC 3339") {
			t.Errorf("%s: does not say how the time is written: %q", path, doc)
		}
		if durationName.MatchString(name) && !strings.Contains(doc, "as a duration") {
			t.Errorf("%s: does not say that it is a duration: %q", path, doc)
		}
		if hasType, ok := a.(interface{ IsWriteOnly() bool }); !ok || hasType.IsWriteOnly() {
			t.Errorf("%s: write-only is for managed resources", path)
		}
		if isNumber(a) && !numberUnit.MatchString(doc) {
			t.Errorf("%s: a number without a unit: %q", path, doc)
		}
	}
}

func isNumber(a described) bool {
	switch a.(type) {
	case providerschema.Int64Attribute, ephemeralschema.Int64Attribute, dataschema.Int64Attribute:
		return true
	}
	return false
}

// TestEveryVariableIsDocumented: what is looked for in the environment is named on the attribute it stands in for, in
// the provider block and on the ephemeral resource.
func TestEveryVariableIsDocumented(t *testing.T) {
	t.Parallel()
	all := everyAttribute(t)
	for _, g := range grants() {
		for _, a := range slices.Concat(g.credentials, g.settings) {
			for _, variable := range g.variablesOf(a) {
				for _, path := range []string{"provider." + g.name + "." + a.name, "ephemeral." + g.typeName() + "." + a.name} {
					if found, ok := all[path]; !ok || !strings.Contains(found.GetMarkdownDescription(), "`"+variable+"`") {
						t.Errorf("%s does not name %s", path, variable)
					}
				}
			}
		}
		for _, set := range g.environment {
			for name, variable := range set {
				if !slices.ContainsFunc(g.credentials, func(a attribute) bool { return a.name == name }) {
					t.Errorf("%s: %s stands for %s, which is no attribute", g.name, variable, name)
				}
			}
		}
	}
}

func TestDescription(t *testing.T) {
	t.Parallel()
	a := attribute{
		doc: "Text.", input: true, sensitive: true, fallback: "`1`", env: []string{"A", "B"},
		requires: []string{"x"}, needs: []string{"v", "w"}, conflicts: []string{"y", "z"},
	}
	want := "Text. Default: `1`. Environment: `A`, then `B`. Needs `x`. Needs one of `v`, `w`. Conflicts with `y`, `z`. Sensitive."
	if got := a.description(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (attribute{doc: "Text.", output: true}).description(); got != "Text." {
		t.Errorf("an output: %q", got)
	}
	if got := (attribute{doc: "Text.", input: true}).description(); got != "Text. Default: none." {
		t.Errorf("an input: %q", got)
	}
}
