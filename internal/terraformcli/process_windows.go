//go:build windows

package terraformcli

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
)

func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func (p *Process) killGroup() error { return p.command.Process.Kill() }

// Interrupt is not possible here: Windows sends Ctrl-C to everything on the console, the tests included.
func (p *Process) Interrupt() error {
	return fmt.Errorf("cannot interrupt the process: %w", errors.ErrUnsupported)
}

// Signal can only kill here.
func (p *Process) Signal(signal syscall.Signal) error { return p.command.Process.Signal(signal) }

// SignalGroup can only kill here, and only the CLI.
func (p *Process) SignalGroup(signal syscall.Signal) error { return p.command.Process.Signal(signal) }

func (w *Workspace) asUser(*exec.Cmd) {}
