package provider

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*tokenEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*tokenEphemeral)(nil)
)

// handleKey is what a block's private data holds: a handle into this process, and nothing else.
const handleKey = "handle"

// tokenEphemeral is the ephemeral resource of every grant.
type tokenEphemeral struct {
	grant    grant
	process  *session.Process
	settings *settings
}

// Metadata names the type.
func (e *tokenEphemeral) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = e.grant.typeName()
}

// Schema describes the block.
func (e *tokenEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	attributes := append(e.grant.sharedInputs(), e.grant.inputs...)
	attributes = append(attributes, e.grant.documented(false)...)
	minimum := minimumValidityAttribute
	if e.grant.kept {
		minimum.doc = "How long the token must still live when the block is opened, as a duration such as `30m`. A stored token that " +
			"does not live that long is refreshed first, unless another block of the run uses it; if it then still does not, that is an error."
		minimum.fallback = "an hour, or half of the token's whole life if that is less"
	}
	attributes = append(attributes, minimum)
	if !e.grant.kept {
		attributes = append(attributes, revokeOnCloseAttribute, refreshTokenAttribute)
	}
	attributes = slices.Concat(attributes, outputAttributes, e.grant.outputs)
	resp.Schema = schema.Schema{
		MarkdownDescription: "Obtains a bearer token with " + e.grant.doc + ", for the length of one run of Terraform. " + e.grant.promise(),
		Attributes:          ephemeralAttributes(attributes),
	}
}

// Configure takes the provider's settings.
func (e *tokenEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	configured, ok := req.ProviderData.(*settings)
	if !ok {
		resp.Diagnostics.Append(wrongData(req.ProviderData))
		return
	}
	e.settings = configured
}

// Open gets a token. Until it returns without an error, the token is the provider's to revoke.
func (e *tokenEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var got *obtained
	defer crash.Catch(func(e *crash.Error) {
		fault(&resp.Diagnostics)(e)
		if got != nil {
			got.undo(ctx, "the server", &resp.Diagnostics)
		}
	})
	own, _ := readValues(req.Config.Raw)
	keep := e.grant.kept || !own.flag(revokeOnCloseAttribute.name, true)
	var diags diag.Diagnostics
	got, diags = e.grant.token(ctx, e.settings, order{own: own, ownCredentials: true, kind: "ephemeral", keep: keep})
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(got.outlives(own, e.settings.client.Now())...)
	handle, err := json.Marshal(got.lease.Handle)
	if err != nil {
		resp.Diagnostics.AddError("Unable to keep the token's handle", err.Error())
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, handleKey, handle)...)
	if resp.Diagnostics.HasError() {
		got.undo(ctx, e.settings.server(), &resp.Diagnostics)
		return
	}
	got.fill(own, e.grant.outputs)
	if !e.grant.kept {
		own[refreshTokenAttribute.name] = textValue(notEmpty(got.lease.Token.RefreshToken.Reveal()))
	}
	resp.Result.Raw = tftypes.NewValue(req.Config.Raw.Type(), map[string]tftypes.Value(own))
	got.lease.Confirm()
}

// Close gives up the block's hold on its token. It never fails: Terraform would fail the run.
func (e *tokenEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	defer crash.Catch(func(e *crash.Error) { resp.Diagnostics.Append(notRevoked("the server", e)) })
	data, diags := req.Private.GetKey(ctx, handleKey)
	var handle string
	if diags.HasError() || json.Unmarshal(data, &handle) != nil {
		return // not from this provider process, which then has nothing to revoke
	}
	// The handle is good in the whole process, so this does not depend on how the provider is configured by now.
	if err := e.process.Close(ctx, handle); err != nil {
		resp.Diagnostics.Append(notRevoked(e.settings.server(), err))
	}
}
