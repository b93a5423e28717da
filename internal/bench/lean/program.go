package main

import (
	"context"
	"encoding/json"
	"os/exec"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// program runs a program, which reads a JSON text and writes one.
type program struct{}

type programModel struct {
	Program []string          `tfsdk:"program"`
	Input   types.String      `tfsdk:"input"`
	Result  map[string]string `tfsdk:"result"`
}

func (program) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "lean_program"
}

func (program) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"program": schema.ListAttribute{Required: true, ElementType: types.StringType},
		"input":   schema.StringAttribute{Required: true},
		"result":  schema.MapAttribute{Computed: true, Sensitive: true, ElementType: types.StringType},
	}}
}

func (program) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model programModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &model)...); resp.Diagnostics.HasError() {
		return
	}
	command := exec.CommandContext(ctx, model.Program[0], model.Program[1:]...)
	command.Stdin = strings.NewReader(model.Input.ValueString())
	output, err := command.Output()
	if err == nil {
		err = json.Unmarshal(output, &model.Result)
	}
	if err != nil {
		resp.Diagnostics.AddError("Unable to run the program", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}
