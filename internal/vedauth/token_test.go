package vedauth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// issued is when the grant of the vendor's sample was made.
var issued = time.Unix(1631566751, 0)

func ptr[T any](value T) *T { return &value }

func show[T any](value *T) string {
	if value == nil {
		return "nil"
	}
	return fmt.Sprint(*value)
}

// describe writes a token out in full, secrets included.
func describe(t *vedauth.Token) string {
	if t == nil {
		return "no token"
	}
	return strings.Join([]string{
		t.AccessToken.Reveal(), t.RefreshToken.Reveal(), t.TokenType, show(t.ExpiresIn), show(t.Expires), t.Scope, show(t.Identity),
		show(t.RefreshUntil),
	}, "|")
}

// TestParseTokenOfEachEra reads the samples of the vendor's pages and of real servers.
func TestParseTokenOfEachEra(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, want string
		served     time.Time
	}{
		"21.1 and later, any authorize call": {
			body: `{
			  "access_token": "7F71xjzl99T2hNUwy5l8Fw==",
			  "refresh_token": "Mxl4x5E6t0I9Ph06v69H6g==",
			  "expires_in": 7775999,
			  "expires": 1639342751,
			  "token_type": "Bearer",
			  "scope": "Certificate:delete,discover,manage",
			  "identity": "local:{a3f32838-c654-49fb-befe-b9d44336ffe0}",
			  "refresh_until": 1663102751
			}`,
			want: "7F71xjzl99T2hNUwy5l8Fw==|Mxl4x5E6t0I9Ph06v69H6g==|Bearer|7775999|1639342751|" +
				"Certificate:delete,discover,manage|local:{a3f32838-c654-49fb-befe-b9d44336ffe0}|1663102751",
		},
		"a refresh has no identity": {
			body: `{"access_token":"oNUXrKsv2U/zokBN3uCXUA==","refresh_token":"ESy6T9GhNfx/1vxdEuoFIg==","expires_in":7775999,` +
				`"expires":1655848416,"token_type":"Bearer","scope":"certificate:delete,discover,manage","refresh_until":1679607837}`,
			want: "oNUXrKsv2U/zokBN3uCXUA==|ESy6T9GhNfx/1vxdEuoFIg==|Bearer|7775999|1655848416|certificate:delete,discover,manage|nil|1679607837",
		},
		"a device exchange": {
			body: `{"access_token":"zmbVaygOBFtFV8TlUW9lqg==","refresh_token":"HKBOMauZqglTwy2odNKlCw==","expires_in":7775999,` +
				`"expires":1618855359,"token_type":"Bearer","scope":"codesign:admin,approve,delete,manage","refresh_until":1679433024}`,
			want: "zmbVaygOBFtFV8TlUW9lqg==|HKBOMauZqglTwy2odNKlCw==|Bearer|7775999|1618855359|codesign:admin,approve,delete,manage|nil|1679433024",
		},
		"2019, in another order, without expires_in, by the server's clock": {
			body: `{"access_token":"example-access-token","expires":1565028229,"identity":"local:{198c2d48-9e79-4f10-b871-e2f109476032}",` +
				`"refresh_token":"example-refresh-token","scope":"certificate:manage","token_type":"Bearer"}`,
			served: time.Unix(1565028229-7776000, 0),
			want: "example-access-token|example-refresh-token|Bearer|7776000|1565028229|certificate:manage|" +
				"local:{198c2d48-9e79-4f10-b871-e2f109476032}|nil",
		},
		"2020, without expires_in, by the local clock": {
			body: `{"access_token":"aaa","refresh_token":"rrr","expires":1631570351,"token_type":"Bearer",` +
				`"scope":"certificate:manage,revoke","identity":"local:{500abcf0-8e70-4103-a97b-5a690d4d00d0}","refresh_until":1595023304}`,
			want: "aaa|rrr|Bearer|3600|1631570351|certificate:manage,revoke|local:{500abcf0-8e70-4103-a97b-5a690d4d00d0}|1595023304",
		},
		"refresh disabled, grant without end": {
			body: `{"access_token":"aaa","expires_in":60,"expires":1631566811,"token_type":"Bearer","scope":"ssh","refresh_until":0}`,
			want: "aaa||Bearer|60|1631566811|ssh|nil|nil",
		},
		"expires missing": {
			body: `{"access_token":"aaa","expires_in":60}`,
			want: "aaa||Bearer|60|1631566811||nil|nil",
		},
		"both missing": {
			body: `{"access_token":"aaa"}`,
			want: "aaa||Bearer|nil|nil||nil|nil",
		},
		"everything null": {
			body: `{"access_token":"aaa","refresh_token":null,"expires_in":null,"expires":null,"token_type":null,"scope":null,` +
				`"identity":null,"refresh_until":null}`,
			want: "aaa||Bearer|nil|nil||nil|nil",
		},
		"everything empty": { // as good as left out
			body: `{"access_token":"aaa","refresh_token":"","token_type":"","scope":"","identity":"","refresh_until":0}`,
			want: "aaa||Bearer|nil|nil||nil|nil",
		},
		"escapes, unknown fields, other case": {
			body: `{"Access_Token":"a\/b\u003d=","state":{"x":[1,2]},"EXPIRES_IN":60,"redirect_uri":""}`,
			want: "a/b==||Bearer|60|1631566811||nil|nil",
		},
		"blanks around": {
			body: "\r\n {\"access_token\":\"aaa\"}\r\n\t ",
			want: "aaa||Bearer|nil|nil||nil|nil",
		},
	} {
		token, err := vedauth.ParseToken([]byte(test.body), issued, test.served)
		if err != nil || describe(token) != test.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", name, describe(token), err, test.want)
		}
	}
}

// TestParseTokenRefuses: each bad reply has a text of its own, and a token that can be read comes back with it.
func TestParseTokenRefuses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		``:                                 "no token, it ends in the middle of the JSON text",
		` `:                                "no token, it ends in the middle of the JSON text",
		`{}`:                               "no token, it has no access_token",
		`null`:                             "no token, it has no access_token",
		`{"access_token":""}`:              "no token, it has no access_token",
		`{"access_token":null}`:            "no token, it has no access_token",
		`[]`:                               "no token, it is JSON, but not an object",
		`"aaa"`:                            "no token, it is JSON, but not an object",
		`true`:                             "no token, it is JSON, but not an object",
		`42`:                               "no token, it is JSON, but not an object",
		`[{"access_token":"aaa"}]`:         "no token, it is JSON, but not an object",
		`access_token=aaa`:                 "no token, it is not JSON",
		`<html>`:                           "no token, it is not JSON",
		`{'access_token':'aaa'}`:           "no token, it is not JSON",
		`{"access_token":7}`:               "no token, its access_token is a JSON number",
		`{"access_token":["aaa"]}`:         "no token, its access_token is a JSON array",
		`{"access_token":"aaa","scope":{}`: "aaa, it ends in the middle of the JSON text",
		`{"access_token":"aaa"} trailing`:  "aaa, it has other text behind the JSON",
		`{"access_token":"aaa"}{"access_token":"bbb"}`:             "aaa, it has other text behind the JSON",
		`{"access_token":"aaa","scope":["ssh"]}`:                   "aaa, its scope is a JSON array",
		`{"access_token":"aaa","identity":{"x":1}}`:                "aaa, its identity is a JSON object",
		`{"access_token":"aaa","expires_in":"60"}`:                 "aaa, its expires_in is a JSON string",
		`{"expires":"2021-09-13","access_token":"aaa"}`:            "aaa, its expires is a JSON string",
		`{"expires_in":true,"access_token":"aaa"}`:                 "aaa, its expires_in is a JSON bool",
		`{"expires_in":60.5,"access_token":"aaa"}`:                 "aaa, its expires_in is not a whole number in range",
		`{"expires_in":1e999,"access_token":"aaa"}`:                "aaa, its expires_in is not a whole number in range",
		`{"expires":99999999999999999999,"access_token":"aaa"}`:    "aaa, its expires is not a whole number in range",
		`{"access_token":"aaa","expires":253402300800}`:            "aaa, its expires or refresh_until is out of range",
		`{"access_token":"aaa","refresh_until":253402300800}`:      "aaa, its expires or refresh_until is out of range",
		`{"access_token":"aaa","expires_in":253402300799}`:         "aaa, its expires_in is out of range",
		`{"access_token":"aaa","expires_in":0}`:                    "aaa, its token has already expired",
		`{"access_token":"aaa","expires_in":-1}`:                   "aaa, its token has already expired",
		`{"access_token":"aaa","expires_in":-9223372036854775808}`: "aaa, its token has already expired",
		`{"access_token":"aaa","expires":1631566751}`:              "aaa, its token has already expired",
		`{"access_token":"aaa","access_token":7}`:                  "aaa, its access_token is a JSON number",
		`{"access_token":"aaa","access_token":""}`:                 "aaa, it has no access_token",
	} {
		token, err := vedauth.ParseToken([]byte(body), issued, time.Time{})
		if err == nil {
			t.Errorf("%s: no error", body)
			continue
		}
		got := "no token"
		if token != nil {
			got = token.AccessToken.Reveal()
		}
		if got += ", " + err.Error(); !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		}
		mustNotHold(t, err.Error(), "aaa", "bbb")
	}
}

// TestParseTokenCutOffAtEveryByte: however little of a reply arrives, the access token is found once it is whole, and
// never in part.
func TestParseTokenCutOffAtEveryByte(t *testing.T) {
	t.Parallel()
	whole := strings.Index(goodToken, accessInGoodToken) + len(accessInGoodToken) + len(`"`)
	wholeRefresh := strings.Index(goodToken, refreshInGoodToken) + len(refreshInGoodToken) + len(`"`)
	for cut := range len(goodToken) {
		token, err := vedauth.ParseToken([]byte(goodToken[:cut]), issued, time.Time{})
		if err == nil {
			t.Fatalf("cut at %d: no error", cut)
		}
		access, refresh := "", ""
		if token != nil {
			access, refresh = token.AccessToken.Reveal(), token.RefreshToken.Reveal()
		}
		wantAccess, wantRefresh := "", ""
		if cut >= whole {
			wantAccess = accessInGoodToken
		}
		if cut >= wholeRefresh {
			wantRefresh = refreshInGoodToken
		}
		if access != wantAccess || refresh != wantRefresh {
			t.Errorf("cut at %d: access token %q, refresh token %q", cut, access, refresh)
		}
		mustNotHold(t, err.Error(), accessInGoodToken[:8], refreshInGoodToken[:8])
	}
}

func TestRemaining(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in      *int64
		elapsed time.Duration
		left    time.Duration
		known   bool
	}{
		{nil, 0, 0, false},
		{ptr[int64](60), 0, time.Minute, true},
		{ptr[int64](60), 45 * time.Second, 15 * time.Second, true},
		{ptr[int64](60), 2 * time.Minute, -time.Minute, true},
	} {
		token := &vedauth.Token{ExpiresIn: test.in, Requested: issued}
		if left, known := token.Remaining(issued.Add(test.elapsed)); left != test.left || known != test.known {
			t.Errorf("%s after %v: %v, %v", show(test.in), test.elapsed, left, known)
		}
	}
}

// TestRemainingOfAVeryLongLife: an integration may give a thousand years, which is more than a Duration holds; such a
// token must not count as expired.
func TestRemainingOfAVeryLongLife(t *testing.T) {
	t.Parallel()
	body := []byte(`{"access_token":"aaa","expires_in":31536000000}`)
	token, err := vedauth.ParseToken(body, issued, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if left, known := token.Remaining(issued.Add(time.Hour)); !known || left < 200*365*24*time.Hour {
		t.Errorf("%v left, %v", left, known)
	}
}
