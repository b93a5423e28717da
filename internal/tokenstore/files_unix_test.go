//go:build unix

package tokenstore

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// TestEveryNewDirectoryIsMadeDurable: not only the last one, and none that was there before.
func TestEveryNewDirectoryIsMadeDurable(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	path := filepath.Join(home, ".local", "state", "store")
	var synced []string
	record := func(dir string) error {
		synced = append(synced, dir)
		return nil
	}
	if err := makeDurably(path, record); err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(home, ".local", "state"), filepath.Join(home, ".local"), home}
	if !slices.Equal(synced, want) {
		t.Errorf("synced %q, want %q", synced, want)
	}
	for _, dir := range []string{path, want[0], want[1]} {
		if info, err := os.Lstat(dir); err != nil || info.Mode().Perm() != directoryMode {
			t.Errorf("%s: %v, %v", dir, info, err)
		}
	}
	synced = nil
	if err := makeDurably(path, record); err != nil || synced != nil {
		t.Errorf("of a directory that is there: %v, synced %q", err, synced)
	}
	failing := func(string) error { return &fs.PathError{Op: "sync", Path: path, Err: syscall.EIO} }
	if err := makeDurably(filepath.Join(path, "another"), failing); err == nil {
		t.Error("a directory that was not made durable counts as made")
	}
}
