//go:build unix

package acceptance_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
)

// TestForgetThatIsStopped between the refresh and its answer: the new tokens are stored all the same, so that the
// command can be run again. A terminal that is closed and a machine that shuts down stop it by signals of their own.
func TestForgetThatIsStopped(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{
		"Ctrl-C": syscall.SIGINT, "shutdown": syscall.SIGTERM, "closed terminal": syscall.SIGHUP,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
			store, key := storeExpired(t, fake)
			release := make(chan struct{})
			fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Hold(release).AfterCommit()))

			command, _ := forgetIn(t, fake, store.Dir())
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			if err := fake.WaitFor(t.Context(), func(l fakevedauth.Ledger) bool { return l.Refreshed == 1 }); err != nil {
				t.Fatal(err)
			}
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			close(release)
			if command.Wait() != nil { // else the answer was faster than the signal
				again, said := forgetIn(t, fake, store.Dir())
				if err := again.Run(); err != nil {
					t.Errorf("%v\n%s", err, said)
				}
			}
			if status, err := store.Peek(key, secret.String{}); err != nil || status.Stored {
				t.Errorf("still stored, or %v", err)
			}
			if l := fake.Ledger(); l.Live != 0 || l.Refreshed != 1 {
				t.Errorf("%s, %d refreshes", l, l.Refreshed)
			}
		})
	}
}

// storeExpired makes a token store with one grant, whose access token has expired by this machine's clock.
func storeExpired(t *testing.T, fake *fakevedauth.Server) (*tokenstore.Store, tokenstore.Key) {
	t.Helper()
	store, err := tokenstore.New(tokenstore.Options{Dir: filepath.Join(t.TempDir(), "store")})
	if err != nil {
		t.Fatal(err)
	}
	key, err := tokenstore.NewKey(fake.URL(), fakevedauth.DefaultClientID, "")
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := fake.Issue(fakevedauth.DefaultClientID, fakevedauth.DefaultUser, "ssh")
	if err != nil {
		t.Fatal(err)
	}
	lease, err := store.Put(t.Context(), tokenstore.NewGrant{
		Key: key, Started: time.Now().Add(-2 * time.Hour),
		Tokens: tokenstore.Tokens{
			AccessToken: secret.New(tokens.Access), RefreshToken: secret.New(tokens.Refresh), ExpiresIn: time.Hour,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	lease.Release()
	return store, key
}

// forgetIn is the command that forgets the default grant in a store, and what it says.
func forgetIn(t *testing.T, fake *fakevedauth.Server, store string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	_, folder := provider(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte(fake.CAPEM()), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), filepath.Join(folder, "terraform-provider-vedauth"), "forget",
		"-url", fake.URL(), "-client-id", fakevedauth.DefaultClientID, "-token-store", store, "-ca-file", ca)
	command.Env = terraformcli.CleanEnvironment("HOME=" + t.TempDir())
	said := new(bytes.Buffer)
	command.Stdout, command.Stderr = said, said
	return command, said
}
