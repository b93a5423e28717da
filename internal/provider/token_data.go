package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
)

var _ datasource.DataSourceWithConfigure = (*tokenData)(nil)

// tokenData is the data source of every grant that has one. It takes no secret, because arguments of a data source are
// stored in state; the token itself is stored all the same.
type tokenData struct {
	grant    grant
	settings *settings
}

// Metadata names the type.
func (d *tokenData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = d.grant.typeName()
}

// Schema describes the block.
func (d *tokenData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := append(d.grant.sharedInputs(), d.grant.inputs...)
	attributes = slices.Concat(attributes, outputAttributes, d.grant.outputs)
	note := ""
	if d.grant.dataLife != "" {
		note = d.grant.dataLife + " "
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "**The token is stored in the state, in clear, and is never revoked**: prefer the ephemeral resource of the same name. " + note +
			"Obtains a bearer token with " + d.grant.doc + ", for the places that take no ephemeral value.",
		Attributes: dataAttributes(attributes),
	}
}

// Configure takes the provider's settings.
func (d *tokenData) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	configured, ok := req.ProviderData.(*settings)
	if !ok {
		resp.Diagnostics.Append(wrongData(req.ProviderData))
		return
	}
	d.settings = configured
}

// Read gets a token. Until it returns without an error, the token is the provider's to revoke; then it is the user's.
func (d *tokenData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var got *obtained
	defer crash.Catch(func(e *crash.Error) {
		fault(&resp.Diagnostics)(e)
		if got != nil {
			got.undo(ctx, "the server", &resp.Diagnostics)
		}
	})
	own, _ := readValues(req.Config.Raw)
	var diags diag.Diagnostics
	got, diags = d.grant.token(ctx, d.settings, order{own: own, kind: "data", keep: true})
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	got.fill(own, d.grant.outputs)
	resp.State.Raw = tftypes.NewValue(req.Config.Raw.Type(), map[string]tftypes.Value(own))
	got.lease.Confirm()
}
