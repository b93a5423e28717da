package matrix_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/leak"
	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
	"github.com/vedauth/terraform-provider-vedauth/internal/provider"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// world is one cell's server, the gate before it, the pipeline's identity service, and all that the provider says.
type world struct {
	t        *testing.T
	cell     matrix.Cell
	fake     *fakevedauth.Server
	gate     *gate
	service  *fakevedauth.Server // the identity service
	kdc      *kdc
	front    *httptest.Server // before the server, for Windows logons
	store    string
	krb5Conf string
	secrets  []string // beside those of the server
	seeded   string   // what the block is configured with
	release  chan struct{}

	// wrong is what differs from what was expected.
	wrong []string

	mu      sync.Mutex
	said    bytes.Buffer
	waits   []time.Duration
	mend    []func() error // takes away what spoilt the token store
	onStart func()         // when the code is shown to the person
}

// run is one provider process.
type run struct {
	*world
	server  tfprotov6.ProviderServer
	process *session.Process
	ctx     context.Context
}

func newWorld(t *testing.T, cell matrix.Cell) *world {
	t.Helper()
	w := &world{t: t, cell: cell, store: filepath.Join(t.TempDir(), "state", "store"), release: make(chan struct{})}
	w.fake = fakevedauth.StartForTest(t, optionsOf(cell))
	behind := w.fake.URL()
	if cell.Windows() {
		w.startRealm()
		behind = w.front.URL
	}
	w.gate = newGate(t, strings.TrimPrefix(behind, "https://"))
	t.Cleanup(func() { close(w.release) }) // before the server is closed, which would wait for it
	return w
}

func (w *world) errorf(format string, arguments ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, arguments...))
}

// newRun starts a provider process and configures it.
func (w *world) newRun() *run {
	w.t.Helper()
	r := &run{world: w, process: session.NewProcess()}
	r.ctx = tfsdklogtest.RootLogger(tflogtest.RootLogger(w.t.Context(), w), w)
	machine := provider.Machine{Getenv: w.getenv, Now: w.fake.Now, Wait: w.wait, Screen: w.terminal}
	r.server = providerserver.NewProtocol6(provider.NewOnMachine(machine, "1.2.3", r.process)())()
	resp, err := r.server.ConfigureProvider(r.ctx, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.99.0", Config: encode(w.t, schemas().Provider.ValueType(), w.providerBlock()),
	})
	if w.keep(resp.Diagnostics, err) != "" {
		w.t.Fatalf("configure: %s", w.keep(resp.Diagnostics, err))
	}
	return r
}

// schemas are those of the provider, which are the same in every cell.
var schemas = sync.OnceValue(func() *tfprotov6.GetProviderSchemaResponse {
	server := providerserver.NewProtocol6(provider.New("1.2.3", session.NewProcess())())()
	resp, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	must(err)
	return resp
})

// wait stands in for pauses: the server's clock goes on, and nobody waits.
func (w *world) wait(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	w.waits = append(w.waits, d)
	w.mu.Unlock()
	w.fake.Advance(d)
	return ctx.Err()
}

// terminal is the person who runs Terraform: they confirm what they are shown.
func (w *world) terminal() (io.WriteCloser, error) { return person{w}, nil }

type person struct{ w *world }

var userCode = regexp.MustCompile(`enter the code ([A-Z2-7]{4}-[A-Z2-7]{4})`)

func (p person) Write(text []byte) (int, error) {
	if code := userCode.FindSubmatch(text); code != nil {
		if err := p.w.fake.Approve(string(code[1]), fakevedauth.DefaultUser); err != nil {
			return 0, err
		}
		if p.w.onStart != nil {
			p.w.onStart()
		}
	}
	_, _ = p.w.Write(text)
	return len(text), nil
}

func (person) Close() error { return nil }

// Write takes the log.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said.Write(p)
}

// keep notes diagnostics for the search, and returns them as text.
func (w *world) keep(list []*tfprotov6.Diagnostic, err error) string {
	w.t.Helper()
	if err != nil {
		w.errorf("the call itself failed: %v", err)
	}
	var text strings.Builder
	for _, d := range list {
		fmt.Fprintf(&text, "%s: %s\n%s\n", d.Severity, d.Summary, d.Detail)
	}
	_, _ = io.WriteString(w, text.String())
	return text.String()
}

// opened is a block that was opened, or was not.
type opened struct {
	private []byte
	token   string
	end     matrix.End
	text    string
}

func (r *run) open(grant matrix.Grant) opened {
	r.t.Helper()
	name, config := r.block(grant)
	var (
		got    opened
		list   []*tfprotov6.Diagnostic
		typ    tftypes.Type
		result *tfprotov6.DynamicValue
	)
	if grant == matrix.OAuthData {
		typ = schemas().DataSourceSchemas[name].ValueType()
		resp, err := r.server.ReadDataSource(r.ctx, &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: encode(r.t, typ, config)})
		list, result, got.text = resp.Diagnostics, resp.State, r.keep(resp.Diagnostics, err)
	} else {
		typ = schemas().EphemeralResourceSchemas[name].ValueType()
		resp, err := r.server.OpenEphemeralResource(r.ctx,
			&tfprotov6.OpenEphemeralResourceRequest{TypeName: name, Config: encode(r.t, typ, config)})
		list, result, got.text = resp.Diagnostics, resp.Result, r.keep(resp.Diagnostics, err)
		got.private = resp.Private
		_, _ = r.Write(resp.Private)
	}
	got.end = endOf(list)
	if got.end != matrix.Fails {
		got.token = accessToken(r.t, typ, result)
	}
	return got
}

func (r *run) close(private []byte) (matrix.End, string) {
	r.t.Helper()
	name, _ := r.block(r.cell.Grant)
	resp, err := r.server.CloseEphemeralResource(r.ctx, &tfprotov6.CloseEphemeralResourceRequest{TypeName: name, Private: private})
	return endOf(resp.Diagnostics), r.keep(resp.Diagnostics, err)
}

func endOf(list []*tfprotov6.Diagnostic) matrix.End {
	end := matrix.Works
	for _, d := range list {
		switch d.Severity {
		case tfprotov6.DiagnosticSeverityError:
			return matrix.Fails
		default:
			end = matrix.Warns
		}
	}
	return end
}

// shutDown is the way out of the process.
func (r *run) shutDown(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	err := r.process.Shutdown(ctx)
	if err != nil {
		_, _ = fmt.Fprintln(r, err) // main writes it to the log
	}
	return err
}

// searchForLeaks searches all that was said for every secret that was in play.
func (w *world) searchForLeaks() {
	w.t.Helper()
	var wanted []leak.Secret
	for i, value := range append(w.fake.Secrets(), w.secrets...) {
		wanted = append(wanted, leak.Secret{Name: fmt.Sprintf("secret %d", i), Value: secret.New(value)})
	}
	searcher, err := leak.New(wanted...)
	if err != nil {
		w.t.Fatal(err)
	}
	hits, err := searcher.Bytes("what the provider said", w.said.Bytes())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, hit := range hits {
		w.errorf("a secret leaked: %v", hit)
	}
}
