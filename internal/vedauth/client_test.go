package vedauth_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// pauses records what a client wanted to wait, and does not wait.
type pauses struct {
	mu   sync.Mutex
	list []time.Duration
}

func (p *pauses) wait(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, d)
	return ctx.Err()
}

// connect makes a client of s that trusts it, uses no proxy and does not wait between attempts.
func connect(t *testing.T, s *server, change ...func(*vedauth.Config)) *vedauth.Client {
	t.Helper()
	config := vedauth.Config{
		Server: s.url, CAPEM: trusted.pem, UserAgent: "test/1", Getenv: func(string) string { return "" }, Wait: (&pauses{}).wait,
	}
	for _, alter := range change {
		alter(&config)
	}
	client, err := vedauth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if s.dial != nil {
		client.DialWith(s.dial)
	}
	return client
}

var login = vedauth.OAuthRequest{ClientID: "terraform", Scope: "certificate:manage", Username: "local:user", Password: secret.New(password)}

// asError returns err as the type that every failure has.
func asError(t *testing.T, err error) *vedauth.Error {
	t.Helper()
	var failure *vedauth.Error
	if !errors.As(err, &failure) {
		t.Fatalf("not an *Error: %T %v", err, err)
	}
	return failure
}

// mustNotHold fails if text holds one of the secrets.
func mustNotHold(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("the secret %q is in %q", s, text)
		}
	}
}

// tokenOf makes a token that holds value as its access and its refresh token.
func tokenOf(value string) *vedauth.Token {
	return &vedauth.Token{ClientID: "terraform", AccessToken: secret.New(value), RefreshToken: secret.New(value)}
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// events records what a client logs.
type events struct {
	mu   sync.Mutex
	list []vedauth.Event
}

func (e *events) record(c *vedauth.Config) {
	c.Log = func(_ context.Context, event vedauth.Event) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.list = append(e.list, event)
	}
}

func (e *events) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return fmt.Sprintf("%+v", e.list)
}
