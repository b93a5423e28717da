package provider

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

var (
	_ provider.Provider                       = (*vedauthProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*vedauthProvider)(nil)
	_ provider.ProviderWithFunctions          = (*vedauthProvider)(nil)
)

// storeVariable is the environment's token_store.
const storeVariable = "VEDAUTH_TOKEN_STORE"

// typeName is the prefix of every type of this provider.
const typeName = "vedauth"

// grants lists the ways to get a token. A new one is a file of its own and a line here.
// Like all that is no constant value they come from functions, so that nothing of it is made before Terraform is served.
func grants() []grant {
	return []grant{oauthGrant(), jwtGrant(), certificateGrant(), integratedGrant(), refreshGrant(), deviceGrant()}
}

type vedauthProvider struct {
	version string
	process *session.Process
	machine Machine
}

// Machine is what the provider sees of the machine it runs on. Tests put another one in its place.
type Machine struct {
	// Getenv reads the environment.
	Getenv func(string) string
	// Now and Wait are as in vedauth.Config; nil is the real time.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
	// Screen opens what a person looks at, or returns terminal.ErrNone; nil is the controlling terminal.
	Screen func() (io.WriteCloser, error)
}

// New returns the provider. version is what it calls itself towards the server; process outlives it, so that main can
// revoke what is left over when the plugin server has stopped.
func New(version string, process *session.Process) func() provider.Provider {
	return NewOnMachine(Machine{Getenv: os.Getenv}, version, process)
}

// NewOnMachine is New on another machine than this one.
func NewOnMachine(m Machine, version string, process *session.Process) func() provider.Provider {
	return func() provider.Provider { return &vedauthProvider{version: version, process: process, machine: m} }
}

// Metadata names the provider.
func (p *vedauthProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = typeName, p.version
}

// The settings of the provider block.
var (
	urlAttribute = attribute{
		name: "url", input: true, env: []string{"VEDAUTH_URL", "VENAFI_URL"}, check: checkURL,
		doc: "Address of the Trust Protection Platform server, such as `https://tpp.example.com`. A host, host:port or https URL, with or without `/vedauth` or `/vedsdk`.",
	}
	clientIDAttribute = attribute{
		name: "client_id", input: true, env: []string{"VEDAUTH_CLIENT_ID", "VENAFI_CLIENT_ID"},
		doc: "Application ID of the API integration on the server; case-sensitive.",
	}
	scopeAttribute = attribute{
		name: "scope", input: true, env: []string{"VEDAUTH_SCOPE"}, check: checkScope,
		doc: "What the token is to be used for: scopes separated by semicolons, each with the privileges it needs, as in `certificate:manage,discover;configuration`. A scope without privileges can read. `provider::vedauth::scope` builds it.",
	}
	caPEMAttribute = attribute{
		name: "ca_pem", input: true, check: checkCA, conflicts: []string{"ca_file"},
		doc: "Certificates, as PEM, of authorities that are trusted in addition to those of the system.",
	}
	caFileAttribute = attribute{
		name: "ca_file", input: true, check: checkPath, conflicts: []string{"ca_pem"}, env: []string{"VEDAUTH_CA_FILE"},
		doc: "Path of a file with certificates, as PEM, of authorities that are trusted in addition to those of the system.",
	}
	proxyAttribute = attribute{
		name: "proxy_url", input: true, sensitive: true, check: checkProxy, fallback: "the environment's `HTTPS_PROXY`",
		doc: "Address of an http or https proxy, such as `http://proxy.example.com:3128`, in place of `HTTPS_PROXY`; `NO_PROXY` still applies.",
	}
	timeoutAttribute = attribute{
		name: "request_timeout", input: true, env: []string{"VEDAUTH_REQUEST_TIMEOUT"}, check: checkDuration,
		fallback: "`90s`, because a server that has been idle needs that long to wake",
		doc:      "How long one attempt at a request may take, as a duration such as `90s` or `2m`. Opening a token takes three times as long at most.",
	}
	retriesAttribute = attribute{
		name: "max_retries", kind: integer, input: true, least: 0, most: 10, fallback: "`3`",
		doc: "How often a request that can safely be sent again is sent again, from 0 to 10: when no connection could be made, or the server said that it is busy. A refused login is never repeated.",
	}
	accessTokenAttribute = attribute{
		name: "access_token", input: true, sensitive: true, env: []string{"VEDAUTH_ACCESS_TOKEN"},
		doc: "An access token that someone else obtained, which `vedauth_token_info` looks at when it is given none. Takes an ephemeral value.",
	}
	tokenStoreAttribute = attribute{
		name: "token_store", kind: object, input: true,
		doc: "Where refresh tokens are kept between runs, for the grants that need it.", fallback: "a directory of the user's, as `path` says",
		attributes: []attribute{
			{
				name: "path", input: true, env: []string{storeVariable}, check: checkAbsolute,
				doc: "Absolute path of a directory, which is made if need be and readable by its owner only.",
				fallback: "`terraform-provider-vedauth` in the user's directory for state: `$XDG_STATE_HOME` or `~/.local/state`, " +
					"on macOS `~/Library/Application Support`, on Windows `%LocalAppData%`",
			},
			{
				name: "disabled", kind: boolean, input: true, fallback: "`false`",
				doc: "Whether there is no token store (`VEDAUTH_TOKEN_STORE=off` says the same). A grant that needs one then fails before it asks the server.",
			},
			{
				name: "lock_timeout", input: true, check: checkDuration, fallback: "`2m`",
				doc: "How long to wait for another process that is using the same stored grant, as a duration.",
			},
		},
	}
)

// connectionAttributes are the settings that every request needs known.
func connectionAttributes() []attribute {
	return []attribute{urlAttribute, caPEMAttribute, caFileAttribute, proxyAttribute, timeoutAttribute}
}

// Schema describes the provider block.
func (p *vedauthProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	clientID, scope := clientIDAttribute, scopeAttribute
	clientID.doc += " Used by every token that names none of its own."
	scope.doc += " Used by every token that names none of its own."
	attributes := []attribute{
		urlAttribute, clientID, scope, caPEMAttribute, caFileAttribute, proxyAttribute, timeoutAttribute, retriesAttribute, accessTokenAttribute, tokenStoreAttribute,
	}
	for _, g := range grants() {
		if !g.ephemeralOnly {
			attributes = append(attributes, g.inProviderBlock())
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Obtains bearer tokens from vedauth, the authorization server of Venafi Trust Protection Platform, inside a Terraform run, and revokes them at its end.",
		Attributes:          providerAttributes(attributes),
	}
}

// Configure reads the block. A session belongs to one Configure.
func (p *vedauthProvider) Configure(_ context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	defer crash.Catch(fault(&resp.Diagnostics))
	block, _ := readValues(req.Config.Raw)
	userAgent := "terraform-provider-vedauth/" + p.version + " Terraform/" + req.TerraformVersion
	configured, diags := newSettings(block, p.machine, p.process, userAgent)
	resp.Diagnostics.Append(diags...)
	resp.EphemeralResourceData, resp.DataSourceData = configured, configured
}

// EphemeralResources lists one ephemeral resource for each grant, and the one that looks at a token.
func (p *vedauthProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	list := []func() ephemeral.EphemeralResource{newTokenInfoEphemeral}
	for _, g := range append(grants(), anyGrant()) {
		list = append(list, func() ephemeral.EphemeralResource { return &tokenEphemeral{grant: g, process: p.process} })
	}
	return list
}

// DataSources lists the same as data sources.
func (p *vedauthProvider) DataSources(context.Context) []func() datasource.DataSource {
	list := []func() datasource.DataSource{newTokenInfoData}
	for _, g := range append(grants(), anyGrant()) {
		if !g.ephemeralOnly {
			list = append(list, func() datasource.DataSource { return &tokenData{grant: g} })
		}
	}
	return list
}

// Resources lists none: nothing that this provider makes outlives a run.
func (p *vedauthProvider) Resources(context.Context) []func() resource.Resource { return nil }

// Functions lists the two that write and read scopes.
func (p *vedauthProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newScopeFunction, newParseScopeFunction}
}
