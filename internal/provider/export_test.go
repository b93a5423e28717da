package provider

import (
	"context"
	"io"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// NewOn is New on a machine of a test's own: its environment, its clock, what it does instead of pausing, and its
// terminal.
func NewOn(
	getenv func(string) string, now func() time.Time, wait func(context.Context, time.Duration) error,
	screen func() (io.WriteCloser, error), process *session.Process,
) func() provider.Provider {
	return NewOnMachine(Machine{Getenv: getenv, Now: now, Wait: wait, Screen: screen}, "1.2.3", process)
}
