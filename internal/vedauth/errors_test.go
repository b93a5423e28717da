package vedauth_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// TestEveryRefusalOfThePasswordPage: each wording of the table, in the JSON body, in the reason phrase and in both.
func TestEveryRefusalOfThePasswordPage(t *testing.T) {
	t.Parallel()
	fill := strings.NewReplacer("[identity]", "local:{a3f32838}", "[error]", "the moon is full", "[scope]", "'certificate:delete'")
	for _, row := range refusal.Table {
		for _, answer := range row.Answers {
			text, used := fill.Replace(answer.Text), false
			for _, endpoint := range row.Endpoints {
				used = used || endpoint == refusal.OAuth
			}
			if !used {
				continue
			}
			body, err := json.Marshal(map[string]string{"error": answer.Code, "error_description": text})
			if err != nil {
				t.Fatal(err)
			}
			plain := fmt.Sprintf("%d Bad Request", answer.Status)
			phrase := fmt.Sprintf("%d %s", answer.Status, text)
			for carrier, say := range map[string]script{
				"body":   always(plain, string(body), isJSON),
				"reason": always(phrase, ""),
				"both":   always(phrase, string(body), isJSON),
				"BOM":    always(plain, "\ufeff"+string(body), isJSON),
			} {
				if carrier == "reason" && (answer.Text == "" || answer.Code != "") {
					continue // without its code or its text such a row is not to be known
				}
				s := serveInMemory(t, say)
				_, err := connect(t, s).OAuth(t.Context(), login)
				failure := asError(t, err)
				if failure.Row.ID != row.ID || failure.Kind != vedauth.Refused || failure.Status != answer.Status {
					t.Errorf("%s in %s: row %q, kind %d, status %d", row.ID, carrier, failure.Row.ID, failure.Kind, failure.Status)
				}
				for _, part := range []string{"POST https://tpp.example.com/vedauth/Authorize/OAuth: ", text, row.Cause, row.Next} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s in %s: %q is not in %q", row.ID, carrier, part, err)
					}
				}
				if len(s.seen()) != 1 || failure.Grant != nil {
					t.Errorf("%s in %s: %d requests", row.ID, carrier, len(s.seen()))
				}
			}
		}
	}
}

// TestThePasswordDoesNotChangeTheExplanation: it may be a word of the server's own text.
func TestThePasswordDoesNotChangeTheExplanation(t *testing.T) {
	t.Parallel()
	const body = `{"error":"invalid_grant","error_description":"Username/Password combination not valid"}`
	for _, word := range []string{"combination", "Username/Password combination not valid", "invalid_grant", "valid", "Password"} {
		r := login
		r.Password = secret.New(word)
		_, err := connect(t, serveInMemory(t, always("400 Bad Request", body, isJSON))).OAuth(t.Context(), r)
		failure := asError(t, err)
		if failure.Row.ID != "password-wrong" {
			t.Errorf("%q: row %q", word, failure.Row.ID)
		}
		mustNotHold(t, strings.ReplaceAll(failure.Said(), "invalid", ""), word)
	}
}

// TestAnswersThatVedauthDoesNotGive: each has a text and a next step of its own and is tried once.
func TestAnswersThatVedauthDoesNotGive(t *testing.T) {
	t.Parallel()
	const page = "<!DOCTYPE html><html><head><title>403 - Forbidden:\r\n Access is denied.</title></head><body>hunter2</body></html>"
	const isPage = "Content-Type: text/html; charset=us-ascii"
	for _, test := range []struct {
		status, body, header string
		kind                 vedauth.Kind
		want                 string
	}{
		{"404 Not Found", "", isJSON, vedauth.Unexpected, "there is no vedauth at this address"},
		{"404 Not Found", page, isPage, vedauth.Unexpected, `a web page titled "403 - Forbidden: Access is denied."; there is no vedauth`},
		{"405 Method Not Allowed", "", isJSON, vedauth.Unexpected, "does not take this kind of request"},
		{"413 Request Entity Too Large", page, isPage, vedauth.Unexpected, "uploadReadAheadSize"},
		{"418 I'm a teapot", "", isJSON, vedauth.Unexpected, "vedauth does not answer so"},
		{"407 Proxy Authentication Required", "", isJSON, vedauth.Unexpected, "vedauth does not answer so"},
		{"409 Conflict", "", isJSON, vedauth.Unexpected, "vedauth does not answer so"},
		{"200 OK", page, isPage, vedauth.Unexpected, "not the JSON that vedauth sends"},
		{"200 OK", page, isJSON, vedauth.Unexpected, "not the JSON that vedauth sends"},
		{"200 OK", "\ufeff \r\n<HTML><title></title>", "X: y", vedauth.Unexpected, "a web page; not the JSON"},
		{"200 OK", "<?xml version='1.0'?><html/>", "X: y", vedauth.Unexpected, "not the JSON that vedauth sends"},
		{"200 OK", "Please log in", isPage, vedauth.Unexpected, "not the JSON that vedauth sends"},
		{"400 Bad Request", page, isPage, vedauth.Refused, "This page comes from IIS or a proxy"},
		{"401 Unauthorized", page, isPage, vedauth.Refused, "This page comes from IIS or a proxy"},
		{"403 Forbidden", page, isPage, vedauth.Refused, `titled "403 - Forbidden: Access is denied."`},
		{"403 Forbidden", "", isJSON, vedauth.Refused, "the answer was 403 (Forbidden)"},
		{"400", "", isJSON, vedauth.Refused, "the answer was 400 (Bad Request)"},
		{"400 Kein Gl\xfcck", "", isJSON, vedauth.Refused, "Kein Gl\uFFFDck"},
		{"502 Bad Gateway", page, isPage, vedauth.Ambiguous, "a web page titled"},
		{"599 Who knows", "", isJSON, vedauth.Ambiguous, `the answer was 599, "Who knows"`},
		{"200 OK", "", isJSON, vedauth.Ambiguous, "it ends in the middle of the JSON text"},
		{"200 OK", "[]", isJSON, vedauth.Ambiguous, "it is JSON, but not an object"},
		{"200 OK", "hunter2", isJSON, vedauth.Ambiguous, "it is not JSON"},
		{"200 OK", `{"error":"invalid_grant","error_description":"sorry"}`, isJSON, vedauth.Ambiguous, `200 invalid_grant, "sorry"`},
		{"201 Created", "", isJSON, vedauth.Ambiguous, "the server may have made a grant"},
		{"204 No Content", "", isJSON, vedauth.Ambiguous, "the server may have made a grant"},
		{"202 Accepted", `{"status":"queued"}`, isJSON, vedauth.Ambiguous, "the server may have made a grant"},
	} {
		s := serveInMemory(t, always(test.status, test.body, test.header))
		_, err := connect(t, s).OAuth(t.Context(), login)
		failure := asError(t, err)
		if failure.Kind != test.kind || !strings.Contains(err.Error(), test.want) || failure.Next() == "" || failure.Grant != nil {
			t.Errorf("%s %.30q: kind %d, %v", test.status, test.body, failure.Kind, err)
		}
		if strings.Contains(err.Error(), "made a grant") != (test.kind == vedauth.Ambiguous) {
			t.Errorf("%s %.30q: the doubt is wrong: %v", test.status, test.body, err)
		}
		if len(s.seen()) != 1 || failure.Attempts != 1 {
			t.Errorf("%s %.30q: %d requests", test.status, test.body, len(s.seen()))
		}
		mustNotHold(t, err.Error(), "hunter2", "<", "\n")
	}
}

// TestTheGrantInABadReply comes back with the error, whatever is wrong around it, so that it can be revoked.
func TestTheGrantInABadReply(t *testing.T) {
	t.Parallel()
	cutOff := func(conn net.Conn, body string, more int) {
		raw(conn, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body)+more, body))
	}
	for name, answer := range map[string]script{
		"cut off":            func(_ int, _ request, c net.Conn) { cutOff(c, goodToken[:len(goodToken)-10], 10) },
		"cut off with BOM":   func(_ int, _ request, c net.Conn) { cutOff(c, "\ufeff"+goodToken[:len(goodToken)-10], 10) },
		"whole, length off":  func(_ int, _ request, c net.Conn) { cutOff(c, goodToken, 1) },
		"chunked, no end":    func(_ int, _ request, c net.Conn) { chunks(c, goodToken) },
		"text behind it":     always("200 OK", goodToken+"<!-- injected -->", isJSON),
		"1 MiB behind it":    always("200 OK", goodToken+strings.Repeat(" ", 1<<20), isJSON),
		"expired":            always("200 OK", strings.Replace(goodToken, "7775999", "0", 1), isJSON),
		"wrong type":         always("200 OK", strings.Replace(goodToken, "7775999", `"7775999"`, 1), isJSON),
		"called a web page":  always("200 OK", goodToken+" ", "Content-Type: text/html", "X-Cut: 1"),
		"wrong status":       always("201 Created", goodToken, isJSON),
		"gateway's own":      always("502 Bad Gateway", goodToken, isJSON),
		"even a redirect":    always("302 Found", goodToken, "Location: /"),
		"even as not found":  always("404 Not Found", goodToken, isJSON),
		"number out of size": always("200 OK", strings.Replace(goodToken, "{", `{"n":1e9999,"expires_in":1e999,`, 1), isJSON),
	} {
		if name == "called a web page" {
			token, err := connect(t, serveInMemory(t, answer)).OAuth(t.Context(), login)
			if err != nil || token.AccessToken.Reveal() != accessInGoodToken {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		_, err := connect(t, serveInMemory(t, answer)).OAuth(t.Context(), login)
		failure := asError(t, err)
		if failure.Grant == nil || failure.Grant.AccessToken.Reveal() != accessInGoodToken ||
			failure.Grant.RefreshToken.Reveal() != refreshInGoodToken || failure.Grant.ClientID != "terraform" {
			t.Errorf("%s: grant %s, %v", name, describe(failure.Grant), err)
		}
		if strings.Contains(err.Error(), "nobody knows") || failure.Next() == "" {
			t.Errorf("%s: the text is for a grant that is lost: %v", name, err)
		}
		mustNotHold(t, fmt.Sprintf("%v %+v %#v", err, failure, failure), accessInGoodToken, refreshInGoodToken)
	}
}

// chunks writes an answer of one chunk without the last, empty one.
func chunks(conn net.Conn, body string) {
	raw(conn, fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(body), body))
}

// TestEchoedSecrets: a server or proxy that sends the password back, anywhere and in any form, does not get it shown.
func TestEchoedSecrets(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(map[string]string{"error": password, "error_description": "no user with " + password})
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]script{
		"reason phrase":           always("400 Bad password "+password, ""),
		"reason phrase, 5xx":      always("500 Bad password "+password, ""),
		"reason phrase, 3xx":      always("302 "+password, "", "Location: /?p="+password),
		"reason phrase, 404":      always("404 "+password, ""),
		"reason phrase, busy":     always("503 "+password, "", "Retry-After: "+password),
		"JSON":                    always("400 Bad Request", string(quoted), isJSON),
		"JSON, 401":               always("401 "+password, string(quoted), isJSON),
		"JSON with 200":           always("200 OK", string(quoted), isJSON),
		"JSON of the wrong shape": always("200 OK", `{"access_token":{"`+password+`":1}}`, isJSON),
		"a key of the JSON":       always("200 OK", `{"`+password+`":1`, isJSON),
		"a string":                always("200 OK", `"`+password+`"`, isJSON),
		"title":                   always("403 Forbidden", "<title>denied: Tr0ub4dor&amp;3/ü+x</title>", "Content-Type: text/html"),
		"title, raw":              always("200 OK", "<title>"+password+"</title>", "Content-Type: text/html; charset="+password),
		"content type":            always("200 OK", password, "Content-Type: text/"+password),
		"not HTTP":                func(_ int, _ request, c net.Conn) { raw(c, password+" is wrong\r\n\r\n") },
		"status not a number":     func(_ int, _ request, c net.Conn) { raw(c, "HTTP/1.1 "+password+"\r\n\r\n") },
		"bad header":              func(_ int, _ request, c net.Conn) { raw(c, "HTTP/1.1 200 OK\r\n"+password+"\r\n\r\n") },
		"bad length":              func(_ int, _ request, c net.Conn) { raw(c, "HTTP/1.1 200 OK\r\nContent-Length: "+password+"\r\n\r\n") },
		"bad chunk": func(_ int, _ request, c net.Conn) {
			raw(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+password+"\r\n")
		},
		"bad encoding": func(_ int, _ request, c net.Conn) {
			raw(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "+password+"\r\n\r\n")
		},
	} {
		log := &events{}
		_, err := connect(t, serveInMemory(t, answer), log.record).OAuth(t.Context(), login)
		failure := asError(t, err)
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", failure), fmt.Sprintf("%#v", *failure), log.String()} {
			mustNotHold(t, text, password, "Tr0ub4dor", "tr0ub4dor")
		}
		if errors.Unwrap(err) != nil {
			t.Errorf("%s: the error wraps another, whose text nobody cleaned", name)
		}
	}
}
