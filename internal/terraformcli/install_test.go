package terraformcli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func silently() {}

func TestInstallDownloadsOnce(t *testing.T) {
	t.Parallel()
	mirror, folder := newMirror(t), t.TempDir()
	cli, isNew, err := install(t.Context(), folder, mirror.source(), silently)
	if err != nil {
		t.Fatal(err)
	}
	if !isNew || cli.Version != InstalledVersion || !strings.HasPrefix(cli.Path, folder) {
		t.Errorf("new %t, %+v", isNew, cli)
	}
	asked := len(mirror.requests)
	again, isNew, err := install(t.Context(), folder, mirror.source(), func() { t.Error("a second download") })
	if err != nil || isNew || again != cli {
		t.Errorf("second time: new %t, %+v, %v", isNew, again, err)
	}
	if asked != 4 || len(mirror.requests) != asked {
		t.Errorf("%d requests, then %d", asked, len(mirror.requests)-asked)
	}
	if got := listing(t, folder); len(got) != 4 {
		t.Errorf("the folder holds %v", got)
	}
}

func TestInstallReplacesADamagedOne(t *testing.T) {
	t.Parallel()
	mirror, folder := newMirror(t), t.TempDir()
	cli, _, err := install(t.Context(), folder, mirror.source(), silently)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"another version": "Terraform v1.12.0\n", "no version": ""} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(cli.Path), "version"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, isNew, err := install(t.Context(), folder, mirror.source(), silently); err != nil || !isNew {
			t.Errorf("%s: new %t, %v", name, isNew, err)
		}
	}
}

func TestInstallAtTheSameTime(t *testing.T) {
	t.Parallel()
	mirror, folder := newMirror(t), t.TempDir()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if _, _, err := install(t.Context(), folder, mirror.source(), silently); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := listing(t, folder); len(got) != 4 {
		t.Errorf("the folder holds %v", got)
	}
}

func TestInstallRefuses(t *testing.T) {
	// Not parallel: it watches the folder for temporary files.
	cases := map[string]struct {
		spoil func(t *testing.T, m *mirror)
		want  string
	}{
		"an archive with another checksum": {func(_ *testing.T, m *mirror) {
			m.files[mirrorZip] = append(bytes.Clone(m.files[mirrorZip]), 0)
		}, "checksum does not match"},
		"an archive without a checksum": {func(t *testing.T, m *mirror) {
			key := newKey(t)
			m.publicKey = armored(t, key)
			m.files[mirrorFolder+"index.json"] = bytes.ReplaceAll(m.files[mirrorFolder+"index.json"],
				[]byte(mirrorZip[len(mirrorFolder):]), []byte("other.zip"))
			m.sign(t, key, nil)
		}, "no checksum found"},
		"checksums signed by a stranger": {func(t *testing.T, m *mirror) {
			m.sign(t, newKey(t), nil)
		}, "unable to verify checksums signature"},
		"checksums changed after signing": {func(_ *testing.T, m *mirror) {
			m.files[mirrorSums] = append(m.files[mirrorSums], '\n')
		}, "unable to verify checksums signature"},
		"a key that has expired": {func(t *testing.T, m *mirror) {
			key := newKeyWith(t, twoDaysAgo())
			m.publicKey = armored(t, key)
			m.sign(t, key, twoDaysAgo())
		}, "key expired"},
		"an empty signature": {func(_ *testing.T, m *mirror) {
			m.files[mirrorSums+".sig"] = nil
		}, "unable to verify checksums signature"},
		"no signature": {func(_ *testing.T, m *mirror) {
			delete(m.files, mirrorSums+".sig")
		}, "404"},
		"no release": {func(_ *testing.T, m *mirror) {
			delete(m.files, mirrorFolder+"index.json")
		}, "404"},
		"an archive that is none": {func(t *testing.T, m *mirror) {
			key := newKey(t)
			m.publicKey = armored(t, key)
			m.files[mirrorZip] = []byte("not a zip file")
			m.sign(t, key, nil)
		}, "the download was refused"},
		"a program of another version": {func(t *testing.T, m *mirror) {
			key := newKey(t)
			m.publicKey = armored(t, key)
			m.addRelease(t, key, "Terraform v1.12.0\n")
		}, "instead of " + InstalledVersion},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			temporary := t.TempDir()
			for _, variable := range []string{"TMPDIR", "TMP", "TEMP"} {
				t.Setenv(variable, temporary)
			}
			mirror, folder := newMirror(t), t.TempDir()
			before := listing(t, temporary)
			test.spoil(t, mirror)
			_, _, err := install(t.Context(), folder, mirror.source(), silently)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if got := listing(t, folder); len(got) > 0 {
				t.Errorf("left behind: %v", got)
			}
			if after := listing(t, temporary); len(after) != len(before) {
				t.Errorf("left behind among the temporary files: %v", after)
			}
		})
	}
}

func TestInstallStopsWhenAsked(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	folder := t.TempDir()
	if _, _, err := install(ctx, folder, newMirror(t).source(), silently); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if got := listing(t, folder); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestFindSaysWhatToDoWithoutNetwork(t *testing.T) {
	t.Parallel()
	mirror := newMirror(t)
	delete(mirror.files, mirrorFolder+"index.json")
	var told []string
	finder := Finder{
		Getenv: func(string) string { return "" }, LookPath: onlyTofu(""),
		Folder: t.TempDir(), Source: mirror.source(),
		Notify: func(message string) { told = append(told, message) },
	}
	_, err := finder.Find(t.Context())
	if len(told) != 1 || !strings.Contains(told[0], "no terraform on PATH; no tofu on PATH") {
		t.Errorf("told %q", told)
	}
	for _, want := range []string{"cannot install Terraform " + InstalledVersion, "no terraform on PATH", Variable} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// listing is everything in folder, folders included, but not folder itself.
func listing(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if path != folder {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
