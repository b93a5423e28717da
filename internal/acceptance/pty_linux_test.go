package acceptance_test

import (
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// screen is a terminal with somebody before it: what is written to it can be read.
type screen struct {
	near, far *os.File

	mu    sync.Mutex
	shown strings.Builder
	ended chan struct{}
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	near, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(near.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(near.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	far, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{near: near, far: far, ended: make(chan struct{})}
	go s.read()
	t.Cleanup(func() { _ = near.Close() })
	return s
}

// read keeps what is shown, until nobody has the terminal open any more.
func (s *screen) read() {
	defer close(s.ended)
	buffer := make([]byte, 4096)
	for {
		n, err := s.near.Read(buffer)
		s.mu.Lock()
		s.shown.Write(buffer[:n])
		s.mu.Unlock()
		if err != nil && err != io.ErrNoProgress {
			return
		}
	}
}

// all is everything that was shown. The processes that used the terminal must have ended.
func (s *screen) all(t *testing.T) string {
	t.Helper()
	if err := s.far.Close(); err != nil {
		t.Error(err)
	}
	<-s.ended
	return s.shown.String()
}

// startAt runs Terraform in the background, at a terminal of its own.
func (w *world) startAt(s *screen, arguments ...string) *terraformcli.Process {
	w.t.Helper()
	process, err := w.space.StartSession(w.t.Context(), s.far, withFlags(arguments)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return process
}
