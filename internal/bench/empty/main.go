// Command empty is the least that a provider with an ephemeral resource can be: what is left of a plan's time if the
// provider does nothing. It is built from the same version of the framework as the provider that it is compared with.
//
// Under the name terraform-provider-wide it does nothing either, but its block has as many attributes as one with a
// token: what Terraform and the framework do for each attribute is nobody's to save.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func main() {
	p := empty{name: "empty", width: 1}
	if strings.HasSuffix(strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), "wide") {
		p = empty{name: "wide", width: 17}
	}
	err := providerserver.Serve(context.Background(), func() provider.Provider { return p },
		providerserver.ServeOpts{Address: "registry.terraform.io/vedauth/" + p.name, ProtocolVersion: 6})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type empty struct {
	name  string
	width int // the number of attributes
}

func (p empty) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = p.name
}

func (empty) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (empty) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (empty) Resources(context.Context) []func() resource.Resource { return nil }

func (empty) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (p empty) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{func() ephemeral.EphemeralResource { return nothing{p} }}
}

// nothing has outputs only.
type nothing struct{ provider empty }

func (n nothing) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = n.provider.name + "_nothing"
}

func (n nothing) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for i := range n.provider.width {
		attributes[fmt.Sprintf("nothing_%d", i)] = schema.StringAttribute{Computed: true}
	}
	resp.Schema = schema.Schema{Attributes: attributes}
}

func (n nothing) Open(_ context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	values := map[string]tftypes.Value{}
	for i := range n.provider.width {
		values[fmt.Sprintf("nothing_%d", i)] = tftypes.NewValue(tftypes.String, "")
	}
	resp.Result.Raw = tftypes.NewValue(req.Config.Raw.Type(), values)
}
