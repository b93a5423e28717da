package tokenstore

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestAllFormsOfAServerAreOneKey(t *testing.T) {
	t.Parallel()
	forms := []string{
		"tpp.example.com", "TPP.example.com:443", "https://tpp.example.com", "https://tpp.example.com/",
		"HTTPS://Tpp.Example.Com", "https://tpp.example.com/vedauth", "https://tpp.example.com/VedSDK/",
		"https://tpp.example.com:443/vedauth/", " tpp.example.com ",
	}
	for _, form := range forms {
		if key, err := NewKey(form, "terraform", ""); err != nil || key != testKey {
			t.Errorf("%q: %+v, %v", form, key, err)
		}
	}
}

func TestDifferentGrantsAreDifferentKeys(t *testing.T) {
	t.Parallel()
	seen := map[files]string{}
	for _, parts := range [][3]string{
		{"tpp.example.com", "terraform", ""}, {"tpp.example.com", "Terraform", ""}, {"tpp.example.com", "terraform", "team"},
		{"tpp.example.com:8443", "terraform", ""}, {"tpp.example.com/tenant", "terraform", ""}, {"a", `b","name":"c`, "d"},
		{"a", "b", `c`},
	} {
		key, err := NewKey(parts[0], parts[1], parts[2])
		if err != nil {
			t.Fatal(err)
		}
		p := key.in("/s")
		if other, ok := seen[p]; ok {
			t.Errorf("%v shares the files of %s", parts, other)
		}
		seen[p] = strings.Join(parts[:], "|")
		if name := filepath.Base(p.data); !regexp.MustCompile(`^[0-9a-f]{32}\.json$`).MatchString(name) {
			t.Errorf("%v: file %q", parts, name)
		}
	}
	// The name of the file is part of the contract with earlier versions: it must not change.
	if got := filepath.Base(testKey.in("/s").data); got != "7b9ab9945579587121fc49058167c291.json" {
		t.Errorf("file %q", got)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, parts := range [][2]string{
		{"", "terraform"}, {"https://", "terraform"}, {"tpp.example.com", ""},
		{"https://me:hunter2@tpp.example.com", "terraform"},
		{"https://hunter2%zz@[::1", "terraform"},
	} {
		if key, err := NewKey(parts[0], parts[1], ""); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %+v, %v", parts, key, err)
		}
	}
}
