package matrix_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
)

// unwritable is a directory in which nobody can make a file, not even root, and which looks like a user's own.
const unwritable = "/proc/self/fd"

// storePath is the directory of the token store as the cell has it.
func (w *world) storePath() string {
	if w.cell.Fault.Disk == matrix.DirectoryUnwritable && runtime.GOOS == "linux" {
		return unwritable
	}
	return w.store
}

func (w *world) storeBlock() block {
	b := block{"path": w.storePath()}
	if w.cell.Fault.Disk == matrix.LockIsHeld {
		b["lock_timeout"] = "10ms"
	}
	return b
}

// grantFile and lockFile are the files of the grant.
func (w *world) grantFile() string {
	w.t.Helper()
	key, err := tokenstore.NewKey(w.url(), fakevedauth.DefaultClientID, "")
	if err != nil {
		w.t.Fatal(err)
	}
	store, err := tokenstore.New(tokenstore.Options{Dir: w.store})
	if err != nil {
		w.t.Fatal(err)
	}
	return store.Path(key)
}

func (w *world) lockFile() string { return strings.TrimSuffix(w.grantFile(), ".json") + ".lock" }

// spoilStore puts the fault of the disk in place, and notes how to take it away.
func (w *world) spoilStore() {
	w.t.Helper()
	if runtime.GOOS == "windows" && !w.cell.Fault.Disk.OnWindows() {
		w.t.Skip("Windows has no such fault")
	}
	switch w.cell.Fault.Disk {
	case matrix.DirectoryIsFile:
		w.replace(w.store, func(path string) error { return os.WriteFile(path, nil, 0o600) })
	case matrix.DirectoryIsLink:
		w.replace(w.store, w.link)
	case matrix.DirectoryUnmade:
		w.replace(filepath.Dir(w.store), func(path string) error { return os.WriteFile(path, nil, 0o600) })
	case matrix.DirectoryIsOpen:
		w.chmod(w.store, 0o750)
	case matrix.DirectoryUnwritable:
		if runtime.GOOS != "linux" {
			w.chmod(w.store, 0o500)
		}
	case matrix.LockIsLink:
		w.replace(w.lockFile(), w.link)
	case matrix.LockIsDirectory:
		w.replace(w.lockFile(), func(path string) error { return os.Mkdir(path, 0o700) })
	case matrix.LockIsHeld:
		w.holdLock()
	case matrix.LostBefore:
		w.loseStore(fakevedauth.IsAuthServer)
	case matrix.LostMeanwhile:
		w.loseStore(refusal.Token)
	default:
		w.spoilGrant()
	}
}

// spoilGrant is spoilStore for the grant's own file.
func (w *world) spoilGrant() {
	w.t.Helper()
	content := func(text string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	switch w.cell.Fault.Disk {
	case matrix.GrantIsGarbled:
		// It is not put back: nobody could do that.
		w.must(os.MkdirAll(w.store, 0o700))
		w.must(content("\x00\x00 this is no grant")(w.grantFile()))
	case matrix.GrantIsNewer:
		w.replace(w.grantFile(), content(`{"version": 4711}`))
	case matrix.GrantIsAnothers:
		w.replace(w.grantFile(), content(`{"version": 1, "server": "https://other.example.com", "client_id": "terraform", `+
			`"name": "default", "salt": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`))
	case matrix.GrantIsOpen:
		if w.cell.Grant != matrix.Stored {
			w.replace(w.grantFile(), content(`{}`))
		}
		w.chmod(w.grantFile(), 0o644)
	case matrix.GrantIsLink:
		w.replace(w.grantFile(), w.link)
	case matrix.GrantIsDirectory:
		w.replace(w.grantFile(), func(path string) error { return os.Mkdir(path, 0o700) })
	}
}

// replace puts something else in the place of a path, and has what was there put back when the fault is over.
func (w *world) replace(path string, with func(path string) error) {
	w.t.Helper()
	aside := filepath.Join(w.t.TempDir(), "aside")
	w.must(os.MkdirAll(filepath.Dir(path), 0o700))
	moved := os.Rename(path, aside) == nil
	w.must(with(path))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mend = append(w.mend, func() error {
		if err := os.RemoveAll(path); err != nil || !moved {
			return err
		}
		return os.Rename(aside, path)
	})
}

// loseStore has the directory replaced when the first request comes to an endpoint.
func (w *world) loseStore(at refusal.Endpoint) {
	lost := false
	w.fake.Inject(at, fakevedauth.When(func(fakevedauth.Request) bool {
		if !lost {
			lost = true
			w.replace(w.store, func(path string) error { return os.WriteFile(path, nil, 0o600) })
		}
		return false
	}, fakevedauth.Always(fakevedauth.Nothing())))
}

// link makes a link to something that would do.
func (w *world) link(path string) error {
	target := filepath.Join(w.t.TempDir(), "target")
	if path == w.store {
		if err := os.Mkdir(target, 0o700); err != nil {
			return err
		}
	} else if err := os.WriteFile(target, nil, 0o600); err != nil {
		return err
	}
	return os.Symlink(target, path)
}

func (w *world) chmod(path string, mode os.FileMode) {
	w.t.Helper()
	good := os.FileMode(0o600)
	if path == w.store {
		good = 0o700
		w.must(os.MkdirAll(path, good))
	}
	w.must(os.Chmod(path, mode))
	// The last that was spoilt is mended first.
	w.mend = append([]func() error{func() error { return os.Chmod(path, good) }}, w.mend...)
}

// holdLock is another run that works on the grant.
func (w *world) holdLock() {
	w.t.Helper()
	w.must(os.MkdirAll(w.store, 0o700))
	lock := flock.New(w.lockFile(), flock.SetPermissions(0o600))
	if held, err := lock.TryLock(); err != nil || !held {
		w.t.Fatalf("the lock could not be taken: %v", err)
	}
	w.mend = append(w.mend, lock.Unlock)
}

func (w *world) mendStore() {
	w.t.Helper()
	w.mu.Lock()
	mends := w.mend
	w.mend = nil
	w.mu.Unlock()
	for _, mend := range mends {
		w.must(mend())
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
