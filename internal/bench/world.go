package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// world is what the probes measure in.
type world struct {
	cli       terraformcli.CLI
	scratch   string
	providers string
	// fast answers at once, slow takes its time.
	fast, slow *fakevedauth.Server
	// released are the released providers that could be had, and curl.
	released map[string]bool
}

// scope is what every token is asked for.
const scope = "certificate:manage"

func newWorld(ctx context.Context, scratch string) (w *world, err error) {
	w = &world{scratch: scratch, providers: filepath.Join(scratch, "providers"), released: map[string]bool{}}
	if w.cli, err = terraformcli.Find(ctx); err != nil {
		return nil, err
	}
	if err := buildAll(ctx, w.providers); err != nil {
		return nil, err
	}
	if w.fast, err = fakevedauth.Start(fakevedauth.Options{}); err != nil {
		return nil, err
	}
	if w.slow, err = fakevedauth.Start(fakevedauth.Options{Latency: slow}); err != nil {
		w.fast.Close()
		return nil, err
	}
	return w, nil
}

func (w *world) close() {
	w.fast.Close()
	w.slow.Close()
}

func (w *world) server(slowly bool) *fakevedauth.Server {
	if slowly {
		return w.slow
	}
	return w.fast
}

// space is a workspace for one case.
func (w *world) space(c planCase) (*terraformcli.Workspace, error) {
	folder := filepath.Join(w.scratch, "plans", c.name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	space, err := terraformcli.NewWorkspace(w.cli, folder, w.providers, sources...)
	if err != nil {
		return nil, err
	}
	return space, w.fill(space, c)
}

// fill writes the configuration of a case, and sets its variables.
func (w *world) fill(space *terraformcli.Workspace, c planCase) error {
	server := w.server(c.slow)
	request, err := json.Marshal(map[string]string{
		"client_id": fakevedauth.DefaultClientID, "username": "local:" + fakevedauth.DefaultUser,
		"password": fakevedauth.DefaultPassword, "scope": scope,
	})
	space.Setenv("TF_VAR_url", server.URL())
	space.Setenv("TF_VAR_request", string(request))
	return errors.Join(err, space.Write("ca.pem", server.CAPEM()), space.Write("main.tf", variables+c.body))
}

// plan plans once. A plan that fails is an error: its time would say nothing.
func plan(ctx context.Context, space *terraformcli.Workspace) (terraformcli.Result, error) {
	result, err := space.Run(ctx, "plan", "-input=false", "-lock=false")
	if err == nil && result.ExitCode != 0 {
		err = fmt.Errorf("plan ended with exit code %d:\n%s%s", result.ExitCode, result.Stdout, result.Stderr)
	}
	return result, err
}

// judge checks that a run did on the server what its case says: before and after are the ledger around it.
func (c planCase) judge(before, after fakevedauth.Ledger) error {
	made, left := after.Issued-before.Issued, after.Live-before.Live
	if made != c.grants || c.ours && left != 0 {
		return fmt.Errorf("%s made %d grants and left %d, instead of making %d", c.name, made, left, c.grants)
	}
	return nil
}
