package vedauth_test

import (
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

func TestParseScope(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"  ":                     "",
		";":                      "",
		" ; ;; ":                 "",
		"certificate":            "certificate",
		"certificate:manage":     "certificate:manage",
		"Certificate:Manage;":    "certificate:manage",
		"ssh;certificate:manage": "certificate:manage;ssh",
		"certificate:discover,manage,delete;configuration:manage":           "certificate:delete,discover,manage;configuration:manage",
		" certificate : manage , discover ;\tssh ; ":                        "certificate:discover,manage;ssh",
		"certificate:manage,manage":                                         "certificate:manage",
		"certificate:manage;certificate:discover":                           "certificate:discover,manage",
		"certificate:manage;certificate":                                    "certificate:manage",
		"certificate;CERTIFICATE:MANAGE":                                    "certificate:manage",
		"Certificate:delete,discover,manage":                                "certificate:delete,discover,manage",
		"codesignclient;codesign;certificate:manage,discover":               "certificate:discover,manage;codesign;codesignclient",
		"agent:delete;restricted:delete,manage;statistics;admin:recyclebin": "admin:recyclebin;agent:delete;restricted:delete,manage;statistics",
	} {
		scope, err := vedauth.ParseScope(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := scope.String(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if err := scope.Validate(); err != nil {
			t.Errorf("%q: what was parsed is not valid: %v", text, err)
		}
	}
}

func TestParseScopeRefuses(t *testing.T) {
	t.Parallel()
	for text, because := range map[string]string{
		";certificate":            "a scope has an empty name",
		"certificate;;ssh":        "a scope has an empty name",
		":manage":                 "a scope has an empty name",
		"certificate:":            "a privilege has an empty name",
		"certificate:,manage":     "a privilege has an empty name",
		"certificate:manage,;ssh": `after "certificate:": a privilege has an empty name`,
		"certificate:a:b":         "separator",
		"certificate,manage":      "separator",
		"certificate manage":      "blank",
		"certificate:man age":     "blank",
		"certificate\nssh":        "blank",
		"certificate:ma\x00nage":  "blank",
	} {
		if scope, err := vedauth.ParseScope(text); err == nil || !strings.Contains(err.Error(), because) {
			t.Errorf("%q: %v, %v, want an error with %q", text, scope, err, because)
		}
	}
}

func TestScopeString(t *testing.T) {
	t.Parallel()
	for want, scope := range map[string]vedauth.Scope{
		"":                            nil,
		"certificate:manage;ssh":      {"ssh": {}, "certificate": {"manage"}},
		"certificate:a,b":             {"certificate": {"b", "a", "b"}},
		"certificate:delete,manage":   {"Certificate": {"MANAGE"}, "certificate": {"delete"}},
		"certificate:manage;security": {"CERTIFICATE": nil, "certificate": {"manage"}, "Security": nil},
	} {
		for range 20 { // a map has no order; the text must have one
			if got := scope.String(); got != want {
				t.Errorf("%v: %q, want %q", scope, got, want)
			}
		}
	}
}

// TestScopeStringLeavesItsScopeAlone: String is called on values that others hold, too.
func TestScopeStringLeavesItsScopeAlone(t *testing.T) {
	t.Parallel()
	scope := vedauth.Scope{"certificate": {"manage", "delete", "manage"}}
	_ = scope.String()
	if got := strings.Join(scope["certificate"], ","); got != "manage,delete,manage" {
		t.Errorf("the privileges are now %q", got)
	}
}

func TestScopeValidate(t *testing.T) {
	t.Parallel()
	for because, scope := range map[string]vedauth.Scope{
		"a scope has an empty name":                 {"": nil},
		`in "ssh": a privilege has an empty name`:   {"ssh": {"manage", ""}},
		`the scope "a;b" holds a separator`:         {"a;b": nil},
		`in "ssh": the privilege "a,b" holds a`:     {"ssh": {"a,b"}},
		`in "ssh": the privilege "a:b" holds a`:     {"ssh": {"a:b"}},
		`in "ssh": the privilege " manage" holds a`: {"ssh": {" manage"}},
		`the scope "certificate\u00a0" holds a`:     {"certificate\u00a0": nil},
	} {
		if err := scope.Validate(); err == nil || !strings.Contains(err.Error(), because) {
			t.Errorf("%q: %v, want %q", scope, err, because)
		}
	}
	if err := (vedauth.Scope{"certificate": {"manage"}, "ssh": nil}).Validate(); err != nil {
		t.Error(err)
	}
}
