//go:build unix

package terraformcli

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func (p *Process) killGroup() error {
	err := syscall.Kill(-p.PID(), syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// Interrupt does what Ctrl-C in a terminal does: SIGINT to the CLI and to the providers that it started.
func (p *Process) Interrupt() error { return syscall.Kill(-p.PID(), syscall.SIGINT) }

// Signal sends a signal to the CLI alone.
func (p *Process) Signal(signal syscall.Signal) error { return p.command.Process.Signal(signal) }

// SignalGroup sends a signal to the CLI and to the providers that it started.
func (p *Process) SignalGroup(signal syscall.Signal) error { return syscall.Kill(-p.PID(), signal) }
