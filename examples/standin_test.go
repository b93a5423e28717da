package examples_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// programPrefix begins the name under which Terraform starts a provider. A copy of the test program that has such a name
// is that provider.
const programPrefix = "terraform-provider-"

// standIn has the schema of another provider, as far as the examples use it, and can do nothing: it lets them be
// validated where there is no registry. Attributes are text unless their name is in lists or maps.
type standIn struct {
	source    string
	block     []string
	types     map[string][]string // attributes by type; the type of a data source begins with "data."
	lists     []string
	maps      []string
	writeOnly []string
}

// standIns are the other providers of the examples, by the last part of their source.
var standIns = map[string]standIn{
	"venafi": {
		source: "Venafi/venafi", block: []string{"url", "zone", "access_token"},
		types: map[string][]string{"venafi_certificate": {"common_name", "san_dns", "algorithm", "rsa_bits"}},
		lists: []string{"san_dns"},
	},
	"restapi": {
		source: "Mastercard/restapi", block: []string{"uri", "write_returns_object", "headers"},
		types: map[string][]string{"data.restapi_object": {"path", "results_key", "search_key", "search_value", "id_attribute", "id"}},
		maps:  []string{"headers"},
	},
	"http": {
		source: "hashicorp/http",
		types:  map[string][]string{"data.http": {"url", "request_headers", "response_body"}},
		maps:   []string{"request_headers"},
	},
	"vault": {
		source:    "hashicorp/vault",
		types:     map[string][]string{"vault_kv_secret_v2": {"mount", "name", "data_json_wo", "data_json_wo_version"}},
		writeOnly: []string{"data_json_wo"},
	},
	"tfe": {
		source: "hashicorp/tfe",
		types: map[string][]string{
			"data.tfe_workspace": {"organization", "name", "id"},
			"tfe_variable":       {"workspace_id", "category", "key", "value", "description"},
		},
	},
}

// otherSources lists their sources, for the settings of the CLI.
func otherSources() []string {
	var sources []string
	for _, s := range standIns {
		sources = append(sources, s.source)
	}
	slices.Sort(sources)
	return sources
}

// serveIfProvider serves a stand-in if this process was started under its name.
func serveIfProvider() (served bool, err error) {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	s, ok := standIns[strings.TrimPrefix(name, programPrefix)]
	if !ok || !strings.HasPrefix(name, programPrefix) {
		return false, nil
	}
	factory := func() provider.Provider { return &standInProvider{s} }
	return true, providerserver.Serve(context.Background(), factory, providerserver.ServeOpts{
		Address: "registry.terraform.io/" + strings.ToLower(s.source), ProtocolVersion: 6,
	})
}

// installStandIns puts a copy of the test program under the name of each into folder.
func installStandIns(folder string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	program, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	for name := range standIns {
		path := filepath.Join(folder, programPrefix+name+suffix)
		if os.Link(self, path) == nil {
			continue
		}
		if err := os.WriteFile(path, program, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

type standInProvider struct{ standIn }

func (p *standInProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = p.source[strings.Index(p.source, "/")+1:]
}

func (p *standInProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema.Attributes = map[string]providerschema.Attribute{}
	for _, name := range p.block {
		if slices.Contains(p.maps, name) {
			resp.Schema.Attributes[name] = providerschema.MapAttribute{ElementType: types.StringType, Optional: true}
		} else {
			resp.Schema.Attributes[name] = providerschema.StringAttribute{Optional: true}
		}
	}
}

func (*standInProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}

func (p *standInProvider) Resources(context.Context) []func() resource.Resource {
	var list []func() resource.Resource
	for _, name := range slices.Sorted(maps.Keys(p.types)) {
		if !strings.HasPrefix(name, "data.") {
			list = append(list, func() resource.Resource { return &standInResource{p.standIn, name} })
		}
	}
	return list
}

func (p *standInProvider) DataSources(context.Context) []func() datasource.DataSource {
	var list []func() datasource.DataSource
	for _, name := range slices.Sorted(maps.Keys(p.types)) {
		if strings.HasPrefix(name, "data.") {
			list = append(list, func() datasource.DataSource { return &standInData{p.standIn, name} })
		}
	}
	return list
}

func (*standInProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return nil
}

type standInResource struct {
	standIn
	name string
}

func (r *standInResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.name
}

func (r *standInResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]resourceschema.Attribute{}
	for _, name := range r.types[r.name] {
		writeOnly := slices.Contains(r.writeOnly, name)
		if slices.Contains(r.lists, name) {
			resp.Schema.Attributes[name] = resourceschema.ListAttribute{ElementType: types.StringType, Optional: true}
		} else {
			resp.Schema.Attributes[name] = resourceschema.StringAttribute{Optional: true, Computed: !writeOnly, WriteOnly: writeOnly}
		}
	}
}

func (*standInResource) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (*standInResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (*standInResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (*standInResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

type standInData struct {
	standIn
	name string
}

func (d *standInData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = strings.TrimPrefix(d.name, "data.")
}

func (d *standInData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema.Attributes = map[string]dataschema.Attribute{}
	for _, name := range d.types[d.name] {
		if slices.Contains(d.maps, name) {
			resp.Schema.Attributes[name] = dataschema.MapAttribute{ElementType: types.StringType, Optional: true}
		} else {
			resp.Schema.Attributes[name] = dataschema.StringAttribute{Optional: true, Computed: true}
		}
	}
}

func (*standInData) Read(context.Context, datasource.ReadRequest, *datasource.ReadResponse) {}
