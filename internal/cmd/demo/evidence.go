package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/leak"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// judgeLeaks searches everything that was written for every secret that the server knows, and then shows that the
// search can find: in every form, and in a copy of the real state and log into which a token is planted.
func (d *demo) judgeLeaks() error {
	searcher, err := leak.New(d.secrets()...)
	if err != nil {
		return err
	}
	files, bytes, err := d.removeProvider()
	if err != nil {
		return err
	}
	hits, err := searcher.Files(d.folder)
	if err != nil {
		return err
	}
	d.say("what was written")
	d.say("  state, saved plan, output, trace log: %d files, %d kB", files, bytes/1000)
	d.say("  password and tokens in them, in %d spellings: found %d times", searcher.Forms(), len(hits))
	planted, err := d.plant(searcher)
	if err != nil {
		return err
	}
	d.say("  the same search after planting each of them: found %d of %d", planted, len(d.secrets()))
	if len(hits) > 0 {
		return fmt.Errorf("a secret was written to disk: %s", describe(hits))
	}
	return nil
}

// secrets are the password and everything that the server has issued.
func (d *demo) secrets() []leak.Secret {
	var secrets []leak.Secret
	for i, value := range d.server.Secrets() {
		name := fmt.Sprintf("token %d", i)
		if value == d.password {
			name = "the password"
		}
		secrets = append(secrets, leak.Secret{Name: name, Value: secret.New(value)})
	}
	return secrets
}

// removeProvider takes the provider out of the folder that is searched, and counts what is left.
func (d *demo) removeProvider() (files int, bytes int64, err error) {
	if strings.HasPrefix(d.providerFolder, d.folder) {
		if err := os.RemoveAll(d.providerFolder); err != nil {
			return 0, 0, err
		}
	}
	err = filepath.WalkDir(d.folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files, bytes = files+1, bytes+info.Size()
		return nil
	})
	return files, bytes, err
}

// plant writes each secret into a copy of the trace log, and returns how many of them the search finds there.
func (d *demo) plant(searcher *leak.Searcher) (found int, err error) {
	if err := searcher.Check(); err != nil {
		return 0, err
	}
	log, err := os.ReadFile(filepath.Join(d.folder, "trace.log"))
	if err != nil {
		return 0, err
	}
	for _, planted := range d.secrets() {
		half := len(log) / 2
		copied := string(log[:half]) + planted.Value.Reveal() + string(log[half:])
		hits, err := searcher.Bytes("a planted copy", []byte(copied))
		if err != nil {
			return found, err
		}
		if len(hits) > 0 {
			found++
		}
	}
	if found != len(d.secrets()) {
		return found, errors.New("the search does not find what was planted, so it proves nothing")
	}
	return found, nil
}

func describe(hits []leak.Hit) string {
	lines := make([]string, 0, len(hits))
	for _, hit := range hits {
		lines = append(lines, "  "+hit.String())
	}
	return "\n" + strings.Join(lines, "\n")
}
