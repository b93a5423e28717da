package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// savedPlan is the plan's file name.
const savedPlan = "quickstart.tfplan"

// outputs are what the quickstart shows of the token.
type outputs struct {
	Identity, Application, Scope, ExpiresAt string
}

// runQuickstart runs plan, apply and destroy, and keeps a copy of everything that they show or store on the way.
func (d *demo) runQuickstart(ctx context.Context) error {
	steps := []struct {
		arguments []string
		// quiet steps only collect; the others are what a user does.
		quiet bool
		then  func(stdout string) error
	}{
		{arguments: []string{"plan", "-out=" + savedPlan}},
		{arguments: []string{"show", "-json", savedPlan}, quiet: true},
		{arguments: []string{"apply", savedPlan}, then: d.keepState},
		{arguments: []string{"show", "-json"}, quiet: true},
		{arguments: []string{"output", "-json"}, quiet: true, then: d.readOutputs},
		{arguments: []string{"destroy", "-auto-approve"}},
	}
	d.say("")
	for i, step := range steps {
		started := time.Now()
		stdout, err := d.command(ctx, i, step.arguments)
		if err != nil {
			return err
		}
		if !step.quiet {
			d.say("$ %s %s   (%s)", d.workspace.CLI.Command(), strings.Join(step.arguments, " "), since(started))
		}
		if step.then == nil {
			continue
		}
		if err := step.then(stdout); err != nil {
			return err
		}
	}
	return nil
}

// command runs the CLI and keeps what it writes for the search.
func (d *demo) command(ctx context.Context, number int, arguments []string) (stdout string, err error) {
	result, err := d.workspace.Run(ctx, arguments...)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("output-%d-%s.txt", number, arguments[0])
	if err := d.keepEvidence(name, result.Stdout+result.Stderr); err != nil {
		return "", err
	}
	if result.ExitCode != 0 {
		return "", fmt.Errorf("%s failed with exit code %d:\n%s%s",
			arguments[0], result.ExitCode, result.Stdout, result.Stderr)
	}
	return result.Stdout, nil
}

func (d *demo) keepEvidence(name, content string) error {
	return os.WriteFile(filepath.Join(d.folder, name), []byte(content), 0o600)
}

// keepState copies the state as it is after apply: destroy empties it.
func (d *demo) keepState(string) error {
	state, err := os.ReadFile(filepath.Join(d.workspace.Folder, "terraform.tfstate"))
	if err != nil {
		return err
	}
	return d.keepEvidence("state-after-apply.json", string(state))
}

func (d *demo) readOutputs(stdout string) error {
	var shown map[string]struct {
		Value string `json:"value"`
	}
	if err := json.Unmarshal([]byte(stdout), &shown); err != nil {
		return fmt.Errorf("cannot read the outputs: %w", err)
	}
	d.outputs = outputs{
		Identity:    shown["identity"].Value,
		Application: shown["application"].Value,
		Scope:       shown["scope"].Value,
		ExpiresAt:   shown["expires_at"].Value,
	}
	return nil
}
