package vedauth

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Scope is what a token may be used for: each scope's name with its privileges. No privilege means read access.
type Scope map[string][]string

// ParseScope reads the vendor's notation, "certificate:manage,discover;ssh". Letter case, blanks around separators and a
// trailing semicolon do not matter. Names come back in lower case, privileges sorted and without duplicates. The empty
// string gives an empty Scope.
func ParseScope(text string) (Scope, error) {
	scope := Scope{}
	text = strings.TrimRight(strings.TrimSpace(text), "; \t\r\n")
	if text == "" {
		return scope, nil
	}
	for _, part := range strings.Split(text, ";") {
		name, list, restricted := strings.Cut(part, ":")
		name, err := scopeName(name, "scope")
		if err != nil {
			return nil, err
		}
		privileges := scope[name]
		if restricted {
			for _, privilege := range strings.Split(list, ",") {
				if privilege, err = scopeName(privilege, "privilege"); err != nil {
					return nil, fmt.Errorf("after %q: %w", name+":", err)
				}
				privileges = append(privileges, privilege)
			}
		}
		slices.Sort(privileges)
		scope[name] = slices.Compact(privileges)
	}
	return scope, nil
}

// Validate reports a name that is empty or that the notation could not carry.
func (s Scope) Validate() error {
	for name, privileges := range s {
		if err := checkName(name, "scope"); err != nil {
			return err
		}
		for _, privilege := range privileges {
			if err := checkName(privilege, "privilege"); err != nil {
				return fmt.Errorf("in %q: %w", name, err)
			}
		}
	}
	return nil
}

// String gives the vendor's notation in its normal form: lower case and sorted, so that equal scopes are equal strings.
func (s Scope) String() string {
	merged := Scope{}
	for name, privileges := range s {
		name = strings.ToLower(name)
		for _, privilege := range privileges {
			merged[name] = append(merged[name], strings.ToLower(privilege))
		}
		merged[name] = append([]string{}, merged[name]...)
	}
	parts := make([]string, 0, len(merged))
	for name, privileges := range merged {
		slices.Sort(privileges)
		if list := strings.Join(slices.Compact(privileges), ","); list != "" {
			name += ":" + list
		}
		parts = append(parts, name)
	}
	slices.Sort(parts)
	return strings.Join(parts, ";")
}

func scopeName(raw, what string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(raw))
	return name, checkName(name, what)
}

func checkName(name, what string) error {
	if name == "" {
		return fmt.Errorf("a %s has an empty name", what)
	}
	if strings.ContainsAny(name, ";:,") || strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}) {
		return fmt.Errorf("the %s %q holds a separator (semicolon, colon, comma) or a blank", what, name)
	}
	return nil
}
