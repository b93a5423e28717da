package vedauth_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// TestNoRedirectIsFollowed, wherever it leads; even one that cannot be read has the text of a redirect.
func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, always("200 OK", goodToken, isJSON))
	for location, want := range map[string]string{
		elsewhere.url + "/vedauth/authorize/oauth":     "a redirect to " + elsewhere.url + ", which is not followed",
		"https://SSO.example.com/login?ticket=hunter2": "a redirect to https://sso.example.com, which is not followed",
		"https://alice:hunter2@sso.example.com/":       "a redirect to https://sso.example.com, which is not followed",
		"http://tpp.example.com/":                      "a redirect to http://tpp.example.com, which is not followed",
		"/login?hunter2":                               "a redirect, which is not followed",
		"//sso.example.com/hunter2":                    "a redirect, which is not followed",
		"https://[hunter2":                             "a redirect, which is not followed",
		"%zz://hunter2":                                "a redirect, which is not followed",
		"":                                             "a redirect, which is not followed",
		"https://" + url.PathEscape(password) + ".example.com": "a redirect",
		"https://tr0ub4dor-correct.example.com/":               "a redirect",
	} {
		for _, status := range []string{"301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"} {
			s := serve(t, always(status, "", "Location: "+location))
			_, err := connect(t, s).OAuth(t.Context(), login)
			failure := asError(t, err)
			if failure.Kind != vedauth.Unexpected || !strings.Contains(err.Error(), want) || len(s.seen()) != 1 {
				t.Errorf("%s to %q: kind %d, %d requests, %v", status, location, failure.Kind, len(s.seen()), err)
			}
			mustNotHold(t, err.Error(), "hunter2", password, "a grant")
		}
	}
	if n := elsewhere.connections(); n != 0 {
		t.Errorf("%d connections to where a redirect led", n)
	}
}

// TestARedirectThatQuotesThePassword in its host, which is shown in small letters.
func TestARedirectThatQuotesThePassword(t *testing.T) {
	t.Parallel()
	s := serve(t, always("302 Found", "", "Location: https://CorrectHorse.example.com/"))
	r := login
	r.Password = tokenOf("CorrectHorse").RefreshToken
	_, err := connect(t, s).OAuth(t.Context(), r)
	mustNotHold(t, strings.ToLower(err.Error()), "correcthorse")
}
