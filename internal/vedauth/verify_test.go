package vedauth_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// worth writes a verification out.
func worth(v *vedauth.Verification) string {
	if v == nil {
		return "nil"
	}
	when := func(at *time.Time) string {
		if at == nil {
			return "nil"
		}
		return at.Format(time.RFC3339Nano)
	}
	return strings.Join([]string{
		fmt.Sprint(v.Valid), v.Application, v.Identity, v.Scope, when(v.AccessIssued), when(v.AccessExpires), when(v.GrantIssued),
		when(v.GrantExpires), show(v.ValidFor),
	}, "|")
}

const vendorVerify = `{"access_issued_on":"\/Date(1647458820386)\/","access_issued_on_ISO8601":"2022-03-16T19:27:00Z",
	"access_issued_on_unix_time":1647458820,"application":"vcert-sdk","expires":"\/Date(1678994820386)\/",
	"expires_ISO8601":"2023-03-16T19:27:00Z","expires_unix_time":1678994820,"grant_issued_on":"\/Date(1647458820386)\/",
	"grant_issued_on_ISO8601":"2022-03-16T19:27:00Z","grant_issued_on_unix_time":1647458820,
	"identity":"local:{500abcf0-8e70-4103-a97b-5a690d4d00d0}","scope":"certificate:manage,revoke","valid_for":7776000}`

// TestVerifyReadsTheVendorsSample, and each of its three forms of a time alone.
func TestVerifyReadsTheVendorsSample(t *testing.T) {
	t.Parallel()
	const want = "true|vcert-sdk|local:{500abcf0-8e70-4103-a97b-5a690d4d00d0}|certificate:manage,revoke|" +
		"2022-03-16T19:27:00Z|2022-06-14T19:27:00Z|2022-03-16T19:27:00Z|2023-03-16T19:27:00Z|7776000"
	without := func(forms ...string) string {
		var fields map[string]any
		if err := json.Unmarshal([]byte(vendorVerify), &fields); err != nil {
			t.Fatal(err)
		}
		for _, form := range forms {
			for _, time := range []string{"access_issued_on", "grant_issued_on", "expires"} {
				delete(fields, time+form)
			}
		}
		body, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for name, body := range map[string]string{
		"all forms": vendorVerify, "Unix": without("_ISO8601", ""), "ISO": without("_unix_time", ""),
		"Microsoft": without("_ISO8601", "_unix_time"), "BOM": "\ufeff" + vendorVerify,
	} {
		s := serveInMemory(t, always("200 Token is valid", body, isJSON))
		v, err := connect(t, s).Verify(t.Context(), secret.New("access=="))
		if err != nil || worth(v) != want {
			t.Errorf("%s:\n got %s, %v\nwant %s", name, worth(v), err, want)
		}
	}
}

func TestParseVerification(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`: "true||||nil|nil|nil|nil|nil",
		`{"expires":null,"expires_ISO8601":null,"expires_unix_time":0,"application":"a"}`:  "true|a|||nil|nil|nil|nil|nil",
		`{"expires":"\/Date(-62135596800000)\/","expires_ISO8601":"0001-01-01T00:00:00Z"}`: "true||||nil|nil|nil|nil|nil",
		`{"access_issued_on_unix_time":-1,"valid_for":60}`:                                 "true||||nil|nil|nil|nil|60",
		`{"access_issued_on_unix_time":1647458820}`:                                        "true||||2022-03-16T19:27:00Z|nil|nil|nil|nil",
		`{"access_issued_on_unix_time":1647458820,"valid_for":0}`:                          "true||||2022-03-16T19:27:00Z|2022-03-16T19:27:00Z|nil|nil|0",
		`{"access_issued_on_unix_time":1647458820,"valid_for":-1}`:                         "true||||2022-03-16T19:27:00Z|nil|nil|nil|-1",
		`{"access_issued_on_unix_time":1647458820,"valid_for":9223372036854775807}`:        "true||||2022-03-16T19:27:00Z|nil|nil|nil|9223372036854775807",
		`{"access_issued_on_unix_time":9223372036854775807}`:                               "true||||nil|nil|nil|nil|nil",
		`{"access_issued_on_unix_time":0,"access_issued_on":"/Date(1647458820386+0100)/"}`: "true||||2022-03-16T19:27:00Z|nil|nil|nil|nil",
		`{"grant_issued_on_ISO8601":"2022-03-16T20:27:00.386+01:00"}`:                      "true||||nil|nil|2022-03-16T19:27:00Z|nil|nil",
		`{"grant_issued_on_ISO8601":"yesterday","grant_issued_on":"/Date(x)/"}`:            "true||||nil|nil|nil|nil|nil",
		`{"grant_issued_on":"/Date(999999999999999)/"}`:                                    "true||||nil|nil|nil|nil|nil",
		`{"grant_issued_on":"/Date(9999999999999999999)/"}`:                                "true||||nil|nil|nil|nil|nil",
		``:                                 "nil it ends in the middle of the JSON text",
		`{"application":"a"`:               "nil it ends in the middle of the JSON text",
		`[]`:                               "nil it is JSON, but not an object",
		` null`:                            "nil it is JSON, but not an object",
		`Token is valid`:                   "nil it is not JSON",
		`{} x`:                             "nil it has other text behind the JSON",
		`{"valid_for":"60"}`:               "nil its valid_for is a JSON string",
		`{"expires_unix_time":1.5}`:        "nil its expires_unix_time is not a whole number in range",
		`{"access_issued_on":1647458820}`:  "nil its access_issued_on is a JSON number",
		`{"application":{"secret":"xyz"}}`: "nil its application is a JSON object",
	} {
		v, err := vedauth.ParseVerification([]byte(body))
		got := worth(v)
		if err != nil {
			got += " " + err.Error()
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		}
	}
}

// TestVerifyOfATokenThatIsNotAccepted is an answer and no error, however the server words its 401.
func TestVerifyOfATokenThatIsNotAccepted(t *testing.T) {
	t.Parallel()
	for _, answer := range []script{
		always("401 Unauthorized", unknown, isJSON), always("401 Unauthorized", ""), always("401 Access token expired", ""),
		always("401 Unauthorized", `{"error":"session_error","error_description":"Invalid token format"}`, isJSON),
		always("401 Unauthorized", `{"error":"expired_token","error_description":"Access token expired"}`, isJSON),
	} {
		s := serveInMemory(t, answer)
		v, err := connect(t, s).Verify(t.Context(), secret.New("access=="))
		if err != nil || worth(v) != "false||||nil|nil|nil|nil|nil" || len(s.seen()) != 1 {
			t.Errorf("%s, %v after %d requests", worth(v), err, len(s.seen()))
		}
	}
}

// TestVerifyThatFails says nothing about the token.
func TestVerifyThatFails(t *testing.T) {
	t.Parallel()
	for want, answer := range map[string]script{
		"the answer was 400":                  always("400 Bad Request", ""),
		"the answer was 403":                  always("403 Forbidden", `{"error":"insufficient_scope"}`, isJSON),
		"the answer was 404":                  always("404 Not Found", ""),
		"the answer was 500":                  always("500 Internal Server Error", ""),
		"closed before the answer":            hangUp,
		`a web page titled "Sign in"`:         always("200 OK", loginPage),
		"it is not JSON":                      always("200 OK", "valid"),
		"the answer was 204":                  always("204 No Content", ""),
		"it is an error in spite of its stat": always("200 OK", unknown, isJSON),
	} {
		_, err := connect(t, serveInMemory(t, answer)).Verify(t.Context(), secret.New("access=="))
		if failure := asError(t, err); !strings.Contains(err.Error(), want) || failure.Next() == "" {
			t.Errorf("%v, want %q", err, want)
		}
		mustNotHold(t, err.Error(), "access==", "a grant")
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	for status, works := range map[string]bool{
		"200 Server available": true, "202 Venafi Authentication Server": true, "404 Not Found": false, "401 Unauthorized": false,
		"204 No Content": false, "500 Internal Server Error": false,
	} {
		if err := connect(t, serveInMemory(t, always(status, ""))).Ping(t.Context()); (err == nil) != works {
			t.Errorf("%s: %v", status, err)
		}
	}
	if err := connect(t, serveInMemory(t, always("200 OK", loginPage))).Ping(t.Context()); err == nil {
		t.Error("a login page is not vedauth")
	}
}

func TestServerAndNow(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	client := connect(t, &server{url: "https://tpp.example.com"}, func(c *vedauth.Config) { c.Now = func() time.Time { return now } })
	if client.Server() != "https://tpp.example.com" || !client.Now().Equal(now) {
		t.Errorf("%s, %v", client.Server(), client.Now())
	}
}
