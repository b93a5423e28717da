package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
)

// NewOn is New on a machine of a test's own: its environment, its clock, and what it does instead of pausing.
func NewOn(
	getenv func(string) string, now func() time.Time, wait func(context.Context, time.Duration) error, process *session.Process,
) func() provider.Provider {
	return newOn(machine{getenv: getenv, now: now, wait: wait}, "1.2.3", process)
}
