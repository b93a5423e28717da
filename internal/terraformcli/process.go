package terraformcli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// outputDelay is how long Wait waits for the output of processes that the CLI has left behind.
const outputDelay = 10 * time.Second

// Process is a running CLI.
type Process struct {
	command *exec.Cmd
	ctx     context.Context
	stdout  *output
	stderr  *output
	ended   chan struct{}
	err     error
}

// Start starts the CLI in a process group of its own. When ctx ends, the group is killed. Somebody must call Wait.
func (w *Workspace) Start(ctx context.Context, arguments ...string) (*Process, error) {
	return w.start(ctx, ownGroup, arguments)
}

// start starts the CLI as prepare wants it, which must make it the head of a process group.
func (w *Workspace) start(ctx context.Context, prepare func(*exec.Cmd), arguments []string) (*Process, error) {
	process := &Process{
		command: exec.CommandContext(ctx, w.CLI.Path, arguments...),
		ctx:     ctx,
		stdout:  newOutput(),
		stderr:  newOutput(),
		ended:   make(chan struct{}),
	}
	process.command.Dir = w.Folder
	process.command.Env = w.environment
	process.command.Stdout = process.stdout
	process.command.Stderr = process.stderr
	process.command.WaitDelay = outputDelay
	process.command.Cancel = process.killGroup
	prepare(process.command)
	w.asUser(process.command)
	if err := process.command.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", w.CLI.Path, err)
	}
	go func() {
		process.err = process.command.Wait()
		close(process.ended)
	}()
	return process, nil
}

// PID is the process id of the CLI, which is also that of its group.
func (p *Process) PID() int { return p.command.Process.Pid }

// Kill ends the CLI at once, and only it: the providers that it started live on.
func (p *Process) Kill() error { return p.command.Process.Kill() }

// Ended is closed when the CLI has ended and all its output has been read.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Wait waits for the end of the CLI; its result and error are those of Workspace.Run.
func (p *Process) Wait() (Result, error) {
	<-p.ended
	state := p.command.ProcessState
	result := Result{
		Stdout: p.stdout.String(), Stderr: p.stderr.String(), ExitCode: state.ExitCode(),
		CPU: state.UserTime() + state.SystemTime(),
	}
	var exit *exec.ExitError
	switch {
	case p.ctx.Err() != nil && p.err != nil:
		return result, fmt.Errorf("%s was ended: %w", p.command.Path, p.ctx.Err())
	case p.err != nil && !errors.As(p.err, &exit):
		return result, fmt.Errorf("%s: %w", p.command.Path, p.err)
	}
	return result, nil
}

// WaitForOutput waits until the CLI has written text to its standard output. The error is for a CLI that ended first,
// or for a ctx that did.
func (p *Process) WaitForOutput(ctx context.Context, text string) error {
	for {
		found, changed := p.stdout.contains(text)
		if found {
			return nil
		}
		select {
		case <-changed:
		case <-p.ended:
			if found, _ := p.stdout.contains(text); found {
				return nil
			}
			return fmt.Errorf("%s ended without writing %q:\n%s%s", p.command.Path, text, p.stdout, p.stderr)
		case <-ctx.Done():
			return fmt.Errorf("waiting for %q: %w\n%s%s", text, ctx.Err(), p.stdout, p.stderr)
		}
	}
}
