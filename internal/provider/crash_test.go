package provider_test

import (
	"context"
	"io"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/provider"
)

// secretOfAPanic is what a panic's value holds in these tests. The bench searches for it.
const secretOfAPanic = "the secret in a panic's value"

// failing is a machine of which one part panics once it is told to.
type failing struct {
	*bench
	getenvFails, nowFails, waitFails atomic.Bool
	// openFails makes the clock fail in Open itself, once a grant has been made.
	openFails atomic.Bool
}

func (f *failing) fail(now bool) {
	if now {
		panic("it holds " + secretOfAPanic)
	}
}

// inOpen reports whether Open itself asks, and not the goroutine that asks the server.
func inOpen() bool { return strings.Contains(string(debug.Stack()), "(*tokenEphemeral).Open(") }

// onFailingMachine is configured on a machine whose parts can panic.
func onFailingMachine(t *testing.T, change config) *failing {
	t.Helper()
	f := &failing{bench: newBench(t, fakevedauth.Options{}, nil)}
	f.secrets = append(f.secrets, secretOfAPanic)
	machine := provider.Machine{
		Getenv: func(name string) string {
			f.fail(f.getenvFails.Load())
			return ""
		},
		Now: func() time.Time {
			f.fail(f.nowFails.Load() || f.openFails.Load() && inOpen() && f.fake.Ledger().Issued > 0)
			return f.fake.Now()
		},
		Wait: func(context.Context, time.Duration) error {
			f.fail(f.waitFails.Load())
			return nil
		},
		Screen: func() (io.WriteCloser, error) { panic(secretOfAPanic) },
	}
	f.server = providerserver.NewProtocol6(provider.NewOnMachine(machine, "1.2.3", f.process)())()
	f.must(f.configure(f.block(change)))
	return f
}

// saysFault expects one error that blames the provider and tells the type of the panic's value, and its place.
func (f *failing) saysFault(d diagnostics) {
	f.t.Helper()
	f.wantError(d, "", "fault of the provider", "a value of type string", "crash_test.go:", "Please report")
}

// TestAPanicTellsNoValue: whatever panics, in the call itself or in a goroutine of the session, the process lives on, the
// value is not told, and nothing is left on the server.
func TestAPanicTellsNoValue(t *testing.T) {
	t.Parallel()
	t.Run("while opening", func(t *testing.T) {
		t.Parallel()
		f := onFailingMachine(t, nil)
		f.getenvFails.Store(true)
		f.saysFault(f.open(nil).diags)
	})
	t.Run("while reading", func(t *testing.T) {
		t.Parallel()
		f := onFailingMachine(t, nil)
		f.getenvFails.Store(true)
		f.saysFault(f.read(oauth, nil).diags)
	})
	t.Run("while looking at a token", func(t *testing.T) {
		t.Parallel()
		f := onFailingMachine(t, config{"access_token": "c29tZSB0b2tlbiBvciBvdGhlcg=="})
		f.nowFails.Store(true)
		f.saysFault(f.read("vedauth_token_info", nil).diags)
		f.saysFault(f.openIn(f.ctx, "vedauth_token_info", nil).diags)
	})
	t.Run("while the server is asked", func(t *testing.T) {
		t.Parallel()
		f := onFailingMachine(t, nil)
		f.nowFails.Store(true)
		f.saysFault(f.open(alice(nil)).diags)
		f.nowFails.Store(false)
		f.must(f.open(alice(nil)).diags) // the gate is not stuck
	})
	t.Run("while a person is asked", func(t *testing.T) {
		t.Parallel()
		f := onFailingMachine(t, nil)
		f.saysFault(f.openIn(f.ctx, "vedauth_device_token", nil).diags)
	})
	t.Run("while configuring", func(t *testing.T) {
		t.Parallel()
		f := onFailingMachine(t, nil)
		f.getenvFails.Store(true)
		f.saysFault(f.configure(config{}))
	})
}

// TestAPanicWhileRevoking: Close warns, and the way out revokes.
func TestAPanicWhileRevoking(t *testing.T) {
	t.Parallel()
	f := onFailingMachine(t, nil)
	got := f.mustOpen(alice(nil))
	f.fake.Inject(fakevedauth.Revoke, fakevedauth.Once(fakevedauth.Status(503)))
	f.waitFails.Store(true)
	f.wantWarning(f.close(got.private), "Token not revoked", "fault of the provider", "type string")
	f.wantLedger(1, 0)
	f.waitFails.Store(false)
	if err := f.process.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	f.wantLedger(1, 1)
}

// TestAPanicAfterTheGrantWasMade: it is revoked before Open returns.
func TestAPanicAfterTheGrantWasMade(t *testing.T) {
	t.Parallel()
	f := onFailingMachine(t, nil)
	f.openFails.Store(true)
	f.saysFault(f.open(alice(nil)).diags)
	f.wantLedger(1, 1)
}
