package provider_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/provider"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// bench is the provider's server as Terraform would see it, without Terraform, and a fake vedauth. It keeps all that
// the provider ever says, and at the end of the test searches it for secrets (see leaks_test.go).
type bench struct {
	t       testing.TB
	fake    *fakevedauth.Server
	process *session.Process
	env     map[string]string
	now     func() time.Time // the provider's clock; that of the fake, unless a test says otherwise
	secrets []string         // beside those of the fake

	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
	ctx    context.Context

	mu     sync.Mutex
	said   bytes.Buffer // log, diagnostics, private data
	pauses []time.Duration
	during func(pause int) // what happens during a pause, counted from 1; nil is nothing

	screen *screen // nil where there is no terminal
}

// config is a block: attributes by name. Those that are absent are null. A nested config is a nested attribute.
type config map[string]any

// oauth is the type that most tests use.
const oauth = "vedauth_oauth_token"

// newBench starts the fake and the provider, which is not configured yet. env is its whole environment.
func newBench(t testing.TB, options fakevedauth.Options, env map[string]string) *bench {
	t.Helper()
	b := &bench{t: t, fake: fakevedauth.StartForTest(t, options), process: session.NewProcess(), env: env}
	b.now = b.fake.Now
	b.ctx = tfsdklogtest.RootLogger(tflogtest.RootLogger(t.Context(), b), b)
	b.server = providerserver.NewProtocol6(provider.NewOn(b.getenv, b.clock, b.wait, b.openScreen, b.process)())()
	schema, err := b.server.GetProviderSchema(b.ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(schema.Diagnostics) > 0 {
		t.Fatalf("schema: %v %v", err, schema.Diagnostics)
	}
	b.schema = schema
	t.Cleanup(b.searchForLeaks)
	return b
}

// configured is newBench with a provider block that works: it has all but the credential.
func configured(t testing.TB, options fakevedauth.Options, change config) *bench {
	t.Helper()
	b := newBench(t, options, nil)
	b.must(b.configure(b.block(change)))
	return b
}

// run runs a subtest with the same bench.
func (b *bench) run(name string, test func(t *testing.T)) {
	whole, ok := b.t.(*testing.T)
	if !ok {
		b.t.Fatal("only a test has subtests")
	}
	defer func() { b.t = whole }()
	whole.Run(name, func(t *testing.T) {
		b.t = t
		test(t)
	})
}

// block is a provider block for the fake, with changes; a change to nil takes an attribute away.
func (b *bench) block(change config) config {
	return merge(config{"url": b.fake.URL(), "ca_pem": b.fake.CAPEM(), "client_id": fakevedauth.DefaultClientID, "scope": "certificate:manage"}, change)
}

// alice is a block with the default user's credential, with changes.
func alice(change config) config {
	return merge(config{"username": fakevedauth.DefaultUser, "password": fakevedauth.DefaultPassword}, change)
}

func merge(all, change config) config {
	for name, value := range change {
		all[name] = value
	}
	return all
}

func (b *bench) getenv(name string) string { return b.env[name] }

func (b *bench) clock() time.Time { return b.now() }

// wait stands in for pauses between attempts.
func (b *bench) wait(ctx context.Context, d time.Duration) error {
	b.mu.Lock()
	b.pauses = append(b.pauses, d)
	n, during := len(b.pauses), b.during
	b.mu.Unlock()
	if during != nil {
		during(n)
	}
	return ctx.Err()
}

// Write takes the log.
func (b *bench) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.said.Write(p)
}

// keep notes diagnostics for the search, and returns them.
func (b *bench) keep(list []*tfprotov6.Diagnostic, err error) diagnostics {
	b.t.Helper()
	if err != nil {
		b.t.Errorf("the call itself failed: %v", err)
	}
	for _, d := range list {
		_, _ = fmt.Fprintf(b, "%s\n%s\n", d.Summary, d.Detail)
	}
	return list
}

func (b *bench) validate(block config) diagnostics {
	b.t.Helper()
	raw := b.value(b.schema.Provider.ValueType(), block)
	resp, err := b.server.ValidateProviderConfig(b.ctx, &tfprotov6.ValidateProviderConfigRequest{Config: raw})
	return b.keep(resp.Diagnostics, err)
}

func (b *bench) configure(block config) diagnostics {
	b.t.Helper()
	raw := b.value(b.schema.Provider.ValueType(), block)
	resp, err := b.server.ConfigureProvider(b.ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.99.0", Config: raw})
	return b.keep(resp.Diagnostics, err)
}

func (b *bench) validateEphemeral(typeName string, block config) diagnostics {
	b.t.Helper()
	raw := b.value(b.schema.EphemeralResourceSchemas[typeName].ValueType(), block)
	resp, err := b.server.ValidateEphemeralResourceConfig(b.ctx,
		&tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: typeName, Config: raw})
	return b.keep(resp.Diagnostics, err)
}

// opened is what came of an Open or a Read. result is nil if it failed.
type opened struct {
	result  map[string]any
	private []byte
	diags   diagnostics
}

func (b *bench) openIn(ctx context.Context, typeName string, block config) opened {
	b.t.Helper()
	schema := b.schema.EphemeralResourceSchemas[typeName].ValueType()
	resp, err := b.server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: typeName, Config: b.value(schema, block)})
	got := opened{private: resp.Private, diags: b.keep(resp.Diagnostics, err)}
	_, _ = b.Write(got.private)
	var inside []string
	for _, part := range strings.Split(string(got.private), `"`) {
		if text, err := base64.StdEncoding.DecodeString(part); err == nil {
			inside = append(inside, string(text))
		}
	}
	_, _ = fmt.Fprintln(b, inside)
	if got.diags.errors() == nil {
		got.result = b.plain(schema, resp.Result)
	}
	return got
}

func (b *bench) open(block config) opened {
	b.t.Helper()
	return b.openIn(b.ctx, oauth, block)
}

// mustOpen is open for a block that must succeed without a warning.
func (b *bench) mustOpen(block config) opened {
	b.t.Helper()
	got := b.open(block)
	b.must(got.diags)
	return got
}

func (b *bench) close(private []byte) diagnostics {
	b.t.Helper()
	resp, err := b.server.CloseEphemeralResource(b.ctx, &tfprotov6.CloseEphemeralResourceRequest{TypeName: oauth, Private: private})
	return b.keep(resp.Diagnostics, err)
}

func (b *bench) read(typeName string, block config) opened {
	b.t.Helper()
	schema := b.schema.DataSourceSchemas[typeName].ValueType()
	resp, err := b.server.ReadDataSource(b.ctx, &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: b.value(schema, block)})
	got := opened{diags: b.keep(resp.Diagnostics, err)}
	if got.diags.errors() == nil {
		got.result = b.plain(schema, resp.State)
	}
	return got
}

// wantLedger compares the ledger of the fake.
func (b *bench) wantLedger(issued, revoked int) {
	b.t.Helper()
	if l := b.fake.Ledger(); l.Issued != issued || l.Revoked != revoked {
		b.t.Errorf("ledger: %s; want %d issued, %d revoked", l, issued, revoked)
	}
}

// wantRequests compares how often an endpoint was asked.
func (b *bench) wantRequests(endpoint fakevedauth.Endpoint, n int) {
	b.t.Helper()
	if got := b.fake.Ledger().Requests[endpoint]; got != n {
		b.t.Errorf("%s was asked %d times, want %d", endpoint, got, n)
	}
}
