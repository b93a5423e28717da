package kerberos

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func data16(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

func data32(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

func keytabRecord(realm, name string, version uint32, encryption uint16, value []byte) []byte {
	r := binary.BigEndian.AppendUint16(nil, 1)
	r = append(r, data16([]byte(realm))...)
	r = append(r, data16([]byte(name))...)
	r = append(r, 0, 0, 0, 1, 0, 0, 0, 0, byte(version))
	r = binary.BigEndian.AppendUint16(r, encryption)
	r = append(r, data16(value)...)
	return data32(binary.BigEndian.AppendUint32(r, version))
}

var keyBytes = bytes.Repeat([]byte{0xAB, 'K'}, 16)

func testKeytab() []byte {
	hole := append([]byte{0xff, 0xff, 0xff, 0xfc}, 1, 2, 3, 4) // A deleted key of four bytes.
	return bytes.Join([][]byte{
		{5, 2}, hole,
		keytabRecord("A.TEST", "alice", 1, 18, bytes.Repeat([]byte{1}, 32)),
		keytabRecord("A.TEST", "alice", 300, 18, keyBytes),
		keytabRecord("A.TEST", "alice", 1, 17, keyBytes[:16]),
		keytabRecord("B.TEST", "bob", 1, 18, keyBytes),
	}, nil)
}

func TestKeytab(t *testing.T) {
	t.Parallel()
	entries, fault := parseKeytab(testKeytab())
	if fault != "" || len(entries) != 4 {
		t.Fatalf("%d entries, %s", len(entries), fault)
	}
	who, keys := keysOf(entries, principal{})
	if who.String() != "alice@A.TEST" || len(keys) != 2 {
		t.Errorf("first principal %s with %d keys", who, len(keys))
	}
	for _, k := range keys {
		if k.encryption == 18 && !bytes.Equal(k.value, keyBytes) {
			t.Error("not the newest key")
		}
	}
	if who, keys := keysOf(entries, principal{name: []string{"bob"}}); who.realm != "B.TEST" || len(keys) != 1 {
		t.Errorf("bob is %s with %d keys", who, len(keys))
	}
	if _, keys := keysOf(entries, principal{realm: "A.TEST", name: []string{"bob"}}); keys != nil {
		t.Error("bob of another realm has keys")
	}
}

// TestDamagedKeytab cuts a keytab at every length: each piece is read, or named as damaged without a byte of its keys.
func TestDamagedKeytab(t *testing.T) {
	t.Parallel()
	whole := testKeytab()
	path := filepath.Join(t.TempDir(), "cut.keytab")
	for length := range len(whole) {
		if err := os.WriteFile(path, whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readKeytab(path)
		if err == nil {
			continue
		}
		if problemOf(err) != Keytab || strings.Contains(err.Error(), "K\xab") || strings.Contains(err.Error(), "\xab") {
			t.Errorf("%d bytes: %q", length, err)
		}
	}
	for name, content := range map[string][]byte{"PEM": []byte("-----BEGIN"), "version 1": {5, 1, 0, 0},
		"ticket cache": {5, 4}, "empty": {5, 2}} {
		if _, fault := parseKeytab(content); fault == "" {
			t.Errorf("%s: no fault", name)
		}
	}
}

func cachePrincipal(realm string, name ...string) []byte {
	p := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 1}, uint32(len(name)))
	p = append(p, data32([]byte(realm))...)
	for _, part := range name {
		p = append(p, data32([]byte(part))...)
	}
	return p
}

func cacheTicket(server []byte, end time.Time, der []byte) []byte {
	c := append(cachePrincipal("A.TEST", "alice"), server...)
	c = append(c, 0, 18)
	c = append(c, data32(keyBytes)...)
	for _, at := range []int64{0, 0, end.Unix(), 0} {
		c = binary.BigEndian.AppendUint32(c, uint32(at))
	}
	c = append(c, 0, 0, 0, 0, 0)                         // Session key, flags.
	c = append(c, 0, 0, 0, 1, 0, 2, 0, 0, 0, 1, 9)       // One address.
	c = append(c, 0, 0, 0, 1, 0, 2, 0, 0, 0, 2, 9, 9)    // One piece of authorization data.
	return append(append(c, data32(der)...), 0, 0, 0, 0) // The ticket, no second one.
}

var cacheEnd = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func testCache(tickets ...[]byte) []byte {
	head := append([]byte{5, 4, 0, 12, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0}, cachePrincipal("A.TEST", "alice")...)
	note := cacheTicket(cachePrincipal("X-CACHECONF:", "krb5_ccache_conf_data", "fast_avail"), time.Time{}, []byte("yes"))
	return append(append(head, note...), bytes.Join(tickets, nil)...)
}

func TestCache(t *testing.T) {
	t.Parallel()
	tgt := cachePrincipal("A.TEST", "krbtgt", "A.TEST")
	data := testCache(cacheTicket(tgt, cacheEnd.Add(-time.Hour), []byte("old")), cacheTicket(tgt, cacheEnd, []byte("new")))
	cache, fault := parseCache(data)
	if fault != "" || cache.owner.String() != "alice@A.TEST" || len(cache.tickets) != 2 {
		t.Fatalf("%+v %s", cache, fault)
	}
	found, ok := cache.find(principal{"A.TEST", []string{"krbtgt", "A.TEST"}})
	if !ok || string(found.ticket) != "new" || !found.end.Equal(cacheEnd) || !bytes.Equal(found.key.value, keyBytes) {
		t.Errorf("found %+v", found)
	}
	for length := range len(data) - 1 {
		if _, fault := parseCache(data[:length]); strings.Contains(fault, "\xab") {
			t.Errorf("%d bytes: %q", length, fault)
		}
	}
	for _, content := range [][]byte{nil, {5}, {5, 2}, {5, 4}, testKeytab()} {
		if _, fault := parseCache(content); fault == "" {
			t.Errorf("%x: no fault", content)
		}
	}
}

func TestCacheOfTheWrongTime(t *testing.T) {
	t.Parallel()
	config := load(t)
	tgt := cachePrincipal("A.TEST", "krbtgt", "A.TEST")
	for name, test := range map[string]struct {
		content []byte
		now     time.Time
		want    Problem
	}{
		"expired": {testCache(cacheTicket(tgt, cacheEnd, []byte("der"))), cacheEnd, CacheExpired},
		"no TGT":  {testCache(), cacheEnd, CacheNoTGT},
	} {
		client, err := New(config, Credential{CCacheFile: "FILE:" + writeFile(t, "ccache", string(test.content))})
		if err != nil {
			t.Fatal(err)
		}
		client.now = func() time.Time { return test.now }
		if _, err := client.Token(t.Context(), "HTTP/host", nil); problemOf(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, kind := range []string{"KEYRING:persistent:0", "KCM:", "DIR:/tmp/x", "API:1", "MEMORY:"} {
		if _, err := New(config, Credential{CCacheFile: kind}); problemOf(err) != CacheType {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestPlainPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/tmp/krb5cc_0": "/tmp/krb5cc_0", "FILE:/tmp/x": "/tmp/x", "file:x": "x", `C:\x`: `C:\x`, `FILE:C:\x`: `C:\x`,
		"./a:b": "./a:b",
	} {
		if got, err := plainPath(path, CacheType, "ticket cache"); got != want || err != nil {
			t.Errorf("%s = %q, %v", path, got, err)
		}
	}
}

func FuzzFiles(f *testing.F) {
	f.Add(testKeytab())
	f.Add(testCache(cacheTicket(cachePrincipal("A.TEST", "krbtgt", "A.TEST"), cacheEnd, []byte("der"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if entries, fault := parseKeytab(data); fault == "" && len(entries) == 0 {
			t.Error("a keytab without keys and without fault")
		}
		if cache, fault := parseCache(data); fault == "" && cache.owner.realm == "" {
			t.Error("a cache without owner and without fault")
		}
	})
}
