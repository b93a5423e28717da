package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// TestAFullDisk runs a child that mounts a small file system of its own and fills it. Where the system lets nobody
// mount, TestALimitOnFiles and the injected errors are what stands in for it.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	c := startChild(t, order{Role: "full disk", Dir: t.TempDir()}, func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		}
	})
	switch line := c.line(); line {
	case "cannot mount":
		t.Log("no small file system could be mounted here")
	case "good":
	default:
		t.Errorf("the child said %q", line)
	}
	c.end()
}

// systemRole is what children do that only this system can.
func systemRole(o order) error {
	if o.Role != "full disk" {
		return fmt.Errorf("no role %q", o.Role)
	}
	if err := syscall.Mount("tmpfs", o.Dir, "tmpfs", 0, "size=128k,mode=0700"); err != nil {
		_, err := io.WriteString(os.Stdout, "cannot mount\n")
		return err
	}
	if err := fullDisk(o.Dir); err != nil {
		return err
	}
	_, err := io.WriteString(os.Stdout, "good\n")
	return err
}

// fullDisk goes through the life of a grant on a disk that is full before, and fills up during a refresh.
func fullDisk(dir string) error {
	now := time.Now()
	store, err := New(Options{Dir: filepath.Join(dir, "store"), Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	server := newLedger("seed-Zq==")
	req := Request{Key: testKey, Seed: Seed{Value: secret.New("seed-Zq==")}, Server: server}
	get := func(want string, requests int) error {
		lease, err := store.Acquire(context.Background(), req)
		lease.Release()
		if got := errors.Is(err, syscall.ENOSPC); got != (want == "full") || err != nil && !got {
			return fmt.Errorf("want %s: %w", want, err)
		}
		if server.requests() != requests {
			return fmt.Errorf("want %s: %d requests", want, server.requests())
		}
		return nil
	}
	fill, empty := filler(filepath.Join(dir, "ballast"))

	steps := []func() error{
		fill, func() error { return get("full", 0) },
		empty, func() error { return get("a new grant", 1) },
		func() error { now = now.Add(life); return nil },
		fill, func() error { return get("full", 1) },
		empty, func() error {
			// The disk fills up while the request is under way: the room for the answer is there already.
			server.script = script{func(l *ledger, token string) (Tokens, error) {
				if err := fill(); err != nil {
					return Tokens{}, err
				}
				return l.rotate(token)
			}}
			return get("a refresh", 2)
		},
		func() error { return get("what was stored", 2) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// filler returns functions that use up all room on a disk, and free it again.
func filler(path string) (fill, empty func() error) {
	fill = func() error {
		f, err := os.Create(path)
		for err == nil {
			_, err = f.Write(make([]byte, 512))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		return f.Close()
	}
	return fill, func() error { return os.Remove(path) }
}
