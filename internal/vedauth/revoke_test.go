package vedauth_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

const (
	revokedText = "Grant for identity [local:{a3f32838}] with scope [certificate:manage] has been revoked"
	unknown     = `{"error":"invalid_token","error_description":"Grant not found"}`
	verified    = `{"application":"terraform","valid_for":7776000}`
	loginPage   = "<html><title>Sign in</title></html>"
)

// grantOf is a grant that was made a minute ago and lives for so many more seconds.
func grantOf(refreshToken string, left int64) *vedauth.Token {
	return &vedauth.Token{
		ClientID: "terraform", AccessToken: secret.New("old-access=="), RefreshToken: secret.New(refreshToken),
		ExpiresIn: ptr(left + 60), Requested: time.Now().Add(-time.Minute),
	}
}

// path lists the calls that came, as "revoke old-access==" or "token".
func path(s *server) string {
	var list []string
	for _, r := range s.seen() {
		step := strings.ToLower(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
		if strings.Contains(r.URL.Path, "Revoke") {
			step = "revoke"
		}
		if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			step += " " + map[string]string{"old-access==": "old", accessInGoodToken: "new"}[bearer]
		}
		list = append(list, step)
	}
	return strings.Join(list, ", ")
}

// scenario is one way in which a server deals with a revocation. Of revoke, the first script is for the old access token
// and the second for a refreshed one.
type scenario struct {
	name                    string
	refreshToken            string
	left                    int64
	revoke                  []script
	verify, refresh         script
	steps, because, notSaid string
}

func (sc scenario) run(t *testing.T) {
	t.Helper()
	revokes := 0
	s := serveInMemory(t, byPath(map[string]script{
		"token": func(n int, r request, conn net.Conn) {
			if strings.Contains(r.URL.Path, "Authorize") {
				sc.refresh(n, r, conn)
				return
			}
			revokes++
			sc.revoke[min(revokes, len(sc.revoke))-1](n, r, conn)
		},
		"verify": sc.verify,
	}))
	log := &events{}
	err := connect(t, s, log.record, func(c *vedauth.Config) { c.Retries = -1 }).Revoke(t.Context(), grantOf(sc.refreshToken, sc.left))
	if got := path(s); got != sc.steps {
		t.Errorf("%s: %s, want %s", sc.name, got, sc.steps)
	}
	if sc.because == "" {
		if err != nil {
			t.Errorf("%s: %v", sc.name, err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), sc.because) || asError(t, err).Next() == "" {
		t.Errorf("%s: %v, want %q", sc.name, err, sc.because)
		return
	}
	mustNotHold(t, err.Error()+log.String(), "old-access", "old-refresh", accessInGoodToken, refreshInGoodToken)
}

// TestRevoke: nil means that the grant is gone for certain, by what vedauth itself said.
func TestRevoke(t *testing.T) {
	t.Parallel()
	var (
		done      = always("200 OK", "")
		gone      = always("401 Unauthorized", unknown, isJSON)
		accepted  = always("202 Accepted", "[token] not found")
		page      = always("200 OK", loginPage, "Content-Type: text/html")
		dead      = always("400 Bad Request", `{"error":"invalid_grant"}`, isJSON)
		fresh     = always("200 OK", goodToken, isJSON)
		valid     = always("200 Token is valid", verified, isJSON)
		none      script
		twice     = func(first, second script) []script { return []script{first, second} }
		only      = func(first script) []script { return []script{first} }
		withScope = always("401 Unauthorized", `{"error":"insufficient_scope","error_description":"Grant rejected scope 'x'"}`, isJSON)
	)
	for _, sc := range []scenario{
		{"200", "", 60, only(done), none, none, "revoke old", "", ""},
		{"200 {}", "", 60, only(always("200 OK", "{}", isJSON)), none, none, "revoke old", "", ""},
		{"200 with a text", "r", 60, only(always("200 OK", revokedText, "Content-Type: text/plain")), none, none, "revoke old", "", ""},
		{"200 with a reason", "r", 60, only(always("200 "+revokedText, "")), none, none, "revoke old", "", ""},
		{"200 from a login page", "r", 60, only(page), none, none, "revoke old", `a web page titled "Sign in"`, ""},
		{"200 with an error", "", 60, only(always("200 OK", unknown, isJSON)), valid, none, "revoke old, verify old", "its token still works", ""},
		{"202, gone", "", 60, only(accepted), gone, none, "revoke old, verify old", "", ""},
		{"202, alive", "r", 60, only(accepted), valid, none, "revoke old, verify old", "the server did not revoke the grant: its token still works", ""},
		{"202, verify broken", "", 60, only(accepted), always("500 Internal Server Error", ""), none, "revoke old, verify old", "the answer was 500", ""},
		{"202, verify is a login page", "", 60, only(accepted), page, none, "revoke old, verify old", "Sign in", ""},
		{"202, verify refused by a proxy", "", 60, only(accepted), always("401 Unauthorized", loginPage), none, "revoke old, verify old", "Sign in", ""},
		{"202, gone, refreshable", "r", 60, twice(accepted, done), gone, fresh, "revoke old, verify old, token, revoke new", "", ""},
		{"401", "", 60, only(gone), none, none, "revoke old", "", ""},
		{"401 without a word", "", 60, only(always("401 Unauthorized", "")), none, none, "revoke old", "", ""},
		{"401 from a proxy", "", 60, only(always("401 Unauthorized", loginPage)), none, none, "revoke old", "This page comes from IIS or a proxy", ""},
		{"401 about the scope", "r", 60, only(withScope), none, none, "revoke old", "does not let this token make this call", ""},
		{"403", "r", 60, only(always("403 Forbidden", "")), none, none, "revoke old", "the answer was 403", ""},
		{"401, refreshable", "r", 60, twice(gone, done), none, fresh, "revoke old, token, revoke new", "", ""},
		{"401, refresh token dead", "r", 60, only(gone), none, dead, "revoke old, token", "", ""},
		{"401, refresh token dead, in the reason", "r", 60, only(gone), none,
			always("400 Grant has been revoked, has expired, or the refresh token is invalid", ""), "revoke old, token", "", ""},
		{"401, refresh refused for another reason", "r", 60, only(gone), none,
			always("400 Bad Request", `{"error":"invalid_client"}`, isJSON), "revoke old, token", "does not know this client_id", ""},
		{"401, refresh refused by a proxy", "r", 60, only(gone), none, always("400 Bad Request", loginPage), "revoke old, token", "Sign in", ""},
		{"401, server busy", "r", 60, only(gone), none, always("503 Service Unavailable", ""), "revoke old, token", "cannot serve this now", ""},
		{"401, refresh without answer", "r", 60, only(gone), none, hangUp, "revoke old, token", "the new tokens are lost", ""},
		{"expired, not refreshable", "", -1, only(gone), none, none, "revoke old", "", ""},
		{"expired, refreshable", "r", -1, only(done), none, fresh, "token, revoke new", "", ""},
		{"expires now, refreshable", "r", 0, only(done), none, fresh, "token, revoke new", "", ""},
		{"expired, refresh token dead", "r", -1, only(done), none, dead, "token", "", ""},
		{"refreshed, reply damaged", "r", -1, only(done), none, always("200 OK", goodToken+"trailing"), "token, revoke new", "", ""},
		{"refreshed, then refused", "r", -1, only(gone), none, fresh, "token, revoke new", "did not accept a token that it had just issued", ""},
		{"refreshed, 202, gone", "r", -1, only(accepted), gone, fresh, "token, revoke new, verify new", "did not accept a token that it had just", ""},
		{"refreshed, 202, alive", "r", -1, only(accepted), valid, fresh, "token, revoke new, verify new", "its token still works", ""},
	} {
		if sc.refreshToken != "" {
			sc.refreshToken = "old-refresh=="
		}
		sc.run(t)
	}
}

// TestRevokeOfATokenWhoseLifeIsUnknown asks the server.
func TestRevokeOfATokenWhoseLifeIsUnknown(t *testing.T) {
	t.Parallel()
	s := serveInMemory(t, always("200 OK", ""))
	token := grantOf("old-refresh==", 60)
	token.ExpiresIn = nil
	if err := connect(t, s).Revoke(t.Context(), token); err != nil || path(s) != "revoke old" {
		t.Errorf("%s: %v", path(s), err)
	}
}

// TestRevokeAgainUsesTheNewTokens: when a revocation fails after its refresh, only the new tokens work.
func TestRevokeAgainUsesTheNewTokens(t *testing.T) {
	t.Parallel()
	s := serveInMemory(t, inTurn(always("200 OK", goodToken, isJSON), always("404 Not Found", ""), always("200 OK", "")))
	client, token := connect(t, s), grantOf("old-refresh==", -1)
	if err := client.Revoke(t.Context(), token); err == nil {
		t.Error("a revocation that was not found is no success")
	}
	if want := accessInGoodToken + "|" + refreshInGoodToken + "||7775999|1639342751||nil|nil"; describe(token) != want {
		t.Errorf("the token is now %s", describe(token))
	}
	if err := client.Revoke(t.Context(), token); err != nil || path(s) != "token, revoke new, revoke new" {
		t.Errorf("%s: %v", path(s), err)
	}
}

// TestRevokeAgainAfterARefreshWithoutAnswer: that the old refresh token is dead now may mean that it was replaced by one
// that nobody has seen, and the grant lives on.
func TestRevokeAgainAfterARefreshWithoutAnswer(t *testing.T) {
	t.Parallel()
	s := serveInMemory(t, inTurn(hangUp, always("400 Bad Request", `{"error":"invalid_grant"}`, isJSON)))
	client, token := connect(t, s), grantOf("old-refresh==", -1)
	if failure := asError(t, client.Revoke(t.Context(), token)); failure.Kind != vedauth.Ambiguous {
		t.Errorf("kind %d, %v", failure.Kind, failure)
	}
	err := client.Revoke(t.Context(), token)
	if err == nil || !strings.Contains(err.Error(), "an earlier refresh of this grant got no answer") || path(s) != "token, token" {
		t.Errorf("%s: %v", path(s), err)
	}
}

// TestRevokeAfterARefreshThatTheServerNeverSaw: once a refresh has succeeded, what came before is of no interest.
func TestRevokeAfterARefreshThatTheServerNeverSaw(t *testing.T) {
	t.Parallel()
	s := serveInMemory(t, inTurn(hangUp, always("200 OK", goodToken, isJSON), always("404 Not Found", ""),
		always("401 Unauthorized", unknown, isJSON), always("400 Bad Request", `{"error":"invalid_grant"}`, isJSON)))
	client, token := connect(t, s), grantOf("old-refresh==", -1)
	for range 2 {
		if err := client.Revoke(t.Context(), token); err == nil {
			t.Error("neither silence nor a 404 is a success")
		}
	}
	if err := client.Revoke(t.Context(), token); err != nil || path(s) != "token, token, revoke new, revoke new, token" {
		t.Errorf("%s: %v", path(s), err)
	}
}

// TestALostAnswerToARevocation: the second request finds nothing any more, which is the proof.
func TestALostAnswerToARevocation(t *testing.T) {
	t.Parallel()
	s := serveInMemory(t, inTurn(hangUp, always("401 Unauthorized", unknown, isJSON)))
	if err := connect(t, s).Revoke(t.Context(), grantOf("", 60)); err != nil || path(s) != "revoke old, revoke old" {
		t.Errorf("%s: %v", path(s), err)
	}
}

// TestAHangingRevocation ends with its caller.
func TestAHangingRevocation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serveInMemory(t, func(_ int, _ request, conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err := connect(t, s, func(c *vedauth.Config) { c.Wait = nil }).Revoke(ctx, grantOf("old-refresh==", 60))
		if failure := asError(t, err); failure.Kind != vedauth.Canceled || time.Since(began) != 5*time.Second || path(s) != "revoke old" {
			t.Errorf("after %v: %s: %v", time.Since(began), path(s), err)
		}
	})
}
