package fakevedauth

import (
	"maps"
	"slices"
	"strings"
)

// scopeSet is a parsed scope: name to privileges, an empty set being read access.
type scopeSet map[string]map[string]bool

// parseScope reads "name[:privilege,...][;...]". A trailing ";" is fine; blanks, empty names and empty privileges are
// not. Names keep their case.
func parseScope(text string) (scopeSet, bool) {
	set := scopeSet{}
	if strings.ContainsAny(text, " \t\r\n") {
		return nil, false
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(text, ";"), ";") {
		name, list, restricted := strings.Cut(part, ":")
		if name == "" || restricted && list == "" {
			return nil, false
		}
		if set[name] == nil {
			set[name] = map[string]bool{}
		}
		if !restricted {
			continue
		}
		for privilege := range strings.SplitSeq(list, ",") {
			if privilege == "" || strings.Contains(privilege, ":") {
				return nil, false
			}
			set[name][privilege] = true
		}
	}
	return set, true
}

// lower returns the set with every name in lower case.
func (set scopeSet) lower() scopeSet {
	low := scopeSet{}
	for name, privileges := range set {
		name = strings.ToLower(name)
		if low[name] == nil {
			low[name] = map[string]bool{}
		}
		for privilege := range privileges {
			low[name][strings.ToLower(privilege)] = true
		}
	}
	return low
}

// within reports whether allowed covers the set; both must be in lower case. "any" comes with every scope.
func (set scopeSet) within(allowed scopeSet) bool {
	for name, privileges := range set {
		have, ok := allowed[name]
		if !ok && name != "any" {
			return false
		}
		for privilege := range privileges {
			if !have[privilege] {
				return false
			}
		}
	}
	return true
}

// String writes the set sorted, privileges and names.
func (set scopeSet) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		part := name
		if privileges := slices.Sorted(maps.Keys(set[name])); len(privileges) > 0 {
			part += ":" + strings.Join(privileges, ",")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ";")
}
