package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestStoredGrantsThatAreLost: the answer says what happened and what to do, and nothing is sent a third time.
func TestStoredGrantsThatAreLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults   []fakevedauth.Fault
		says     []string
		requests int
		next     []string // of the next run; nil if it succeeds
	}{
		"dead seed": {
			[]fakevedauth.Fault{fakevedauth.Refusal("refresh-token-dead", fakevedauth.Modern)},
			[]string{"The server refused the configured refresh_token", "vedauth_device_token", "Grant has been revoked"},
			1, nil,
		},
		"rotated, answer lost": {
			[]fakevedauth.Fault{fakevedauth.Reset().AfterCommit()},
			[]string{"the replacement was lost", "never arrived", "Give a new refresh_token"}, 2,
			[]string{"has been used up"},
		},
		"no answer, not seen": {[]fakevedauth.Fault{fakevedauth.Reset()}, nil, 2, nil},
		"no answer twice": {
			[]fakevedauth.Fault{fakevedauth.Reset(), fakevedauth.Reset()}, []string{"no answer that tells " +
				"whether the configured refresh_token was used"}, 2, nil,
		},
		"busy": {
			[]fakevedauth.Fault{fakevedauth.Status(503)}, []string{"configured refresh_token was not used and " +
				"stays good", "Try again later"}, 1, nil,
		},
		"wrong client": {
			[]fakevedauth.Fault{fakevedauth.Refusal("refresh-client-mismatch", fakevedauth.Modern)},
			[]string{"stays good", "Check client_id"}, 1, nil,
		},
		"a login page": {
			[]fakevedauth.Fault{fakevedauth.HTML(403, "Log in")}, []string{"stays good", "Log in"}, 1, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := withStore(t, fakevedauth.Options{}, nil)
			provider := b.block(
				config{"token_store": config{"path": filepath.Join(t.TempDir(), "store"), "lock_timeout": "1s"}},
			)
			b.must(b.configure(provider))
			block := config{"refresh_token": b.seed("ssh")}
			b.fake.Inject(fakevedauth.Token, fakevedauth.Sequence(test.faults...))
			got := b.openIn(b.ctx, refreshed, block)
			if test.says == nil {
				b.must(got.diags)
			} else {
				b.wantError(got.diags, "", test.says...)
			}
			b.wantRequests(fakevedauth.Token, test.requests)
			b.must(b.configure(provider))
			next := b.openIn(b.ctx, refreshed, block)
			if test.next == nil {
				b.must(next.diags)
			} else {
				b.wantError(next.diags, "", test.next...)
				b.wantRequests(fakevedauth.Token, test.requests)
			}
		})
	}
}

// TestWhatTheStoreDoesIsLogged: what is no warning, such as a wait or a second try, can be read in the log.
func TestWhatTheStoreDoesIsLogged(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	b.fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Reset()))
	b.must(b.close(b.openType(refreshed, config{"refresh_token": b.seed("ssh")}).private))
	if said := b.said.String(); !strings.Contains(said, "The same token is sent once more") {
		t.Errorf("the second try is not in the log:\n%s", said)
	}
}

// TestAFileThatOthersCanReadIsRefused with the command that mends it, before anything is sent.
func TestAFileThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	b, directory := withStore(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
	b.must(b.close(b.openType(refreshed, config{"refresh_token": b.seed("ssh")}).private))
	file := onlyGrant(t, directory)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	sent := len(b.fake.Requests())
	for _, typeName := range []string{refreshed, "vedauth_token"} { // the latter does not pass it over in silence
		b.wantError(b.openIn(b.ctx, typeName, nil).diags, "", "chmod 600 "+file)
	}
	if n := len(b.fake.Requests()); n != sent {
		t.Errorf("%d requests", n-sent)
	}
}

// TestAFileThatIsSetAsideIsNotPassedOverInSilence: not where the run fails without it either, or goes another way.
func TestAFileThatIsSetAsideIsNotPassedOverInSilence(t *testing.T) {
	t.Parallel()
	b, directory := withStore(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
	b.must(b.close(b.openType(refreshed, config{"refresh_token": b.seed("ssh")}).private))
	file := onlyGrant(t, directory)
	damage := func() {
		if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	warned := func(got opened, failed bool) {
		t.Helper()
		if failed {
			b.wantError(got.diags, "", "No grant \"default\" is stored")
		}
		if len(got.diags.warnings()) == 0 || !strings.Contains(got.diags.warnings()[0].Detail, "It was moved to "+file) {
			t.Errorf("nothing says where %s has gone: %s", file, got.diags)
		}
	}
	damage()
	warned(b.openIn(b.ctx, refreshed, nil), true)

	damage()
	b.env = map[string]string{"VEDAUTH_REFRESH_TOKEN": "a seed that nobody knows"}
	b.secrets = append(b.secrets, "a seed that nobody knows")
	other := b.openIn(b.ctx, "vedauth_token", nil)
	warned(other, false)
	if other.result["grant"] != "oauth" {
		t.Errorf("grant = %v", other.result["grant"])
	}
}

// onlyGrant is the file of the one grant in a store.
func onlyGrant(t *testing.T, directory string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	return files[0]
}

// TestAServerThatQuotesTheSeed: nothing of it is said, in a refusal, a page or a broken answer (the bench searches).
func TestAServerThatQuotesTheSeed(t *testing.T) {
	t.Parallel()
	for name, fault := range echoes("a refresh token of 32 characters") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := withStore(t, fakevedauth.Options{}, nil)
			b.secrets = append(b.secrets, "a refresh token of 32 characters")
			b.fake.Inject(fakevedauth.Token, fakevedauth.Always(fault))
			b.openIn(b.ctx, refreshed, config{"refresh_token": "a refresh token of 32 characters"})
			b.openIn(b.ctx, device, config{"device_code": "a refresh token of 32 characters", "name": "device"})
		})
	}
}
