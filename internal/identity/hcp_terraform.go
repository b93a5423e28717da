package identity

import (
	"fmt"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
)

// Variables with which HCP Terraform and Terraform Enterprise hand a run its identity; a tag is appended with "_".
const (
	hcpToken    = "TFC_WORKLOAD_IDENTITY_TOKEN"
	hcpAudience = "TFC_WORKLOAD_IDENTITY_AUDIENCE"
)

var hcpTag = pattern.New(`^[A-Za-z0-9_]+$`)

// HCPTerraform returns the source for attribute hcp_terraform: the workload identity token of the run, that of the
// tag if one is given. A tag that the platform does not allow is an error.
//
// Source: HCP Terraform, "Manually generate workload identity tokens".
func HCPTerraform(tag string, env Environment) (Source, error) {
	if tag == "" {
		return hcpVariable(hcpToken, hcpAudience, "1.7.0", env), nil
	}
	fail := func(problem string) (Source, error) {
		return nil, &Error{
			Attribute: "hcp_terraform", Problem: problem,
			Next: fmt.Sprintf("The tag is what follows %s_ in the name of the workspace's variable, as in "+
				"hcp_terraform = { tag = \"VEDAUTH\" } for %s_VEDAUTH.", hcpAudience, hcpAudience),
		}
	}
	switch {
	case len(tag) > 64, !hcpTag.MatchString(tag):
		return fail("the tag has other characters than letters, digits and underscores, or more than 64 of them")
	case tag == "TYPE":
		return fail("the tag TYPE is reserved by the platform")
	}
	return hcpVariable(hcpToken+"_"+tag, hcpAudience+"_"+tag, "1.12.0", env), nil
}

func hcpVariable(token, audience, agent string, env Environment) Source {
	return variable{
		attribute: "hcp_terraform", name: token, env: env,
		provider: fmt.Sprintf("Set the environment variable %s on the workspace, to the audience that the server's JWT "+
			"mapping expects; agents of your own must be version %s or later. Outside of HCP Terraform and Terraform "+
			"Enterprise there is no such token.", audience, agent),
	}
}
