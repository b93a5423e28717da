//go:build unix

package acceptance_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// The users that tests run Terraform as, where the tests are root's. Nobody needs to know them.
const (
	oneUser     = 64001
	anotherUser = 64002
)

// as makes Terraform run as another user, who can reach what is in the test's folders. Tests that are not root's run as
// the user they are.
func (w *world) as(uid uint32) {
	w.t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	_, folder := provider(w.t)
	for path := w.space.Folder; len(path) > len(os.TempDir()); path = filepath.Dir(path) {
		open(w.t, path)
	}
	open(w.t, folder)
	if err := w.space.RunAs(uid, uid); err != nil {
		w.t.Fatal(err)
	}
}

// open lets everybody into a folder.
func open(t *testing.T, folder string) {
	t.Helper()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestAReadOnlyStore: a token that is fresh is used; one that is due is not spent, because its successor could not be
// kept, and vedauth_token takes another way.
func TestAReadOnlyStore(t *testing.T) {
	t.Parallel()
	w, _ := newStored(t, fakevedauth.Options{})
	w.space.Setenv("VEDAUTH_TOKEN_STORE", "")
	w.as(oneUser)
	store := filepath.Join(w.space.Home, ".local", "state", "terraform-provider-vedauth")
	w.seed()
	w.must("plan")
	if err := os.Chmod(store, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(store, 0o700) })
	w.must("plan")
	w.wantStored(1, 1)

	file, err := os.Stat(w.grantFile(store))
	if err != nil {
		t.Fatal(err)
	}
	w.expire(store) // root can, and the file stays whose it is
	if now, err := os.Stat(w.grantFile(store)); err != nil || !os.SameFile(file, now) {
		t.Fatalf("the file was replaced: %v", err)
	}
	sent := w.fake.Ledger().Requests[fakevedauth.Token]
	w.mustFail([]string{"plan"}, "cannot be written", "A refresh token works once, so it was not sent", "jwt, certificate, integrated or oauth")
	w.write("main.tf", "ephemeral \"vedauth_token\" \"t\" {\n  scope = \"certificate\"\n}\n")
	w.must("plan")
	l := w.fake.Ledger()
	if l.Requests[fakevedauth.Token] != sent || l.Requests[fakevedauth.OAuth] != 1 {
		t.Errorf("%d refreshes, %d logins; want none and one", l.Requests[fakevedauth.Token]-sent, l.Requests[fakevedauth.OAuth])
	}
	if err := os.Chmod(store, 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("main.tf", "ephemeral \"vedauth_refreshed_token\" \"t\" {}\n")
	w.must("plan")
	w.wantStored(2, 1)
}

// TestTwoUsersDoNotShare: each has a store, and neither takes what lies in the other's.
func TestTwoUsersDoNotShare(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("only root can be two users; package tokenstore tests the refusal by itself")
		return
	}
	first, _ := newStored(t, fakevedauth.Options{})
	second, _ := newStored(t, fakevedauth.Options{})
	first.seed()
	for _, w := range []*world{first, second} {
		w.space.Setenv("VEDAUTH_TOKEN_STORE", "")
	}
	first.as(oneUser)
	second.as(anotherUser)
	first.must("plan")
	second.mustFail([]string{"plan"}, "No grant", "is stored for client_id")

	store := filepath.Join(first.space.Home, ".local", "state", "terraform-provider-vedauth")
	for path := store; len(path) > len(first.space.Home); path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil { // as a user would who wants to share
			t.Fatal(err)
		}
	}
	open(t, first.space.Home)
	second.space.Setenv("VEDAUTH_TOKEN_STORE", store)
	second.mustFail([]string{"plan"}, "belongs to another user")
	first.mustFail([]string{"plan"}, "chmod 700 "+store)
	first.wantStored(1, 1)
}
