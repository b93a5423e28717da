package vedauth_test

import (
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	const plain = "https://tpp.example.com"
	for raw, want := range map[string]string{
		"tpp.example.com":                                 plain,
		"  tpp.example.com\n":                             plain,
		"TPP.Example.COM":                                 plain,
		"https://tpp.example.com":                         plain,
		"HTTPS://TPP.EXAMPLE.COM/VEDSDK/":                 plain,
		"https://tpp.example.com/":                        plain,
		"https://tpp.example.com///":                      plain,
		"https://tpp.example.com/vedauth":                 plain,
		"https://tpp.example.com/vedauth/":                plain,
		"https://tpp.example.com//vedauth":                plain,
		"https://tpp.example.com/VedAuth":                 plain,
		"https://tpp.example.com/vedsdk":                  plain,
		"https://tpp.example.com/vedhsm/":                 plain,
		"https://tpp.example.com/vedadmin":                plain,
		"https://tpp.example.com/aperture":                plain,
		"https://tpp.example.com/vedsdk/vedauth":          plain,
		"tpp.example.com/vedsdk/":                         plain,
		"https://tpp.example.com/vedsdk?a=b#c":            plain,
		"https://tpp.example.com:443":                     plain,
		"https://tpp.example.com:0443/vedauth":            plain,
		"tpp.example.com:8443":                            plain + ":8443",
		"https://tpp.example.com:08443/vedsdk":            plain + ":8443",
		"https://tpp.example.com/prefix":                  plain + "/prefix",
		"https://tpp.example.com/Pre/Fix/vedauth/":        plain + "/Pre/Fix",
		"https://tpp.example.com/a/../b/./vedauth":        plain + "/b",
		"https://tpp.example.com/myvedauth":               plain + "/myvedauth",
		"https://tpp.example.com/vedauth/authorize/oauth": plain,
		"tpp.example.com/vedsdk/Certificates/?limit=1":    plain,
		"https://tpp.example.com/Pre/vedauth/Authorize/":  plain + "/Pre",
		"tpp":                               "https://tpp",
		"tpp_1":                             "https://tpp_1",
		"tpp.example.com.":                  plain + ".",
		"10.0.0.7":                          "https://10.0.0.7",
		"10.0.0.7:8443/vedauth":             "https://10.0.0.7:8443",
		"[2001:DB8::7]":                     "https://[2001:db8::7]",
		"https://[2001:db8::7]:443/vedauth": "https://[2001:db8::7]",
		"https://[2001:db8::7]:8443/":       "https://[2001:db8::7]:8443",
		"xn--bcher-kva.example.com":         "https://xn--bcher-kva.example.com",
		"https://tpp.example.com/with%20blank/vedauth":   plain + "/with%20blank",
		"https://tpp.example.com/question%3Fmark/vedsdk": plain + "/question%3Fmark",
	} {
		got, err := vedauth.ParseURL(raw)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", raw, got, err, want)
			continue
		}
		if again, err := vedauth.ParseURL(got); err != nil || again != got {
			t.Errorf("%q became %q, and that %q, %v", raw, got, again, err)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	t.Parallel()
	for raw, because := range map[string]string{
		"":                                     "empty",
		" \t ":                                 "empty",
		"http://tpp.example.com":               "http://",
		"HTTP://tpp.example.com/vedauth":       "http://",
		"ftp://tpp.example.com":                "scheme",
		"ldap://tpp.example.com":               "scheme",
		"://tpp.example.com":                   "not a URL",
		"https://":                             "no host",
		"//tpp.example.com":                    "no host",
		"/vedauth":                             "no host",
		"https:///vedauth":                     "no host",
		"https://:8443":                        "no host",
		"https://user:hunter2@tpp.example.com": "user name or password",
		"user:hunter2@tpp.example.com":         "user name or password",
		"https://hunter2@tpp.example.com":      "user name or password",
		"https://tpp.example.com:":             "port is empty",
		"https://tpp.example.com:0":            "port",
		"https://tpp.example.com:000":          "port",
		"https://tpp.example.com:65536":        "port",
		"https://tpp.example.com:hunter2":      "not a URL",
		"https://tpp.example.com:1:2":          "not",
		"https://tpp..example.com":             "host",
		"https://-tpp.example.com":             "host",
		"https://.example.com":                 "host",
		"https://tpp.example.com-":             "host",
		"https://tpp,example.com":              "host",
		"https://büro.example.com":             "punycode",
		"https://tpp example.com":              "not a URL",
		"https://tpp.example.com/%zz":          "not a URL",
		"https://[fe80::1%25eth0]":             "zone",
		"https://[hunter2]":                    "not a URL",
		"::1":                                  "not a URL",
		"https://tpp.example.com\r\nHost: x":   "not a URL",
	} {
		got, err := vedauth.ParseURL(raw)
		if err == nil {
			t.Errorf("%q: accepted as %q", raw, got)
			continue
		}
		if !strings.Contains(err.Error(), because) {
			t.Errorf("%q: the error %q does not say %q", raw, err, because)
		}
		mustNotHold(t, err.Error(), "hunter2")
	}
}
