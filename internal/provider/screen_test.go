package provider_test

import (
	"io"
	"strings"
	"sync"

	"github.com/vedauth/terraform-provider-vedauth/internal/terminal"
)

// screen is the terminal of a person who runs Terraform.
type screen struct {
	mu    sync.Mutex
	shown strings.Builder
}

// Write shows text.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.Write(p)
}

// Close does nothing.
func (s *screen) Close() error { return nil }

// text is all that was shown so far.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// openScreen is the way to the terminal, if there is one.
func (b *bench) openScreen() (io.WriteCloser, error) {
	if b.screen == nil {
		return nil, terminal.ErrNone
	}
	return b.screen, nil
}
