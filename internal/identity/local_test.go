package identity

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

func TestLiteral(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	source, err := FromToken(secret.New("  " + token + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Present(); err != nil {
		t.Error(err)
	}
	got, err := source.Fetch(t.Context())
	if reveal(t, got, err) != token {
		t.Error("another token")
	}
	for _, empty := range []string{"", " \n"} {
		_, err := FromToken(secret.New(empty))
		wantError(t, err, "jwt", []string{"empty", "jwt_file", "jwt_env", "hcp_terraform"}, nil)
	}
}

// write makes a file with that content and returns its path.
func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func fileSource(t *testing.T, path string) Source {
	t.Helper()
	source, err := FromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// TestFileIsReadAnew also goes through links that are turned round, as a kubelet does when it rotates a token.
func TestFileIsReadAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, generation := range []string{"1", "2"} {
		if err := os.Mkdir(filepath.Join(dir, generation), 0o700); err != nil {
			t.Fatal(err)
		}
		content := []byte("token of generation " + generation + "\r\n")
		if err := os.WriteFile(filepath.Join(dir, generation, "token"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, path := filepath.Join(dir, "..data"), filepath.Join(dir, "token")
	if err := errors.Join(os.Symlink("1", data), os.Symlink(filepath.Join("..data", "token"), path)); err != nil {
		t.Fatal(err)
	}
	source := fileSource(t, path)
	if err := source.Present(); err != nil {
		t.Error(err)
	}
	got, err := source.Fetch(t.Context())
	if value := reveal(t, got, err); value != "token of generation 1" {
		t.Errorf("got %q", value)
	}
	if err := errors.Join(os.Remove(data), os.Symlink("2", data)); err != nil {
		t.Fatal(err)
	}
	got, err = source.Fetch(t.Context())
	if value := reveal(t, got, err); value != "token of generation 2" {
		t.Errorf("got %q", value)
	}
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	closed := func(reader io.Reader, err error) func(string) (io.ReadCloser, error) {
		return func(string) (io.ReadCloser, error) { return io.NopCloser(reader), err }
	}
	good := write(t, token)
	belowFile, belowFileIsAbsent := "cannot be read (not a directory)", false
	if runtime.GOOS == "windows" { // which does not tell this from a path that leads nowhere
		belowFile, belowFileIsAbsent = "does not exist", true
	}
	for name, test := range map[string]struct {
		path   string
		open   func(string) (io.ReadCloser, error)
		words  []string
		absent bool
	}{
		"missing":     {path: filepath.Join(t.TempDir(), "token"), words: []string{"not exist", "mounted"}, absent: true},
		"home":        {path: "~/token", words: []string{`"~/token" does not exist`, "pathexpand"}, absent: true},
		"directory":   {path: t.TempDir(), words: []string{"is a directory"}},
		"device":      {path: os.DevNull, words: []string{"is not a regular file"}},
		"below file":  {path: filepath.Join(good, "token"), words: []string{belowFile}, absent: belowFileIsAbsent},
		"empty":       {path: write(t, ""), words: []string{"is empty"}},
		"blank":       {path: write(t, " \r\n\t\n"), words: []string{"is empty"}},
		"huge":        {path: write(t, strings.Repeat(token, maxToken/len(token)+1)), words: []string{"more than 1 MiB"}},
		"forbidden":   {path: good, open: closed(nil, fs.ErrPermission), words: []string{"may not be read", "fsGroup"}},
		"broken disk": {path: good, open: closed(iotest.ErrReader(io.ErrNoProgress), nil), words: []string{"cannot be read"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := fileSource(t, test.path)
			if s, ok := source.(file); ok && test.open != nil {
				s.open = test.open
				source = s
			}
			_, err := source.Fetch(t.Context())
			if known := wantError(t, err, "jwt_file", test.words, []string{token}); known.Absent != test.absent {
				t.Errorf("Absent = %v", known.Absent)
			}
			if present := source.Present() == nil; present == test.absent {
				t.Errorf("Present = %v", present)
			}
		})
	}
}

func TestFileArguments(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	for path, words := range map[string][]string{
		"":                           {"path is empty"},
		" ":                          {"path is empty"},
		token:                        {"looks like a token", "goes into jwt"},
		"AAAAAAAAAAAAAAAAAAAAAA==":   {"looks like a token"},
		"file:/run/secrets/token":    {"begins with file:"},
		"token\x00":                  {"NUL"},
		"-----BEGIN CERTIFICATE----": {"looks like a token"},
	} {
		_, err := FromFile(path)
		wantError(t, err, "jwt_file", words, []string{token, "AAAAAAAAAAAAAAAAAAAAAA=="})
	}
}

func TestVariable(t *testing.T) {
	t.Parallel()
	values := map[string]string{"VEDAUTH_ID_TOKEN": " first\n", "EMPTY": "", "BLANK": " "}
	source, err := FromVariable("VEDAUTH_ID_TOKEN", variables(values))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first", "second"} {
		got, err := source.Fetch(t.Context())
		if value := reveal(t, got, err); value != want {
			t.Errorf("got %q, want %q", value, want)
		}
		values["VEDAUTH_ID_TOKEN"] = "second"
	}
	for name, words := range map[string][]string{
		"UNSET": {"the environment variable UNSET is not set", "id_tokens"},
		"EMPTY": {"the environment variable EMPTY is set, but empty"},
		"BLANK": {"the environment variable BLANK is set, but empty"},
	} {
		source, err := FromVariable(name, variables(values))
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Fetch(t.Context())
		if !wantError(t, err, "jwt_env", words, nil).Absent || source.Present() == nil {
			t.Errorf("%s does not count as absent", name)
		}
	}
}

func TestVariableNames(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	bare := strings.ReplaceAll(token, ".", "")
	for name, words := range map[string][]string{
		"":                         {"name is empty"},
		token:                      {"takes the name of a variable", "goes into jwt"},
		" " + token:                {"takes the name of a variable"},
		"AAAAAAAAAAAAAAAAAAAAAA==": {"takes the name of a variable"},
		bare:                       {"takes the name of a variable"},
		bare[10:]:                  {"is not the name"},
		"$VEDAUTH_ID_TOKEN":        {"sign that expands", "bare name"},
		"%VEDAUTH_ID_TOKEN%":       {"sign that expands"},
		"VEDAUTH ID TOKEN":         {"is not the name"},
		"1TOKEN":                   {"is not the name"},
	} {
		_, err := FromVariable(name, variables(nil))
		wantError(t, err, "jwt_env", words, []string{token, bare, "AAAAAAAAAAAAAAAAAAAAAA=="})
	}
}

func TestHCPTerraform(t *testing.T) {
	t.Parallel()
	env := variables(map[string]string{
		"TFC_WORKLOAD_IDENTITY_TOKEN": "plain", "TFC_WORKLOAD_IDENTITY_TOKEN_VEDAUTH": "tagged",
	})
	for tag, want := range map[string]string{"": "plain", "VEDAUTH": "tagged"} {
		source, err := HCPTerraform(tag, env)
		if err != nil {
			t.Fatal(err)
		}
		got, err := source.Fetch(t.Context())
		if value := reveal(t, got, err); value != want {
			t.Errorf("tag %q: got %q, want %q", tag, value, want)
		}
	}
	for tag, words := range map[string][]string{
		"":      {"TFC_WORKLOAD_IDENTITY_TOKEN is not set", "TFC_WORKLOAD_IDENTITY_AUDIENCE on", "1.7.0"},
		"OTHER": {"TFC_WORKLOAD_IDENTITY_TOKEN_OTHER is not set", "TFC_WORKLOAD_IDENTITY_AUDIENCE_OTHER on", "1.12.0"},
	} {
		source, err := HCPTerraform(tag, variables(nil))
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Fetch(t.Context())
		if !wantError(t, err, "hcp_terraform", words, nil).Absent || source.Present() == nil {
			t.Errorf("tag %q does not count as absent", tag)
		}
	}
	token := mint(t, nil)
	for tag, words := range map[string][]string{
		"TYPE": {"reserved"}, "A-B": {"other characters"}, " ": {"other characters"}, token: {"other characters"},
	} {
		_, err := HCPTerraform(tag, env)
		wantError(t, err, "hcp_terraform", words, []string{token})
	}
}
