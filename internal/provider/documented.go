package provider

import (
	"slices"
	"strings"
)

// noDefault is what the description of an attribute says that may be left out and has nothing in its place.
const noDefault = "none"

// description is doc with all that a reader needs to know beside it: what holds if the attribute is left out, where
// else it is looked for, what it goes with and what not, and whether it is a secret.
func (a attribute) description() string {
	parts := []string{a.doc}
	switch {
	case a.fallback != "":
		parts = append(parts, "Default: "+a.fallback+".")
	case a.input && !a.required:
		parts = append(parts, "Default: "+noDefault+".")
	}
	if len(a.env) > 0 {
		parts = append(parts, "Environment: `"+strings.Join(a.env, "`, then `")+"`.")
	}
	if len(a.requires) > 0 {
		parts = append(parts, "Needs "+quoted(a.requires)+".")
	}
	if len(a.needs) > 0 {
		parts = append(parts, "Needs one of "+quoted(a.needs)+".")
	}
	if len(a.conflicts) > 0 {
		parts = append(parts, "Conflicts with "+quoted(a.conflicts)+".")
	}
	if a.sensitive {
		parts = append(parts, "Sensitive.")
	}
	return strings.Join(parts, " ")
}

// quoted lists names of attributes as code.
func quoted(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// documented are the attributes of the grant's credential with the variables that make up the same, and with what
// stands in for them on a block of its own. They serve descriptions only: a credential is looked up as a whole.
func (g grant) documented(inProviderBlock bool) []attribute {
	list := slices.Clone(g.credentials)
	for i, a := range list {
		list[i].env = g.variablesOf(a)
		if a.fallback == "" && !inProviderBlock && !g.ephemeralOnly {
			list[i].fallback = "the credential in `" + g.name + "` of the provider block, as a whole"
		}
	}
	return append(list, g.settings...)
}

// variablesOf lists what stands in for an attribute in the environment: its own variables, then those of the sets.
func (g grant) variablesOf(a attribute) []string {
	list := slices.Clone(a.env)
	for _, set := range g.environment {
		if name, ok := set[a.name]; ok && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// promise says what becomes of the token of an ephemeral block.
func (g grant) promise() string {
	if g.life != "" {
		return g.life
	}
	return "The token is in neither state nor plan, and is revoked when the run no longer needs it."
}
