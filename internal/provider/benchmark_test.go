package provider_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/provider"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// quiet is a bench whose provider has its credential, and whose calls write no log, as in a run without TF_LOG.
func quiet(t testing.TB) *bench {
	b := configured(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
	b.ctx = context.Background()
	return b
}

// BenchmarkOpenClose is one block whose token other blocks hold already, from Terraform's call to its end: what the
// provider and the framework add to the requests themselves.
func BenchmarkOpenClose(b *testing.B) {
	bench := quiet(b)
	bench.mustOpen(config{})
	open := &tfprotov6.OpenEphemeralResourceRequest{
		TypeName: oauth, Config: bench.value(bench.schema.EphemeralResourceSchemas[oauth].ValueType(), config{}),
	}
	b.ReportAllocs()
	for b.Loop() {
		opened, err := bench.server.OpenEphemeralResource(bench.ctx, open)
		if err != nil || len(opened.Diagnostics) > 0 {
			b.Fatal(err, opened.Diagnostics)
		}
		_, err = bench.server.CloseEphemeralResource(bench.ctx,
			&tfprotov6.CloseEphemeralResourceRequest{TypeName: oauth, Private: opened.Private})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkValidate is what Terraform asks for before each Open, and once more before the plan.
func BenchmarkValidate(b *testing.B) {
	bench := quiet(b)
	validate := &tfprotov6.ValidateEphemeralResourceConfigRequest{
		TypeName: oauth, Config: bench.value(bench.schema.EphemeralResourceSchemas[oauth].ValueType(), config{}),
	}
	b.ReportAllocs()
	for b.Loop() {
		answer, err := bench.server.ValidateEphemeralResourceConfig(bench.ctx, validate)
		if err != nil || len(answer.Diagnostics) > 0 {
			b.Fatal(err, answer.Diagnostics)
		}
	}
}

// BenchmarkSchema is the first call of each process.
func BenchmarkSchema(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		server := providerserver.NewProtocol6(provider.New("test", session.NewProcess())())()
		answer, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
		if err != nil || len(answer.Diagnostics) > 0 {
			b.Fatal(err, answer.Diagnostics)
		}
	}
}
