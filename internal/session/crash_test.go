package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/crash"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

const panicSecret = "the password in a panic"

// wantCrash expects a panic that was caught, without its value.
func wantCrash(t *testing.T, err error) {
	t.Helper()
	var caught *crash.Error
	if !errors.As(err, &caught) || strings.Contains(err.Error(), panicSecret) || !strings.Contains(caught.Where, "crash_test.go") {
		t.Errorf("error %v", err)
	}
}

// TestAPanicWhileAsking ends the request of all who wait for it, and nothing else.
func TestAPanicWhileAsking(t *testing.T) {
	t.Parallel()
	for name, credential := range map[string][]secret.String{"a password": secret.Each("alice"), "no password": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := &server{}
			process := session.NewProcess()
			s := process.NewSession()
			bad := good.request("x")
			bad.Credential = credential
			bad.Authorize = func(context.Context) (*vedauth.Token, error) { panic(panicSecret) }
			_, err := s.Open(t.Context(), bad)
			wantCrash(t, err)
			again := good.request("x")
			again.Credential = credential
			lease := open(t, s, again)
			if err := process.Close(t.Context(), lease.Handle); err != nil {
				t.Error(err)
			}
			wantLedger(t, good, 1, 0)
			if err := process.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAPanicWhileEnding: the grant stays on the list of those to revoke, and what Release does is no matter of life.
func TestAPanicWhileEnding(t *testing.T) {
	t.Parallel()
	s, calls := &server{}, 0
	process := session.NewProcess()
	r := s.request("x")
	r.Release = func() { panic(panicSecret) }
	r.Revoke = func(ctx context.Context, token *vedauth.Token) error {
		if calls++; calls == 1 {
			panic(errors.New(panicSecret))
		}
		return s.revoke(ctx, token)
	}
	lease := open(t, process.NewSession(), r)
	wantCrash(t, process.Close(t.Context(), lease.Handle))
	wantLedger(t, s, 1, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := process.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	wantLedger(t, s, 1, 0)
}
