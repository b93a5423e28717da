package identity

import (
	"bytes"
	"context"
	"net/http"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Variables of an Azure Pipelines job: the first is always set, the second only if the step maps it.
const (
	azureURL    = "SYSTEM_OIDCREQUESTURI"
	azureBearer = "SYSTEM_ACCESSTOKEN"
)

const (
	azureMapping = "Map it by hand into the step that runs Terraform: \"env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)\"."
	azureJob     = "Azure Pipelines sets it in every job of an agent that knows workload identity federation; outside " +
		"of Azure Pipelines there is no such token."
	azureUnknown = "No service connection found with identifier"
)

// connectionID is what an id can be. Those of Azure DevOps Services are GUIDs; the platform itself says so of others.
var connectionID = pattern.New(`^[A-Za-z0-9._-]{1,128}$`)

// azureDevOps asks Azure DevOps for the ID token of a service connection. Its audience is fixed by the platform:
// api://AzureADTokenExchange.
type azureDevOps struct {
	connection string
	requester
}

// AzureDevOps returns the source for attribute azure_devops: an ID token of the service connection with that ID (not
// its name), requested anew at every Fetch. Anything else is an error.
//
// Source: Azure DevOps REST API 7.1, "Oidctoken - Create", in the form that Azure's SDKs use.
func AzureDevOps(serviceConnectionID string, env Environment) (Source, error) {
	if !connectionID.MatchString(serviceConnectionID) {
		problem := "service_connection_id is not an id"
		if trim(serviceConnectionID) == "" {
			problem = "service_connection_id is empty"
		}
		return nil, &Error{
			Attribute: "azure_devops", Problem: problem,
			Next: "Give the ID of the service connection, not its name: it is the resourceId in the address of the " +
				"connection's page in the project settings.",
		}
	}
	return azureDevOps{connection: serviceConnectionID, requester: newRequester(env)}, nil
}

func (s azureDevOps) Attribute() string { return "azure_devops" }

func (s azureDevOps) Key() secret.String { return secret.New("azure_devops:" + s.connection) }

func (s azureDevOps) Present() error {
	return s.needs(s.Attribute(), []need{{azureURL, azureJob}, {azureBearer, azureMapping}})
}

func (s azureDevOps) Fetch(ctx context.Context) (secret.String, error) {
	if err := s.Present(); err != nil {
		return secret.String{}, err
	}
	if bearer := s.env.lookup(azureBearer); isReference(bearer) {
		return secret.String{}, &Error{
			Attribute: s.Attribute(),
			Problem:   "the environment variable " + azureBearer + " holds a reference to a variable that nothing has replaced",
			Next:      azureMapping,
		}
	}
	return s.fetch(ctx, call{
		attribute:   s.Attribute(),
		service:     "the identity service of Azure DevOps",
		method:      http.MethodPost,
		urlVariable: azureURL,
		query:       map[string]string{"api-version": "7.1", "serviceConnectionId": s.connection},
		tokenNamed:  azureBearer,
		scheme:      "Bearer",
		// Without it, a token that is refused is answered with a redirect to a page for people to sign in.
		header: map[string]string{"X-TFS-FedAuthRedirect": "Suppress", "Content-Type": "application/json"},
		field:  "oidcToken",
		advise: adviseAzure,
	})
}

func adviseAzure(status int, body []byte) string {
	if bytes.Contains(body, []byte(azureUnknown)) {
		return "It does not know the service connection in this job: check service_connection_id, authorise the pipeline " +
			"to use the connection, and let a task of this job name it (AzureCLI@2 with azureSubscription), for the job " +
			"loads only connections that a task names."
	}
	switch {
	case status < 400, status == http.StatusUnauthorized:
		// A token that is not accepted is answered with the page to sign in (203), or the way to it.
		return "The token in SYSTEM_ACCESSTOKEN was not accepted; it dies with its job. " + azureMapping
	case status == http.StatusForbidden:
		return "Authorise the pipeline to use the service connection: Project settings, Service connections, Security."
	case status == http.StatusNotFound:
		return "Check service_connection_id, and that " + azureURL + " reaches Terraform as Azure Pipelines set it, in the " +
			"same job."
	}
	return "Check service_connection_id; if it happens again, look at the status page of Azure DevOps."
}
