package identity

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzService: whatever an identity service or a proxy answers, the result is a token or an error that quotes nothing
// of the request and steers no terminal.
func FuzzService(f *testing.F) {
	for _, reply := range []string{
		"HTTP/1.1 200 OK\r\n\r\n{\"value\":\"a.b.c\"}", "HTTP/1.1 201 Created\r\n\r\n{\"oidcToken\":\"a.b.c\"}",
		"HTTP/1.1 200 OK\r\n\r\n{\"value\":{}}", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
		"HTTP/1.1 200 OK\r\n\r\n<html>",
		"HTTP/1.1 302 Found\r\nLocation: https://login.example.com/?t=bearer-of-the-job-4711\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: https://a\u202eb\x1b[2J/\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\n\r\n{\"message\":\"" + azureUnknown + " bearer-of-the-job-4711\"}",
		"HTTP/1.1 500 bearer-of-the-job-4711\r\n\r\n", "",
	} {
		f.Add(false, []byte(reply))
		f.Add(true, []byte(reply))
	}
	const bearer = "bearer-of-the-job-4711"
	env := variables(map[string]string{
		githubURL: "https://github.example.com/token?api=2", githubBearer: bearer,
		azureURL: "https://azure.example.com/token", azureBearer: bearer,
	})
	f.Fuzz(func(t *testing.T, azure bool, raw []byte) {
		source, err := GitHubActions("https://tpp.example.com/vedauth", env)
		if azure {
			source, err = AzureDevOps("00000000-0000-0000-0000-000000000001", env)
		}
		if err != nil {
			t.Fatal(err)
		}
		source = adjust(t, source, func(r *requester) {
			r.sleep = func(context.Context, time.Duration) error { return nil }
			r.send = func(request *http.Request) (*http.Response, error) {
				return http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), request)
			}
		})
		token, err := source.Fetch(t.Context())
		if err == nil {
			if trim(token.Reveal()) == "" {
				t.Error("an empty token")
			}
			return
		}
		wantError(t, err, source.Attribute(), nil, []string{bearer})
		text := err.Error()
		if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) || len(text) > 2000 {
			t.Errorf("not fit to be shown: %q", text)
		}
	})
}
