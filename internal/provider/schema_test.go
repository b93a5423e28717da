package provider_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// secretName is what the name of a secret looks like.
var secretName = regexp.MustCompile(`token|secret|password|key|pfx|p12|pkcs12|jwt|code`)

// noSecrets look like secrets by their names and are none.
var noSecrets = map[string]string{
	"token_type":       "it says Bearer",
	"token_store":      "it says where tokens are kept",
	"pkcs12_file":      "the path of a file",
	"private_key_file": "the path of a file",
	"keytab_file":      "the path of a file",
	"jwt_file":         "the path of a file",
	"jwt_env":          "the name of a variable",
}

// isObject: each attribute of an object is looked at by itself.
func isObject(a *tfprotov6.SchemaAttribute) bool { return a.NestedType != nil }

// walk visits every attribute of every schema. where is as in "ephemeral vedauth_oauth_token"; path is with the names
// of the objects that an attribute is in.
func (b *bench) walk(visit func(where, path string, a *tfprotov6.SchemaAttribute)) {
	var inside func(where, prefix string, list []*tfprotov6.SchemaAttribute)
	inside = func(where, prefix string, list []*tfprotov6.SchemaAttribute) {
		for _, a := range list {
			visit(where, prefix+a.Name, a)
			if isObject(a) {
				inside(where, prefix+a.Name+".", a.NestedType.Attributes)
			}
		}
	}
	inside("provider", "", b.schema.Provider.Block.Attributes)
	for name, schema := range b.schema.EphemeralResourceSchemas {
		inside("ephemeral "+name, "", schema.Block.Attributes)
	}
	for name, schema := range b.schema.DataSourceSchemas {
		inside("data "+name, "", schema.Block.Attributes)
	}
}

// TestSecretsAreSensitive: by their names, so that a new one cannot be forgotten.
func TestSecretsAreSensitive(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	seen := map[string]bool{}
	b.walk(func(where, path string, a *tfprotov6.SchemaAttribute) {
		seen[a.Name] = true
		_, excepted := noSecrets[a.Name]
		switch {
		case excepted && a.Sensitive:
			t.Errorf("%s, %s: is sensitive and listed as no secret", where, path)
		case secretName.MatchString(a.Name) && !isObject(a) && !excepted && !a.Sensitive:
			t.Errorf("%s, %s: is not sensitive; if it is no secret, list it with a reason", where, path)
		}
	})
	for name := range noSecrets {
		if !seen[name] {
			t.Errorf("%s is listed, and there is no such attribute", name)
		}
	}
	for _, path := range []string{"proxy_url", "access_token", "oauth.password"} { // as the contract has it
		if !b.attribute("provider", path).Sensitive {
			t.Errorf("%s is not sensitive", path)
		}
	}
}

// attribute finds one, which the test needs.
func (b *bench) attribute(where, path string) *tfprotov6.SchemaAttribute {
	b.t.Helper()
	found := &tfprotov6.SchemaAttribute{}
	b.walk(func(w, p string, a *tfprotov6.SchemaAttribute) {
		if w == where && p == path {
			found = a
		}
	})
	if found.Name == "" {
		b.t.Errorf("%s has no %s", where, path)
	}
	return found
}

// TestEveryAttributeIsDescribed: in a sentence, with its unit, its default and its variables.
func TestEveryAttributeIsDescribed(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	b.walk(func(where, path string, a *tfprotov6.SchemaAttribute) {
		if len(a.Description) < 15 || !strings.HasSuffix(a.Description, ".") || a.DescriptionKind != tfprotov6.StringKindMarkdown {
			t.Errorf("%s, %s: %q", where, path, a.Description)
		}
		units := regexp.MustCompile(`seconds|from \d+ to \d+`)
		if a.Type != nil && a.Type.Is(tftypes.Number) && !units.MatchString(a.Description) {
			t.Errorf("%s, %s: no unit: %s", where, path, a.Description)
		}
		if a.Sensitive && !strings.HasSuffix(a.Description, " Sensitive.") {
			t.Errorf("%s, %s: does not say that it is sensitive", where, path)
		}
	})
	for path, text := range map[string]string{
		"url": "Environment: `VEDAUTH_URL`, then `VENAFI_URL`", "client_id": "Environment: `VEDAUTH_CLIENT_ID`, then `VENAFI_CLIENT_ID`",
		"scope": "Environment: `VEDAUTH_SCOPE`", "ca_file": "Environment: `VEDAUTH_CA_FILE`", "proxy_url": "Default: the environment's `HTTPS_PROXY`",
		"request_timeout": "`VEDAUTH_REQUEST_TIMEOUT`", "max_retries": "Default: `3`", "access_token": "Environment: `VEDAUTH_ACCESS_TOKEN`",
		"token_store.path": "Environment: `VEDAUTH_TOKEN_STORE`", "token_store.lock_timeout": "Default: `2m`", "token_store.disabled": "Default: `false`",
		"oauth":       "Environment: `VEDAUTH_USERNAME` and `VEDAUTH_PASSWORD`, then `VENAFI_USER` and `VENAFI_PASS`",
		"certificate": "Environment: `VEDAUTH_PKCS12_FILE` and `VEDAUTH_PKCS12_PASSWORD`, then `VENAFI_P12_CERTIFICATE` and `VENAFI_P12_PASSWORD`",
		"jwt":         "Environment: `VEDAUTH_JWT`, then `VEDAUTH_JWT_FILE`",
	} {
		if got := b.attribute("provider", path).Description; !strings.Contains(got, text) {
			t.Errorf("%s does not say %q: %s", path, text, got)
		}
	}
	if got := b.attribute("provider", "request_timeout").Description; !strings.Contains(got, "Default: `90s`") {
		t.Errorf("request_timeout: %s", got)
	}
	if got := b.attribute("ephemeral "+oauth, "revoke_on_close").Description; !strings.Contains(got, "Default: `true`") {
		t.Errorf("revoke_on_close: %s", got)
	}
	for _, schemas := range []map[string]*tfprotov6.Schema{b.schema.EphemeralResourceSchemas, b.schema.DataSourceSchemas, {"provider": b.schema.Provider}} {
		for name, schema := range schemas {
			if !strings.HasSuffix(schema.Block.Description, ".") {
				t.Errorf("%s: %q", name, schema.Block.Description)
			}
		}
	}
}

// tokenOutputs are what the contract promises of every token. A data source has no refresh token.
var tokenOutputs = []string{
	"access_token", "token_type", "expires_in", "expires", "expires_at", "granted_scope", "identity", "refresh_until", "grant_expires_at",
}

// TestInputsAndOutputs: nobody can set an output, the provider never makes up an input, and data sources, whose
// arguments are stored, take no secret.
func TestInputsAndOutputs(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	both := []string{"client_id", "scope", "refresh_token"} // may be configured and, if not, show what is in effect
	b.walk(func(where, path string, a *tfprotov6.SchemaAttribute) {
		input := a.Optional || a.Required
		switch {
		case where == "provider" && (a.Computed || !input), a.Required && !strings.Contains(path, "."), a.Deprecated, a.WriteOnly:
			t.Errorf("%s, %s: required, computed, deprecated or write-only where it must not be", where, path)
		case !input && !a.Computed, input && a.Computed && !slices.Contains(both, path):
			t.Errorf("%s, %s: neither input nor output, or both", where, path)
		case slices.Contains(tokenOutputs, path) && strings.HasSuffix(where, "_token") && (input || !a.Computed):
			t.Errorf("%s, %s: an output can be set", where, path)
		case strings.HasPrefix(where, "data ") && (input && a.Sensitive || path == "refresh_token"):
			t.Errorf("%s, %s: would be stored in state", where, path)
		}
	})
	for name, data := range b.schema.DataSourceSchemas {
		ephemeral := b.schema.EphemeralResourceSchemas[name]
		if ephemeral == nil {
			t.Errorf("%s is a data source only", name)
			continue
		}
		there := slices.Sorted(maps.Keys(attributesOf(ephemeral)))
		for attribute := range attributesOf(data) {
			if !slices.Contains(there, attribute) {
				t.Errorf("%s: only the data source has %s", name, attribute)
			}
		}
		if !strings.HasSuffix(name, "_token") {
			continue
		}
		if !strings.HasPrefix(data.Block.Description, "**") || !strings.Contains(data.Block.Description, "stored in the state") {
			t.Errorf("%s does not open with a warning: %s", name, data.Block.Description)
		}
		for _, output := range append(tokenOutputs, "client_id", "scope") {
			if attributesOf(data)[output] == nil || attributesOf(ephemeral)[output] == nil {
				t.Errorf("%s has no %s", name, output)
			}
		}
	}
	if len(b.schema.ResourceSchemas) > 0 || len(b.schema.DataSourceSchemas) < 2 {
		t.Errorf("%d resources, %d data sources", len(b.schema.ResourceSchemas), len(b.schema.DataSourceSchemas))
	}
}

func attributesOf(schema *tfprotov6.Schema) map[string]*tfprotov6.SchemaAttribute {
	found := map[string]*tfprotov6.SchemaAttribute{}
	for _, a := range schema.Block.Attributes {
		found[a.Name] = a
	}
	return found
}

// TestANameIsATypeEverywhere: a value of one place fits the same name in another.
func TestANameIsATypeEverywhere(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	type use struct {
		where string
		typ   tftypes.Type
	}
	first := map[string]use{}
	b.walk(func(where, path string, a *tfprotov6.SchemaAttribute) {
		name := a.Name
		if isObject(a) && where == "provider" && path == name {
			name += " of the provider block" // a grant's credentials are an object of the grant's name
		}
		known, ok := first[name]
		if !ok {
			first[name] = use{where, a.ValueType()}
			return
		}
		if !known.typ.Equal(a.ValueType()) {
			t.Errorf("%s is %s in %s, and %s in %s", path, known.typ, known.where, a.ValueType(), where)
		}
	})
}
