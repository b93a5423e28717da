package fakevedauth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const pathIntegrated = "/vedauth/authorize/integrated"

// proxied is a client whose requests pass a proxy that has authenticated it as user.
func proxied(t *testing.T, fake *fakevedauth.Server, user string) peer {
	t.Helper()
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return peer{t, server.URL, &http.Client{Transport: withHeader{transport, "X-Remote-User", user}}}
}

func TestIntegrated(t *testing.T) {
	t.Parallel()
	for user, c := range map[string]struct {
		status int
		says   string
	}{
		"alice@EXAMPLE.TEST": {200, "access_token"},
		`EXAMPLE\alice`:      {200, "access_token"},
		`EXAMPLE\bob`:        {400, `EXAMPLE\\bob`},
		`EXAMPLE\eve`:        {401, "Unhandled identity claim type"},
		"(null)":             {401, "<!DOCTYPE html"},
		"":                   {401, "<!DOCTYPE html"},
	} {
		fake := fakevedauth.New(fakevedauth.Options{TrustProxyHeaders: true})
		t.Cleanup(fake.Close)
		fake.AddUser(fakevedauth.User{
			Names:    []string{`EXAMPLE\alice`, "alice@example.test"},
			Identity: "AD+example:77338c27877bd0418c62176f256abd4d",
		}, fakevedauth.DefaultClientID)
		fake.AddUser(fakevedauth.User{Names: []string{`EXAMPLE\eve`}, Identity: "AD+example:e", Unhandled: true})
		fields := with(certificateLogin(), "state", "s1")
		got := proxied(t, fake, user).post(pathIntegrated, fields)
		got.expect(t, c.status, "", c.says)
		if grants := fake.Grants(); c.status == 200 && (len(grants) != 1 || grants[0].State != "s1") {
			t.Errorf("%+v", grants)
		}
		challenges := got.header.Values("WWW-Authenticate")
		if fromIIS := c.says == "<!DOCTYPE html"; fromIIS != (len(challenges) == 2) {
			t.Errorf("%q: challenges %q", user, challenges)
		}
	}
}

// TestAForgedUser: without a proxy to trust, the header means nothing.
func TestAForgedUser(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.New(fakevedauth.Options{})
	t.Cleanup(fake.Close)
	proxied(t, fake, "alice").post(pathIntegrated, certificateLogin()).expect(t, 401, "Unauthorized", "<!DOCTYPE html")
}

func TestIntegratedSwitchedOff(t *testing.T) {
	t.Parallel()
	options := fakevedauth.Options{TrustProxyHeaders: true, Disabled: only(fakevedauth.Integrated)}
	fake := fakevedauth.New(options)
	t.Cleanup(fake.Close)
	proxied(t, fake, "alice").post(pathIntegrated, certificateLogin()).expect(t, 401, "", "not enabled")
}
