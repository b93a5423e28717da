package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

var (
	_ function.Function = (*scopeFunction)(nil)
	_ function.Function = (*parseScopeFunction)(nil)
)

// privileges is the type of a scope's privileges.
func privileges() types.SetType { return types.SetType{ElemType: types.StringType} }

// scopeFunction writes a scope.
type scopeFunction struct{}

func newScopeFunction() function.Function { return &scopeFunction{} }

// Metadata names the function.
func (*scopeFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "scope"
}

// Definition describes it.
func (*scopeFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Write a scope",
		MarkdownDescription: "Turns a map of scopes to their privileges into the notation that `scope` takes, in lower case and sorted: " +
			"`{ certificate = [\"manage\"], ssh = [] }` gives `certificate:manage;ssh`. An empty set of privileges means read access.",
		Parameters: []function.Parameter{function.MapParameter{
			Name: "scopes", ElementType: privileges(),
			MarkdownDescription: "The privileges of each scope. Names are not null, not empty, and hold no semicolon, colon, comma or blank.",
		}},
		Return: function.StringReturn{},
	}
}

// Run does it.
func (*scopeFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	defer crash.Catch(func(e *crash.Error) { resp.Error = function.NewFuncError(e.Error()) })
	var scopes map[string]types.Set
	if resp.Error = req.Arguments.Get(ctx, &scopes); resp.Error != nil {
		return
	}
	scope := vedauth.Scope{}
	for name, set := range scopes {
		if set.IsNull() {
			resp.Error = function.NewArgumentFuncError(0, "The privileges of "+name+" are null; use an empty set for read access")
			return
		}
		scope[name] = []string{}
		for _, element := range set.Elements() {
			privilege, ok := element.(types.String)
			if !ok || privilege.IsNull() {
				resp.Error = function.NewArgumentFuncError(0, "A privilege of "+name+" is null")
				return
			}
			scope[name] = append(scope[name], privilege.ValueString())
		}
	}
	if err := scope.Validate(); err != nil {
		resp.Error = function.NewArgumentFuncError(0, capital(err.Error()))
		return
	}
	resp.Error = resp.Result.Set(ctx, scope.String())
}

// parseScopeFunction reads a scope.
type parseScopeFunction struct{}

func newParseScopeFunction() function.Function { return &parseScopeFunction{} }

// Metadata names the function.
func (*parseScopeFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_scope"
}

// Definition describes it.
func (*parseScopeFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Read a scope",
		MarkdownDescription: "Turns a scope such as `Certificate:manage,discover; ssh;` into a map of scopes to their privileges, in lower case. " +
			"Letter case, blanks around separators and a trailing semicolon do not matter, so that two scopes are equal if their maps are.",
		Parameters: []function.Parameter{function.StringParameter{
			Name: "scope", MarkdownDescription: "The scope to read, such as `granted_scope` of a token.",
		}},
		Return: function.MapReturn{ElementType: privileges()},
	}
}

// Run does it.
func (*parseScopeFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	defer crash.Catch(func(e *crash.Error) { resp.Error = function.NewFuncError(e.Error()) })
	var raw string
	if resp.Error = req.Arguments.Get(ctx, &raw); resp.Error != nil {
		return
	}
	scope, err := vedauth.ParseScope(raw)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, capital(err.Error()))
		return
	}
	sets := map[string]attr.Value{}
	for name, list := range scope {
		elements := []attr.Value{}
		for _, privilege := range list {
			elements = append(elements, types.StringValue(privilege))
		}
		sets[name] = types.SetValueMust(types.StringType, elements)
	}
	resp.Error = resp.Result.Set(ctx, types.MapValueMust(privileges(), sets))
}
