package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// options are what main and the tests decide differently.
type options struct {
	output io.Writer
	// keep leaves the folder in place.
	keep bool
	// providerFolder holds a provider that is built already; empty builds one.
	providerFolder string
	// meddle spoils the server before the run.
	meddle func(server *fakevedauth.Server)
	// meddleAfter spoils the evidence before it is searched.
	meddleAfter func(d *demo) error
}

// demo is one run.
type demo struct {
	options
	// folder holds everything that the run writes, but for the provider.
	folder    string
	password  string
	server    *fakevedauth.Server
	workspace *terraformcli.Workspace
	outputs   outputs
}

// run is the demo. The error says what was untrue, or why the demo could not tell.
func run(ctx context.Context, opts options) (err error) {
	d := &demo{options: opts, password: rand.Text()}
	if d.folder, err = os.MkdirTemp("", "vedauth-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.cleanUp()) }()
	if err := d.prepare(ctx); err != nil {
		return err
	}
	defer d.server.Close()
	if err := d.runQuickstart(ctx); err != nil {
		return err
	}
	return d.judge(ctx)
}

func (d *demo) cleanUp() error {
	if d.keep {
		_, err := fmt.Fprintln(d.output, "kept in", d.folder)
		return err
	}
	return os.RemoveAll(d.folder)
}

// prepare finds the CLI, builds the provider and starts the server.
func (d *demo) prepare(ctx context.Context) error {
	d.say("An OAuth token feeds a second provider, and nothing is left behind.\n")
	finder := terraformcli.Finder{Notify: func(message string) { d.say("%s", message) }}
	cli, err := finder.Find(ctx)
	if err != nil {
		return err
	}
	d.say("cli       %s", cli)
	// The screen has no line to spare: the time goes behind this one.
	_, _ = fmt.Fprint(d.output, "provider  being built, which takes a minute or more the first time: ")
	started := time.Now()
	if err := d.buildProvider(ctx); err != nil {
		d.say("no")
		return err
	}
	d.say("%s", since(started))
	if d.workspace, err = terraformcli.NewWorkspace(cli, d.folder, d.providerFolder); err != nil {
		return err
	}
	if d.server, err = fakevedauth.Start(fakevedauth.Options{Password: d.password}); err != nil {
		return err
	}
	if d.meddle != nil {
		d.meddle(d.server)
	}
	d.say("server    %s, embedded, with a certificate authority of its own", d.server.URL())
	return d.configure(ctx)
}

func (d *demo) buildProvider(ctx context.Context) error {
	if d.providerFolder != "" {
		return nil
	}
	scratch, err := os.MkdirTemp(d.folder, "provider-")
	if err != nil {
		return err
	}
	d.providerFolder = scratch
	_, err = terraformcli.BuildProvider(ctx, d.providerFolder, false)
	return err
}

// configure fills the workspace with the quickstart, and its variables with the server's values.
func (d *demo) configure(ctx context.Context) error {
	root, err := terraformcli.Checkout(ctx)
	if err != nil {
		return err
	}
	if err := d.workspace.Copy(filepath.Join(root, "examples", "quickstart")); err != nil {
		return err
	}
	caFile := filepath.Join(d.folder, "ca.pem")
	if err := os.WriteFile(caFile, []byte(d.server.CAPEM()), 0o600); err != nil {
		return err
	}
	d.workspace.Setenv("TF_VAR_url", d.server.URL())
	d.workspace.Setenv("TF_VAR_client_id", fakevedauth.DefaultClientID)
	d.workspace.Setenv("TF_VAR_username", "local:"+fakevedauth.DefaultUser)
	d.workspace.Setenv("TF_VAR_password", d.password)
	d.workspace.Setenv("TF_VAR_ca_file", caFile)
	d.workspace.Trace(filepath.Join(d.folder, "trace.log"))
	return nil
}

func (d *demo) say(format string, values ...any) {
	// A reader who has gone away is no reason to stop in the middle.
	_, _ = fmt.Fprintf(d.output, format+"\n", values...)
}

func since(started time.Time) time.Duration { return time.Since(started).Round(100 * time.Millisecond) }
