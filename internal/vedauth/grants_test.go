package vedauth_test

import (
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
)

func TestJWT(t *testing.T) {
	t.Parallel()
	const header, claims, signature = "eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiJyZXBvOm8vcjpyZWYifQ", "c2lnbmF0dXJlLW9mLXRoZS10ZXN0"
	r := vedauth.JWTRequest{ClientID: "terraform", Scope: "ssh", JWT: secret.New(header + "." + claims + "." + signature)}
	s := serveInMemory(t, inTurn(
		always("200 OK", goodToken, isJSON),
		always("401 Failed to issue grant: cannot read "+r.JWT.Reveal(), ""),
		always("401 Failed to issue grant: bad signature "+signature, ""),
		always("401 Failed to issue grant: bad claims "+claims, ""),
		always("401 Failed to issue grant: cannot read "+r.JWT.Reveal()[:60]+"...", ""),
	))
	client := connect(t, s)
	if _, err := client.JWT(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got := s.seen()[0]
	if want := `{"client_id":"terraform","scope":"ssh","jwt":"` + r.JWT.Reveal() + `"}`; got.body != want || got.URL.Path != "/vedauth/Authorize/Jwt" {
		t.Errorf("%s %s", got.URL, got.body)
	}
	for range 4 {
		_, err := client.JWT(t.Context(), r)
		if failure := asError(t, err); failure.Row.ID != "grant-not-issued" {
			t.Errorf("row %q", failure.Row.ID)
		}
		mustNotHold(t, err.Error(), header, claims, signature)
	}
}

func TestIntegratedWithoutAChallenge(t *testing.T) {
	t.Parallel()
	r := vedauth.IntegratedRequest{
		ClientID: "terraform", Scope: "ssh", Mechanism: winauth.NTLM,
		Credential: winauth.Credential{Username: `EXAMPLE\alice`, Password: secret.New(password)},
	}
	for want, answer := range map[string]script{
		"does not ask for Windows authentication": always("400 Bad Request", `{"error":"invalid_request"}`, isJSON),
		"there is no vedauth at this address":     always("404 Not Found", ""),
		"cannot serve this now":                   always("503 "+password, ""),
		"a redirect":                              always("302 Found", "", "Location: /login"),
		"NTLM":                                    always("401 Unauthorized", "", "WWW-Authenticate: Basic realm=x"),
	} {
		s := serve(t, answer)
		_, err := connect(t, s).Integrated(t.Context(), r)
		if failure := asError(t, err); !strings.Contains(failure.Error(), want) || failure.Next() == "" {
			t.Errorf("%v, want %q", err, want)
		}
		mustNotHold(t, err.Error(), password, "made a grant")
		for _, got := range s.seen() {
			if got.body != "" || strings.Contains(got.Header.Get("Authorization"), "Basic") {
				t.Errorf("%s: sent %q %v", want, got.body, got.Header)
			}
		}
	}
}
