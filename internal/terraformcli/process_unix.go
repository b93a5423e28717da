//go:build unix

package terraformcli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// StartSession starts the CLI in a session of its own, as Start does otherwise. terminal is the session's terminal,
// which the CLI and its providers can open as /dev/tty; nil is none, as in a pipeline.
func (w *Workspace) StartSession(ctx context.Context, terminal *os.File, arguments ...string) (*Process, error) {
	return w.start(ctx, func(command *exec.Cmd) {
		command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if terminal != nil {
			command.Stdin, command.SysProcAttr.Setctty = terminal, true
		}
	}, arguments)
}

// RunAs makes the CLI run as another user from now on, and gives that user the workspace. Only root can do that.
func (w *Workspace) RunAs(uid, gid uint32) error {
	err := filepath.WalkDir(filepath.Dir(w.Folder), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(uid), int(gid))
	})
	w.user = &user{uid, gid}
	return err
}

func (w *Workspace) asUser(command *exec.Cmd) {
	if w.user != nil {
		command.SysProcAttr.Credential = &syscall.Credential{Uid: w.user.uid, Gid: w.user.gid}
	}
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
