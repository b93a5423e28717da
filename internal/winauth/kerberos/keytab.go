package kerberos

import (
	"os"
	"slices"
	"strings"
)

// keytabEntry is one key of one principal.
type keytabEntry struct {
	principal principal
	version   uint32
	key       key
}

// readKeytab reads the keys of a file, which may be written FILE:/path. No error holds a byte of it.
func readKeytab(path string) ([]keytabEntry, error) {
	path, err := plainPath(path, Keytab, "keytab")
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{
			Problem: Keytab,
			Detail:  "the keytab cannot be read",
			Next:    "Check keytab_file or KRB5_KTNAME.",
			Err:     err,
		}
	}
	entries, fault := parseKeytab(data)
	if fault != "" {
		return nil, problem(Keytab, "Make a new one, with ktpass on Windows or ktutil, and transfer it as a binary file.",
			"%s %s", path, fault)
	}
	return entries, nil
}

// parseKeytab parses version 2 of the format, the only one written in this century. fault is what is wrong with it.
func parseKeytab(data []byte) (entries []keytabEntry, fault string) {
	switch {
	case len(data) == 0:
		return nil, "is empty"
	case len(data) < 2 || data[0] != 5 || data[1] > 4:
		return nil, "is not a keytab"
	case data[1] != 2:
		return nil, "is not a keytab of version 2 (a ticket cache belongs in ccache_file)"
	}
	file := reader{data: data[2:]}
	for len(file.data) >= 4 {
		length := int(int32(file.uint32())) // Negative on purpose: a hole left by a deleted key.
		if length == 0 {
			break
		}
		record := reader{data: file.bytes(max(length, -length))}
		if length < 0 {
			continue
		}
		if file.short {
			return nil, "is cut short"
		}
		entry, whole := parseKeytabEntry(&record)
		if !whole {
			return nil, "has a damaged entry"
		}
		entries = append(entries, entry)
	}
	if len(entries) == 0 {
		return nil, "holds no keys"
	}
	return entries, ""
}

func parseKeytabEntry(r *reader) (entry keytabEntry, whole bool) {
	components := int(r.uint16())
	entry.principal.realm = string(r.bytes(int(r.uint16())))
	for range components {
		if r.short {
			return entry, false
		}
		entry.principal.name = append(entry.principal.name, string(r.bytes(int(r.uint16()))))
	}
	r.uint32() // Type of the name.
	r.time()   // When the key was written.
	entry.version = uint32(r.uint8())
	entry.key.encryption = int32(r.uint16())
	entry.key.value = slices.Clone(r.bytes(int(r.uint16())))
	if len(r.data) >= 4 {
		if version := r.uint32(); version != 0 {
			entry.version = version
		}
	}
	return entry, !r.short && components > 0 && len(entry.key.value) > 0
}

// keysOf returns the newest key of each encryption type that the keytab has for who. Without a name who is the first
// principal of the file; without a realm, that of the first entry of that name.
func keysOf(entries []keytabEntry, who principal) (principal, []key) {
	for _, entry := range entries {
		sameName := len(who.name) == 0 || slices.Equal(entry.principal.name, who.name)
		if sameName && (who.realm == "" || who.realm == entry.principal.realm) {
			who = entry.principal
			break
		}
	}
	newest := map[int32]keytabEntry{}
	for _, entry := range entries {
		if entry.principal.equal(who) && entry.version >= newest[entry.key.encryption].version {
			newest[entry.key.encryption] = entry
		}
	}
	var keys []key
	for _, entry := range newest {
		keys = append(keys, entry.key)
	}
	return who, keys
}

// plainPath removes the prefix FILE: and refuses any other kind.
func plainPath(path string, p Problem, what string) (string, error) {
	kind, rest, found := strings.Cut(path, ":")
	switch {
	case !found || len(kind) < 2 || strings.ContainsAny(kind, `/\.`): // A path, or a drive letter.
		return path, nil
	case strings.EqualFold(kind, "FILE"), strings.EqualFold(kind, "WRFILE"):
		return rest, nil
	}
	return "", problem(p, "Use a file: "+
		"\"kinit -c FILE:/path/to/cache\" writes a ticket cache to one, and a keytab is one by "+
		"nature.", "a %s of the kind %s: cannot be read, only files can", what, kind)
}
