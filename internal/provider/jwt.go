package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/vedauth/terraform-provider-vedauth/internal/identity"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// jwtGrant is a login with a JWT that somebody else issued, at Authorize/Jwt.
func jwtGrant() grant {
	return grant{
		name:        "jwt",
		doc:         "a JWT of a pipeline or workload",
		wanted:      "exactly one of jwt, jwt_file, jwt_env, github_actions, azure_devops and hcp_terraform",
		credentials: exclusive(jwtAttributes),
		environment: []map[string]string{{"jwt": "VEDAUTH_JWT"}, {"jwt_file": "VEDAUTH_JWT_FILE"}},
		read:        readJWT,
		present:     jwtPresent,
	}
}

var jwtAttributes = []attribute{
	{
		name: "jwt", input: true, sensitive: true,
		doc: "The JWT itself. It is as short-lived as its issuer made it: one that was put into a variable for plan may have expired when apply begins.",
	},
	{
		name: "jwt_file", input: true, check: checkFile,
		doc: "Path of a file with the JWT, read whenever a token is needed: a projected Kubernetes token, `AZURE_FEDERATED_TOKEN_FILE`, or what a SPIFFE helper or Jenkins writes.",
	},
	{
		name: "jwt_env", input: true, check: checkVariableName,
		doc: "Name of an environment variable with the JWT, as GitLab, Bitbucket, CircleCI and Spacelift set.",
	},
	{
		name: "github_actions", kind: object, input: true,
		doc: "Asks GitHub Actions for a JWT whenever a token is needed. The job needs `permissions: id-token: write`.",
		attributes: []attribute{{
			name: "audience", input: true, required: true, check: checkGitHub,
			doc: "The `aud` claim to ask for: what the server's JWT mapping expects. Required.",
		}},
	},
	{
		name: "azure_devops", kind: object, input: true,
		doc: "Asks Azure DevOps for a JWT whenever a token is needed. The step needs `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` in its `env`.",
		attributes: []attribute{{
			name: "service_connection_id", input: true, required: true, check: checkAzure,
			doc: "Id of the service connection that the JWT speaks for. Required.",
		}},
	},
	{
		name: "hcp_terraform", kind: object, input: true,
		doc: "Takes the workload identity token of a run in HCP Terraform or Terraform Enterprise. The workspace needs the variable `TFC_WORKLOAD_IDENTITY_AUDIENCE`. May be `{}`.",
		attributes: []attribute{{
			name: "tag", input: true, check: checkHCP, fallback: "the token without a tag",
			doc: "Tag of the token, as in `TFC_WORKLOAD_IDENTITY_AUDIENCE_<TAG>`.",
		}},
	},
}

// The checks ask the sources themselves whether they can work with a value; nothing is read or requested.

func noVariable(string) (string, bool) { return "", false }

func checkFile(value string) error         { return problem(identity.FromFile(value)) }
func checkVariableName(value string) error { return problem(identity.FromVariable(value, noVariable)) }
func checkGitHub(value string) error       { return problem(identity.GitHubActions(value, noVariable)) }
func checkAzure(value string) error        { return problem(identity.AzureDevOps(value, noVariable)) }
func checkHCP(value string) error          { return problem(identity.HCPTerraform(value, noVariable)) }

func problem(_ identity.Source, err error) error {
	var known *identity.Error
	if errors.As(err, &known) {
		return errors.New(known.Problem)
	}
	return err
}

// readJWT finds the source that is configured.
func readJWT(found values, s *settings, _ string) (credential, diag.Diagnostics) {
	source, err := jwtSource(found, s.lookupEnv)
	var unusable *identity.Error
	if errors.As(err, &unusable) {
		return credential{}, diag.Diagnostics{noIdentity(thisBlock, unusable)}
	}
	return credential{
		key: []secret.String{source.Key()},
		authorize: func(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error) {
			// The identity service and the server share the time that a whole Open may take.
			ctx, cancel := client.WithBudget(ctx)
			defer cancel()
			claims, err := identity.Obtain(ctx, source, client.Now())
			if err != nil {
				return nil, err
			}
			for _, text := range claims.Warnings {
				r.warn(text)
			}
			token, err := client.JWT(ctx, vedauth.JWTRequest{ClientID: r.clientID, Scope: r.scope, JWT: claims.Token})
			if err != nil {
				return nil, &explainedError{err, claims.Explain()}
			}
			return token, nil
		},
	}, nil
}

// jwtPresent says why the source is not there where this runs.
func jwtPresent(found values, s *settings, _ string) string {
	source, err := jwtSource(found, s.lookupEnv)
	if err != nil {
		return "" // a source that is wrong in itself is an error when it is used
	}
	var absent *identity.Error
	if errors.As(source.Present(), &absent) {
		return absent.Problem
	}
	return ""
}

func jwtSource(found values, env identity.Environment) (identity.Source, error) {
	nested := func(name string) values {
		inner, _ := readValues(found[name])
		return inner
	}
	switch {
	case found.text("jwt") != "":
		return identity.FromToken(secret.New(found.text("jwt")))
	case found.text("jwt_file") != "":
		return identity.FromFile(found.text("jwt_file"))
	case found.text("jwt_env") != "":
		return identity.FromVariable(found.text("jwt_env"), env)
	case !found.isNull("github_actions"):
		return identity.GitHubActions(nested("github_actions").text("audience"), env)
	case !found.isNull("azure_devops"):
		return identity.AzureDevOps(nested("azure_devops").text("service_connection_id"), env)
	default:
		return identity.HCPTerraform(nested("hcp_terraform").text("tag"), env)
	}
}

// explainedError is a refusal with what the refused credential said about itself.
type explainedError struct {
	error
	explanation string
}

// Unwrap gives the refusal.
func (e *explainedError) Unwrap() error { return e.error }

// noIdentity is the error for a JWT that could not be had or cannot be used. origin says where the source was found.
func noIdentity(origin string, err *identity.Error) diag.Diagnostic {
	subject := err.Attribute
	if origin != thisBlock {
		subject += " (from " + origin + ")"
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(err.Attribute), "Unable to obtain a JWT",
		fmt.Sprintf("%s: %s.\nWhat to do: %s", subject, err.Problem, err.Next))
}
