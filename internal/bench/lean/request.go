package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// request posts a JSON text.
type request struct{}

type requestModel struct {
	URL      types.String `tfsdk:"url"`
	CAPEM    types.String `tfsdk:"ca_pem"`
	Body     types.String `tfsdk:"body"`
	Response types.String `tfsdk:"response"`
}

func (request) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "lean_request"
}

func (request) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"url":      schema.StringAttribute{Required: true},
		"ca_pem":   schema.StringAttribute{Required: true},
		"body":     schema.StringAttribute{Required: true},
		"response": schema.StringAttribute{Computed: true, Sensitive: true},
	}}
}

func (request) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model requestModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	text, err := post(ctx, model)
	if err != nil {
		resp.Diagnostics.AddError("Unable to post", err.Error())
		return
	}
	model.Response = types.StringValue(text)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

func post(ctx context.Context, model requestModel) (string, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(model.CAPEM.ValueString()))
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	asked, err := http.NewRequestWithContext(ctx, http.MethodPost, model.URL.ValueString(), strings.NewReader(model.Body.ValueString()))
	if err != nil {
		return "", err
	}
	asked.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(asked)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	return string(text), err
}
