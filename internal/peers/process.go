//go:build linux

package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// owner is who the servers run as: nobody if the test runs as root, the same user otherwise.
type owner struct{ uid, gid int }

func newOwner() owner {
	if os.Getuid() == 0 {
		return owner{65534, 65534}
	}
	return owner{}
}

func (o owner) give(path string) error {
	if o.uid == 0 {
		return nil
	}
	return os.Chown(path, o.uid, o.gid)
}

func (o owner) apply(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if o.uid != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)} // Constants.
	}
}

// child is a server, under a shell that ends it when the pipe between us and it closes: by stop, or because this
// process is gone, however it went.
type child struct {
	cmd  *exec.Cmd
	pipe io.Closer
	done chan struct{}
}

const watch = `"$@" 3<&- & child=$!
(trap "" TERM; cat <&3 >/dev/null; kill $child 2>/dev/null) &
wait $child`

// serverPath is where the programs are.
const serverPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"

// startChild starts a program with its output in the file log.
func startChild(as owner, env []string, log string, args ...string) (*child, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = reader.Close() }() // The child has its own.
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = output.Close() }()
	if args[0] != "sh" {
		args = append([]string{"sh", "-c", watch, "watch"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = output, output, []*os.File{reader}
	cmd.Env = append([]string{serverPath, "LC_ALL=C"}, env...)
	as.apply(cmd)
	if err := cmd.Start(); err != nil {
		_ = writer.Close()
		return nil, err
	}
	c := &child{cmd: cmd, pipe: writer, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // Its end is the news; how it ended is in its log.
		close(c.done)
	}()
	return c, nil
}

// stop ends the child and waits for it, by force after ten seconds.
func (c *child) stop() {
	_ = c.pipe.Close()
	timer := time.NewTimer(10 * time.Second)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
		<-c.done
	}
}

// answers waits until the child accepts connections on port.
func (c *child) answers(port int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-c.done:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// run runs a program to its end, with input, and returns an error that holds its output.
func run(as owner, env []string, input string, args ...string) (string, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer func() { _ = reader.Close() }()
	go func() {
		_, _ = io.WriteString(writer, input)
		_ = writer.Close()
	}()
	// Looked for on the PATH below: that of a user who is not root often lacks the folders of the servers.
	cmd := exec.Command("/usr/bin/env", args...)
	cmd.Stdin = reader
	cmd.Env = append([]string{serverPath, "LC_ALL=C"}, env...)
	as.apply(cmd)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", args[0], err, output)
	}
	return string(output), nil
}
