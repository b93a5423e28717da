package identity

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestAnswers goes through what a service may answer instead of a token. The body of every answer holds a token, so
// that the search for leaks has something to find.
func TestAnswers(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	const mapping, permission = "$(System.AccessToken)", "permissions: id-token: write"
	for name, test := range map[string]struct {
		status int
		// body has MEMBER where the name of the platform's member stands, and TOKEN for the token.
		body          string
		github, azure []string
		tries         int
	}{
		"bad request": {
			400, "TOKEN",
			[]string{"answered 400 Bad Request", "audience"}, []string{"answered 400", "service_connection_id"}, 1,
		},
		"unauthorized": {401, "TOKEN", []string{"answered 401", permission}, []string{"answered 401", mapping}, 1},
		"forbidden": {
			403, "TOKEN",
			[]string{"answered 403", permission}, []string{"answered 403", "Authorise the pipeline"}, 1,
		},
		"not found": {
			404, "<html>TOKEN", []string{"answered 404", githubURL}, []string{"answered 404", azureURL}, 1,
		},
		"no content":   {204, "", []string{"answered 204"}, []string{"answered 204"}, 1},
		"sign-in page": {203, "<html>TOKEN", []string{"answered 203"}, []string{"answered 203", mapping}, 1},
		"own error": {
			500, "TOKEN", []string{"answered 500", "3 attempts"}, []string{"answered 500", "3 attempts"}, 3,
		},
		"unavailable": {
			503, "TOKEN", []string{"answered 503", "3 attempts"}, []string{"answered 503", "3 attempts"}, 3,
		},
		"no connection": {400, `{"message":"No service connection found with identifier TOKEN"}`,
			[]string{"answered 400"}, []string{"does not know the service connection", "AzureCLI@2", "authorise"}, 1},
		"empty body": {200, " \n", []string{"200, but without any content"}, []string{"without any content"}, 1},
		"web page":   {200, "\n<!DOCTYPE html>TOKEN", []string{"web page instead of JSON"}, []string{"web page"}, 1},
		"no JSON":    {200, "TOKEN", []string{"not with a JSON object"}, []string{"not with a JSON object"}, 1},
		"cut off JSON": {
			200, `{"MEMBER":"TOKEN`, []string{"not with a JSON object"}, []string{"not with a JSON object"}, 1,
		},
		"null":         {200, `null`, []string{"not with a JSON object"}, []string{"not with a JSON object"}, 1},
		"list":         {200, `["TOKEN"]`, []string{"not with a JSON object"}, []string{"not with a JSON object"}, 1},
		"other member": {200, `{"token":"TOKEN"}`, []string{`has no "value"`}, []string{`has no "oidcToken"`}, 1},
		"null token": {
			200, `{"MEMBER":null}`,
			[]string{`"value" in the JSON is empty`}, []string{`"oidcToken" in the JSON is empty`}, 1,
		},
		"empty token":   {200, `{"MEMBER":" "}`, []string{`"value" in the JSON is empty`}, []string{`is empty`}, 1},
		"number":        {200, `{"MEMBER":7}`, []string{`is not text`}, []string{`is not text`}, 1},
		"list of token": {200, `{"MEMBER":["TOKEN"]}`, []string{`is not text`}, []string{`is not text`}, 1},
		"huge": {
			200, `{"MEMBER":"` + strings.Repeat("TOKEN", 3000) + `"}`,
			[]string{"more than 1 MiB"}, []string{"more than 1 MiB"}, 1,
		},
	} {
		for of, words := range map[string][]string{"GitHub Actions": test.github, "Azure DevOps": test.azure} {
			t.Run(name+" of "+of, func(t *testing.T) {
				t.Parallel()
				p := platforms[of]
				body := strings.NewReplacer("MEMBER", p.member, "TOKEN", token).Replace(test.body)
				server := serve(t, answer(test.status, body))
				var slept pauses
				source := adjust(t, p.source(t, server.URL, nil), func(r *requester) { r.sleep = slept.sleep })
				_, err := source.Fetch(t.Context())
				wantError(t, err, p.attribute, words, secretsOf(token))
				if len(server.seen()) != test.tries || len(slept.list()) != test.tries-1 {
					t.Errorf("%d requests, %d pauses, want %d tries", len(server.seen()), len(slept.list()), test.tries)
				}
			})
		}
	}
}

// TestAProtocolSwitch: nothing is read from the connection that such an answer leaves open, because no deadline would
// end that.
func TestAProtocolSwitch(t *testing.T) {
	t.Parallel()
	const patience = 30 * time.Second // for a client that does not hang up
	ended := make(chan error, 1)
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		_, err = conn.Read(make([]byte, 1))
		ended <- err
	})
	p := platforms["GitHub Actions"]
	_, err := p.source(t, server.URL, nil).Fetch(t.Context())
	wantError(t, err, p.attribute, []string{"answered 101 Switching Protocols"}, nil)
	if err := <-ended; errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the client did not hang up")
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, answer(http.StatusOK, `{"value":"x","oidcToken":"x"}`))
	for name, p := range platforms {
		for _, status := range []int{301, 302, 303, 307, 308} {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere.URL+"/sign-in?query-of-the-url", status)
			})
			_, err := p.source(t, server.URL, nil).Fetch(t.Context())
			words := []string{fmt.Sprintf("answered %d", status), "(127.0.0.1)", "not followed"}
			wantError(t, err, p.attribute, words, secretsOf("sign-in?query"))
			if len(server.seen()) != 1 {
				t.Errorf("%s: %d requests", name, len(server.seen()))
			}
		}
	}
	if len(elsewhere.seen()) != 0 {
		t.Error("a redirect was followed")
	}
}
