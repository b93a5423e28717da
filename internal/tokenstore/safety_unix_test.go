//go:build unix

package tokenstore

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// planted makes a bench with a stored grant whose access token is due for a refresh, so that nothing but the refusal
// of its files keeps a request from being sent.
func planted(t *testing.T) (*bench, files) {
	t.Helper()
	b := newBench(t)
	b.mustAcquire("seed-Zq==")
	b.stale()
	return b, testKey.in(b.store.dir)
}

func TestModesAtCreation(t *testing.T) {
	t.Parallel()
	b, p := planted(t)
	for path, want := range map[string]fs.FileMode{b.store.dir: 0o700, p.data: 0o600, p.lock: 0o600, p.use: 0o600} {
		if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, error %v", path, info.Mode(), err)
		}
	}
	b.server.script = script{func(l *ledger, token string) (Tokens, error) {
		b.eachFile(func(path string, info fs.FileInfo) {
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v during a refresh", path, info.Mode())
			}
		})
		return l.rotate(token)
	}}
	b.mustAcquire("")
}

func (b *bench) eachFile(look func(path string, info fs.FileInfo)) {
	b.t.Helper()
	entries, err := os.ReadDir(b.store.dir)
	if err != nil {
		b.t.Error(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			b.t.Error(err)
			continue
		}
		look(filepath.Join(b.store.dir, entry.Name()), info)
	}
}

// TestModesThatAreRefused: each refusal prints the command that mends it, sends nothing and repairs nothing.
func TestModesThatAreRefused(t *testing.T) {
	t.Parallel()
	b, p := planted(t)
	for _, path := range []string{p.data, p.lock, p.use, b.store.dir} {
		for _, mode := range []fs.FileMode{0o644, 0o660, 0o604, 0o755, 0o777} {
			good := fs.FileMode(0o600)
			command := "chmod 600 " + path
			if path == b.store.dir {
				good, mode, command = 0o700, mode|0o100, "chmod 700 "+path
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			failed := b.failure("", Unsafe, command)
			if !strings.HasSuffix(failed.Text, command) || failed.Definitive() {
				t.Errorf("error %v", failed)
			}
			if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != mode {
				t.Errorf("%s was repaired silently", path)
			}
			if err := os.Chmod(path, good); err != nil {
				t.Fatal(err)
			}
		}
	}
	if b.server.requests() != 1 {
		t.Errorf("%d requests", b.server.requests())
	}
	b.mustAcquire("")
}

func TestTheCommandIsQuoted(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/var/lib/store": "/var/lib/store", "/Users/a b/x": "'/Users/a b/x'", "/it's": `'/it'\''s'`, "/a;rm": "'/a;rm'",
	} {
		if got := shellQuote(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// TestFilesThatAreRefused: symbolic links and things that are not files, under each name that the store opens.
func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	plant := map[string]func(path string) error{
		"is a symbolic link": func(path string) error {
			target := filepath.Join(t.TempDir(), "target")
			if err := os.Rename(path, target); err != nil {
				return err
			}
			return os.Symlink(target, path)
		},
		"not a regular file": func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return syscall.Mkfifo(path, 0o600)
		},
	}
	for word, put := range plant {
		for i := range 3 {
			b, p := planted(t)
			path := []string{p.use, p.lock, p.data}[i]
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			b.wantError("", Unsafe, path, word)
			if b.server.requests() != 1 {
				t.Fatalf("%d requests", b.server.requests())
			}
		}
	}
}

// TestALinkThatAppearsLate: the name is checked, and then the open file too, so that nothing can be put in between.
func TestALinkThatAppearsLate(t *testing.T) {
	t.Parallel()
	b, p := planted(t)
	target := filepath.Join(t.TempDir(), "target")
	if err := os.Rename(p.data, target); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, p.data); err != nil {
		t.Fatal(err)
	}
	b.store.fs = blindFiles{b.store.fs}
	b.wantError("", Unsafe, "symbolic link")
	if err := os.Remove(p.data); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(target, p.data); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(p.data, 0o640); err != nil {
		t.Fatal(err)
	}
	b.wantError("", Unsafe, "chmod 600")
}

// blindFiles does not see what is under a name, as if it changed afterwards.
type blindFiles struct{ fileSystem }

func (f blindFiles) lstat(path string) (fs.FileInfo, error) {
	if strings.HasSuffix(path, ".json") {
		return nil, fs.ErrNotExist
	}
	return f.fileSystem.lstat(path)
}

func TestDirectoriesThatAreRefused(t *testing.T) {
	t.Parallel()
	b, _ := planted(t)
	dir := b.store.dir
	link := filepath.Join(filepath.Dir(dir), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	b.store = b.newStore(link)
	b.wantError("", Unsafe, "is a symbolic link")
	b.store = b.newStore(filepath.Join(dir, filepath.Base(testKey.in(dir).data)))
	b.wantError("", Unsafe, "is not a directory")
	b.store = b.newStore(filepath.Join(testKey.in(dir).data, "below"))
	b.wantError("seed-Zq==", NoStore, "token_store.path", "jwt")
	if b.server.requests() != 1 {
		t.Errorf("%d requests", b.server.requests())
	}
}

func TestGarbageIsSetAside(t *testing.T) {
	t.Parallel()
	b, p := planted(t)
	garbage := []string{
		"", "garbage-Zq==", `{"version": 1, "access_token": 12`, `{"version":1}`, `[]`, "null", `{"version":"1"}`,
		strings.Repeat(" ", maxFile+1),
	}
	for i, content := range garbage {
		if err := os.WriteFile(p.data, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b.store.Peek(testKey, testSecret("")); err != nil {
			t.Errorf("Peek: %v", err)
		}
		b.clock.advance(time.Hour / 2 * time.Duration(i%2)) // every other one in the same second
		b.wantError("", NoGrant)
		b.warned("It was moved to " + p.data + ".corrupt-2030")
	}
	kept := map[string]bool{}
	b.eachFile(func(path string, info fs.FileInfo) {
		if data, err := os.ReadFile(path); err == nil && strings.Contains(path, ".corrupt-") {
			kept[string(data)] = true
		}
	})
	if len(kept) != len(garbage) {
		t.Errorf("%d of %d were kept", len(kept), len(garbage))
	}
	b.server.live = "new-Zq=="
	b.mustAcquire("new-Zq==")
}

func TestANewerVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	b, p := planted(t)
	content := `{"version": 2, "tokens": "in another form"}`
	if err := os.WriteFile(p.data, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	b.wantError("new-Zq==", Newer, p.data, "later version")
	_, err := b.store.Put(t.Context(), NewGrant{Key: testKey, Tokens: newLedger("").issue()})
	wantKind(t, err, Newer)
	wantKind(t, b.store.Forget(t.Context(), ForgetRequest{Key: testKey}), Newer)
	if data, err := os.ReadFile(p.data); err != nil || string(data) != content {
		t.Errorf("now: %s, %v", data, err)
	}
}

func TestAFileOfAnotherGrant(t *testing.T) {
	t.Parallel()
	b, p := planted(t)
	other := b.request("other-Zq==")
	other.Key.Name = "other"
	if err := os.Rename(p.data, other.Key.in(b.store.dir).data); err != nil {
		t.Fatal(err)
	}
	_, err := b.store.Acquire(t.Context(), other)
	wantKind(t, err, Unsafe, "another server, client_id or name")
}
