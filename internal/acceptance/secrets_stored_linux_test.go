package acceptance_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/leak"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// TestNoSecretOfAStoredGrantAnywhere but in the store, which lies apart here: not in state, plan, log or output, whatever
// the server answers to a refresh.
func TestNoSecretOfAStoredGrantAnywhere(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]fakevedauth.Plan{
		"success":      {},
		"refused":      fakevedauth.Always(fakevedauth.Refusal("refresh-token-dead", fakevedauth.Modern)),
		"lost":         fakevedauth.Once(fakevedauth.Reset().AfterCommit()),
		"cut off":      fakevedauth.Always(fakevedauth.Truncate(120)),
		"text behind":  fakevedauth.Always(fakevedauth.Trailing("<!-- bye -->")),
		"wrong types":  fakevedauth.Always(fakevedauth.WrongTypes()),
		"without body": fakevedauth.Always(fakevedauth.EmptyBody()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, store := newStored(t, fakevedauth.Options{})
			w.space.Trace(filepath.Join(w.space.Home, "trace.log"))
			w.seed()
			w.fake.Inject(fakevedauth.Token, plan)
			password := "the password of nobody"
			w.password(password)
			results := []terraformcli.Result{
				w.run(
					"plan",
					"-out=saved.tfplan",
				),
				w.run("show", "-json", "saved.tfplan"),
				w.run("apply"),
				w.run("show", "-json"),
				w.run("destroy"),
			}
			w.searchFor(password, results...)
			if name == "success" {
				w.findsInStore(store)
			}
		})
	}
}

// findsInStore shows that the search finds the tokens where they are by design.
func (w *world) findsInStore(store string) {
	w.t.Helper()
	tokens, _ := w.fake.TokensOf(1)
	search, err := leak.New(
		leak.Secret{
			Name:  "access token",
			Value: secret.New(tokens.Access),
		},
		leak.Secret{Name: "refresh token", Value: secret.New(tokens.Refresh)},
	)
	if err != nil {
		w.t.Fatal(err)
	}
	hits, err := search.Files(store)
	if err != nil || len(hits) < 2 {
		w.t.Errorf("found %v in the store, want both tokens: %v", hits, err)
	}
}

// TestNoSecretOfADeviceLoginAnywhere: neither the device code nor the tokens, on the terminal least of all.
func TestNoSecretOfADeviceLoginAnywhere(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]string{"once": "", "remembered": "remember = true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, quickly)
			w.space.Trace(filepath.Join(w.space.Home, "trace.log"))
			w.space.Setenv("VEDAUTH_TOKEN_STORE", filepath.Join(t.TempDir(), "store"))
			w.write("main.tf", deviceBlock(block))
			shown, result := w.login("plan", "-out=saved.tfplan")
			if result.ExitCode != 0 || !strings.Contains(shown, "Thank you") {
				t.Fatalf("exit code %d\n%s", result.ExitCode, result.Stderr)
			}
			w.searchFor(
				"the password of nobody",
				result,
				terraformcli.Result{Stdout: shown},
				w.run("show", "-json", "saved.tfplan"),
			)
		})
	}
}
