package kerberos

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, files ...string) *Config {
	t.Helper()
	c, err := LoadConfig(files)
	if err != nil {
		t.Fatal(err)
	}
	c.lookup = func(context.Context, string, string, string) (string, []*net.SRV, error) {
		return "", nil, errors.New("no DNS in this test")
	}
	return c
}

func problemOf(err error) Problem {
	var failed *Error
	if errors.As(err, &failed) {
		return failed.Problem
	}
	return ""
}

// TestConfigAsDistributionsHaveIt reads a file with what real ones have: comments, includes, blocks within blocks.
func TestConfigAsDistributionsHaveIt(t *testing.T) {
	t.Parallel()
	extra := writeFile(t, "extra.d/realm.conf", "[realms]\nB.TEST = {\n  kdc = b.example.test:8888\n}\n")
	dir := filepath.Dir(extra)
	for _, passedOver := range []string{"realm.conf.rpmsave~", ".hidden.conf"} {
		if err := os.WriteFile(filepath.Join(dir, passedOver), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	included := writeFile(t, "crypto-policies",
		"[libdefaults]\npermitted_enctypes = aes256-sha2, aes256-cts camellia256-cts\n")
	file := writeFile(t, "krb5.conf", `# To opt out of the system crypto-policies …
; another comment
include `+included+`
includedir `+dir+`
[logging]
    default = FILE:/var/log/krb5libs.log
[libdefaults]
    default_realm = A.TEST
    default_ccache_name = KEYRING:persistent:%{uid}
    dns_lookup_kdc = Yes
[realms]
    A.TEST = {
        kdc = one.example.test
        kdc = two.example.test:1088
        kdc = [2001:db8::1]:88
        kdc = https://proxy.example.test/KdcProxy
        admin_server = one.example.test
        auth_to_local_names = {
            kdc = not.this.one
        }
    }
[domain_realm]
    .example.test = A.TEST
    web.b.example.test = B.TEST
`)
	c := load(t, file)
	if c.DefaultRealm() != "A.TEST" || !c.dnsLookup {
		t.Errorf("default realm %q, DNS %v", c.DefaultRealm(), c.dnsLookup)
	}
	if want := []int32{aes256SHA2, aes256SHA1}; !slices.Equal(c.encryption, want) {
		t.Errorf("encryption %v, want %v", c.encryption, want)
	}
	for realm, want := range map[string]string{
		"A.TEST": "one.example.test:88 two.example.test:1088 [2001:db8::1]:88", "B.TEST": "b.example.test:8888", "C.TEST": "",
	} {
		kdcs, err := c.kdcs(t.Context(), realm)
		if got := strings.Join(kdcs, " "); got != want || err != nil {
			t.Errorf("%s: KDCs %q, %v; want %q", realm, got, err, want)
		}
	}
	for host, want := range map[string]string{
		"web.b.example.test": "B.TEST", "WWW.example.test.": "A.TEST", "deep.www.example.test": "A.TEST",
		"example.test": "", "localhost": "",
	} {
		if got := c.realmOf(host); got != want {
			t.Errorf("realm of %s = %q, want %q", host, got, want)
		}
	}
}

func TestSeveralFiles(t *testing.T) {
	t.Parallel()
	first := writeFile(t, "first", "[libdefaults]\ndefault_realm = FIRST.TEST\n[realms]\nX.TEST = {\nkdc = a\n}\n")
	second := writeFile(t, "second", "[libdefaults]\ndefault_realm = SECOND.TEST\n[realms]\nX.TEST = {\nkdc = b\n}\n")
	missing := filepath.Join(t.TempDir(), "missing")
	c := load(t, SplitPaths(strings.Join([]string{first, missing, "", second}, string(os.PathListSeparator)))...)
	kdcs, err := c.kdcs(t.Context(), "X.TEST")
	if c.DefaultRealm() != "FIRST.TEST" || !slices.Equal(kdcs, []string{"a:88", "b:88"}) || err != nil {
		t.Errorf("realm %s, KDCs %v, %v", c.DefaultRealm(), kdcs, err)
	}
	if _, err := LoadConfig([]string{missing, missing + "2"}); problemOf(err) != ConfigFile {
		t.Errorf("all missing: %v", err)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	loop := filepath.Join(t.TempDir(), "loop")
	if err := os.WriteFile(loop, []byte("include "+loop+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadConfig([]string{loop}); problemOf(err) != ConfigFile ||
		!strings.Contains(err.Error(), "include one another") {
		t.Errorf("loop: %v", err)
	}
	for content, says := range map[string]string{
		"include /nonexistent/file":                      "cannot be read",
		"includedir /nonexistent/":                       "cannot be read",
		"module /usr/lib/x.so:y":                         "krb5_conf_file",
		"[libdefaults\n":                                 "line 1",
		"[realms]\nX = {\nkdc = a\n":                     "never closed",
		"[realms]\n}\n":                                  "line 2",
		"[realms]\nX = { kdc = a }\n":                    "does not end its line",
		"[libdefaults]\ngarbage\n":                       "name = value",
		"kdc = a\n":                                      "line 1",
		"[libdefaults]\ndns_lookup_kdc = perhaps":        "truth value",
		"[libdefaults]\npermitted_enctypes = des3 x":     "aes256",
		"[realms]\nX = {\n[libdefaults]\n}\n":            "line 3",
		"[libdefaults]\ndefault_tkt_enctypes = -aes256 ": "supported",
	} {
		if _, err := LoadConfig([]string{writeFile(t, "krb5.conf", content)}); err == nil ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", content, err, says)
		}
	}
}

func TestDNS(t *testing.T) {
	t.Parallel()
	c := load(t)
	var asked []string
	c.lookup = func(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
		asked = append(asked, "_"+service+"._"+proto+"."+name)
		if proto == "udp" {
			return "", []*net.SRV{{Target: "dc1.example.test.", Port: 88}}, nil
		}
		return "", []*net.SRV{{Target: "dc1.example.test.", Port: 88}, {Target: "dc2.example.test.", Port: 1088}}, nil
	}
	kdcs, err := c.kdcs(t.Context(), "EXAMPLE.TEST")
	if !slices.Equal(kdcs, []string{"dc1.example.test:88", "dc2.example.test:1088"}) || err != nil {
		t.Errorf("KDCs %v, %v", kdcs, err)
	}
	if !c.HasKDC(t.Context(), "example.test") || !slices.Contains(asked, "_kerberos._tcp.EXAMPLE.TEST") {
		t.Errorf("asked %v", asked)
	}
	off := load(t, writeFile(t, "krb5.conf", "[libdefaults]\ndns_lookup_kdc = no\n"))
	if off.HasKDC(t.Context(), "EXAMPLE.TEST") {
		t.Error("DNS was asked although krb5.conf forbids it")
	}
}

func TestEncryptionNames(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]int32{
		"DEFAULT -rc4":            {aes256SHA1, aes128SHA1, aes256SHA2, aes128SHA2},
		"arcfour-hmac,aes128-cts": {rc4, aes128SHA1},
		"aes aes256-cts +rc4":     {aes256SHA1, aes128SHA1, aes256SHA2, aes128SHA2, rc4},
		"des-cbc-crc":             nil,
	} {
		if got := parseEncryption(value); !slices.Equal(got, want) {
			t.Errorf("%q = %v, want %v", value, got, want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("[realms]\nX = {\nkdc = a\n}\n")
	f.Add("[libdefaults]\ndefault_realm = X\n")
	f.Fuzz(func(t *testing.T, content string) {
		if strings.Contains(content, "include") {
			return // It would read this machine's files.
		}
		file := filepath.Join(t.TempDir(), "krb5.conf")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadConfig([]string{file}); err != nil && problemOf(err) == "" {
			t.Errorf("untyped: %v", err)
		}
	})
}
