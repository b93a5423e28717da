package tokenstore

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// absolute makes of /a/b what this system calls an absolute path, and leaves others as they are.
func absolute(path string) string {
	if strings.HasPrefix(path, "/") && runtime.GOOS == "windows" {
		return filepath.FromSlash("C:" + path)
	}
	return path
}

func TestLocate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		explicit, system string
		env              map[string]string
		want             string
	}{
		{"/srv/store/", "linux", nil, "/srv/store"},
		{"", "linux", map[string]string{"HOME": "/home/me"}, "/home/me/.local/state/terraform-provider-vedauth"},
		{"", "freebsd", map[string]string{"HOME": "/home/me", "XDG_STATE_HOME": "/state"},
			"/state/terraform-provider-vedauth"},
		{"", "linux", map[string]string{"HOME": "/home/me", "XDG_STATE_HOME": "rel"},
			"/home/me/.local/state/terraform-provider-vedauth"},
		{"", "linux", map[string]string{"XDG_STATE_HOME": "/state"}, "/state/terraform-provider-vedauth"},
		{"", "darwin", map[string]string{"HOME": "/Users/me", "XDG_STATE_HOME": "/state"},
			"/Users/me/Library/Application Support/terraform-provider-vedauth"},
		{"", "windows", map[string]string{"LocalAppData": "/local"}, "/local/terraform-provider-vedauth"},
	}
	for _, test := range tests {
		got, err := locate(absolute(test.explicit), test.system, func(name string) string { return absolute(test.env[name]) })
		if err != nil || got != absolute(test.want) {
			t.Errorf("%+v: %q, %v", test, got, err)
		}
	}
}

func TestNowhereToLocate(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	_, err := locate("", "linux", none)
	wantKind(t, err, NoStore, "HOME", "token_store.path", "jwt")
	_, err = locate("", "windows", none)
	wantKind(t, err, NoStore, "LocalAppData")
	_, err = locate("", "darwin", func(string) string { return "relative" })
	wantKind(t, err, NoStore, "HOME")
	for _, relative := range []string{"store", "./store", "~/store"} {
		_, err = locate(relative, "linux", none)
		wantKind(t, err, NoStore, "is not absolute", relative)
		_, err = New(Options{Dir: relative})
		wantKind(t, err, NoStore, relative)
	}
	if _, err := Locate(t.TempDir(), os.Getenv); err != nil {
		t.Error(err)
	}
}
