package acceptance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// TestRevocationThatDoesNotSucceed: it warns, and never fails the run.
func TestRevocationThatDoesNotSucceed(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	for name, fault := range map[string]fakevedauth.Fault{
		"fails":   fakevedauth.Status(500),
		"refused": fakevedauth.Refusal("scope-insufficient", refusal.Modern, "scope", "certificate"),
		"hangs":   fakevedauth.Hold(never),
		"reset":   fakevedauth.Reset(),
		"a page":  fakevedauth.HTML(200, "Please log in"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{})
			w.fake.Inject(refusal.Revoke, fakevedauth.Always(fault))
			w.write("main.tf", "ephemeral \"vedauth_oauth_token\" \"t\" {\n  scope = \"certificate\"\n}\n")
			result := w.must("plan")
			w.says(result, "Warning: Token not revoked", "The revocation of a token at "+w.fake.URL()+" did not succeed")
		})
	}
}

// TestTwentyHangingRevocations: Terraform closes the instances of one block one after the other; the provider does not
// make it wait for each.
func TestTwentyHangingRevocations(t *testing.T) {
	t.Parallel()
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	w := newWorld(t, fakevedauth.Options{})
	w.fake.Inject(refusal.Revoke, fakevedauth.Always(fakevedauth.Hold(never)))
	w.write("main.tf", `
ephemeral "vedauth_oauth_token" "t" {
  count = 20
  scope = join(";", [for i in range(20) : i == count.index ? "certificate" : "ssh"])
  state = "block ${count.index}"
}
`)
	began := time.Now()
	result := w.must("plan")
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("20 hanging revocations took %v", took)
	}
	if !strings.Contains(unwrap(result.Stdout+result.Stderr), "Token not revoked") {
		t.Errorf("no warning:\n%s\n%s", result.Stdout, result.Stderr)
	}
}

// TestRevocationIsTriedAgainOnTheWayOut: a server that fails once is asked again.
func TestRevocationIsTriedAgainOnTheWayOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fakevedauth.Options{})
	w.fake.Inject(refusal.Revoke, fakevedauth.Times(1, fakevedauth.Refusal("scope-insufficient", refusal.Modern, "scope", "certificate")))
	w.write("main.tf", "ephemeral \"vedauth_oauth_token\" \"t\" {\n  scope = \"certificate\"\n}\n")
	w.must("plan")
	w.nothingLeft()
}
