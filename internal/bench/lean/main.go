// Command lean is what the providers http and external could be at best: a data source that sends a request, and one
// that runs a program, and nothing else.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

func main() {
	err := providerserver.Serve(context.Background(), func() provider.Provider { return lean{} },
		providerserver.ServeOpts{Address: "registry.terraform.io/vedauth/lean", ProtocolVersion: 6})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type lean struct{}

func (lean) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "lean"
}

func (lean) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (lean) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (lean) Resources(context.Context) []func() resource.Resource { return nil }

func (lean) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		func() datasource.DataSource { return request{} },
		func() datasource.DataSource { return program{} },
	}
}
