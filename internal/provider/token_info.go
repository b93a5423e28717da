package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*tokenInfoEphemeral)(nil)
	_ datasource.DataSourceWithConfigure       = (*tokenInfoData)(nil)
)

// infoAttributes are what the server tells about a token.
var infoAttributes = []attribute{
	{name: "valid", kind: boolean, output: true, doc: "Whether the server accepts the token. If not, everything else is null."},
	{name: "application", output: true, doc: "Application ID (client_id) that the token was issued for."},
	{name: "identity", output: true, doc: "The user that the token stands for, as the server's prefixed universal id."},
	{name: "granted_scope", output: true, doc: "The scope that the server granted."},
	{name: "access_issued_at", output: true, doc: "When the access token was issued, as an RFC 3339 time in UTC."},
	{name: "access_expires_at", output: true, doc: "When the access token ends, as an RFC 3339 time in UTC. Null if the server does not tell."},
	{name: "grant_issued_at", output: true, doc: "When the grant was made, as an RFC 3339 time in UTC."},
	{name: "grant_expires_at", output: true, doc: "When the grant ends, as an RFC 3339 time in UTC. Null for a grant that never ends."},
	{name: "valid_for", kind: integer, output: true, doc: "Life of the access token in seconds, counted from its issue, not from now."},
}

const infoDoc = "Asks the server what an access token is worth: whose it is, for what, and how long. A token that the server does not accept is no error: `valid` is then `false`. Needs neither `client_id` nor `scope`."

// tokenInfo is what both forms share.
type tokenInfo struct {
	settings *settings
}

func (i *tokenInfo) configure(data any) diag.Diagnostics {
	if data == nil {
		return nil
	}
	configured, ok := data.(*settings)
	if !ok {
		return diag.Diagnostics{wrongData(data)}
	}
	i.settings = configured
	return nil
}

// look asks the server and writes what it says into result, which holds the configuration.
func (i *tokenInfo) look(ctx context.Context, result values) diag.Diagnostics {
	if i.settings == nil {
		return diag.Diagnostics{notConfigured()}
	}
	client, diags := i.settings.needClient()
	token, more := i.settings.need(result, accessTokenAttribute)
	if diags.Append(more...); diags.HasError() {
		return diags
	}
	info, err := client.Verify(ctx, secret.New(token))
	if err != nil {
		diags.Append(failure("look at the token", "", err))
		return diags
	}
	fillInfo(result, info)
	return diags
}

func fillInfo(result values, info *vedauth.Verification) {
	result["valid"] = flagValue(&info.Valid)
	result["application"] = textValue(notEmpty(info.Application))
	result["identity"] = textValue(notEmpty(info.Identity))
	result["granted_scope"] = textValue(notEmpty(info.Scope))
	result["access_issued_at"] = timeValue(info.AccessIssued)
	result["access_expires_at"] = timeValue(info.AccessExpires)
	result["grant_issued_at"] = timeValue(info.GrantIssued)
	result["grant_expires_at"] = timeValue(info.GrantExpires)
	result["valid_for"] = integerValue(info.ValidFor)
}

// tokenInfoEphemeral is the ephemeral resource vedauth_token_info.
type tokenInfoEphemeral struct{ tokenInfo }

func newTokenInfoEphemeral() ephemeral.EphemeralResource { return &tokenInfoEphemeral{} }

// Metadata names the type.
func (*tokenInfoEphemeral) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = typeName + "_token_info"
}

// Schema describes the block.
func (*tokenInfoEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	token := accessTokenAttribute
	token.doc = "The access token to look at."
	token.fallback = "`access_token` of the provider block"
	resp.Schema = ephemeralschema.Schema{
		MarkdownDescription: infoDoc,
		Attributes:          ephemeralAttributes(append([]attribute{token}, infoAttributes...)),
	}
}

// Configure takes the provider's settings.
func (e *tokenInfoEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	resp.Diagnostics.Append(e.configure(req.ProviderData)...)
}

// Open asks the server.
func (e *tokenInfoEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	defer crash.Catch(fault(&resp.Diagnostics))
	own, _ := readValues(req.Config.Raw)
	if resp.Diagnostics.Append(e.look(ctx, own)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Result.Raw = tftypes.NewValue(req.Config.Raw.Type(), map[string]tftypes.Value(own))
}

// tokenInfoData is the data source vedauth_token_info. It looks at the provider's access_token: an argument of its own
// would be stored in state.
type tokenInfoData struct{ tokenInfo }

func newTokenInfoData() datasource.DataSource { return &tokenInfoData{} }

// Metadata names the type.
func (*tokenInfoData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = typeName + "_token_info"
}

// Schema describes the block.
func (*tokenInfoData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = dataschema.Schema{
		MarkdownDescription: infoDoc + " The token is `access_token` of the provider block, or `VEDAUTH_ACCESS_TOKEN`; it is not stored.",
		Attributes:          dataAttributes(infoAttributes),
	}
}

// Configure takes the provider's settings.
func (d *tokenInfoData) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	resp.Diagnostics.Append(d.configure(req.ProviderData)...)
}

// Read asks the server.
func (d *tokenInfoData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer crash.Catch(fault(&resp.Diagnostics))
	own, _ := readValues(req.Config.Raw)
	if resp.Diagnostics.Append(d.look(ctx, own)...); resp.Diagnostics.HasError() {
		return
	}
	resp.State.Raw = tftypes.NewValue(req.Config.Raw.Type(), map[string]tftypes.Value(own))
}
