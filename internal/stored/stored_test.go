package stored_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/stored"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// TestOutcomes: what each answer of a server says of the token that was sent.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	refused := func(rows ...string) []fakevedauth.Fault {
		var faults []fakevedauth.Fault
		for _, row := range rows {
			for _, dialect := range []refusal.Dialect{refusal.Modern, refusal.Legacy} {
				faults = append(faults, fakevedauth.Refusal(row, dialect))
			}
		}
		return faults
	}
	for want, faults := range map[tokenstore.Outcome][]fakevedauth.Fault{
		tokenstore.Refused: refused("refresh-token-dead"),
		tokenstore.Misconfigured: append(
			refused("refresh-client-mismatch", "client-id-missing", "unauthorized-client", "browser-disabled"),
			fakevedauth.HTML(401, "Log in"), fakevedauth.HTML(403, "Blocked"), fakevedauth.Answer(400, "", ""),
			fakevedauth.Answer(401, "", ""),
			fakevedauth.Redirect(302, "https://login.example.com"), fakevedauth.Status(404), fakevedauth.Status(405), fakevedauth.Status(413)),
		tokenstore.Unavailable: {
			fakevedauth.Status(429), fakevedauth.Status(503), fakevedauth.Rerun(),
			fakevedauth.Refusal("device-pending", refusal.Modern),
		},
		tokenstore.Ambiguous: {
			fakevedauth.Reset(), fakevedauth.Drop(), fakevedauth.Status(500), fakevedauth.Status(502),
			fakevedauth.Status(504),
			fakevedauth.JSONBody("{}"), fakevedauth.Answer(200, "", ""), fakevedauth.JSONBody(`{"access_token":""}`),
		},
	} {
		t.Run(want.String(), func(t *testing.T) {
			t.Parallel()
			server, fake := connect(t)
			for i, fault := range faults {
				remove := fake.Inject(fakevedauth.Token, fakevedauth.Always(fault))
				tokens, err := server.Refresh(t.Context(), secret.New("not a token"))
				remove()
				var classed *tokenstore.OutcomeError
				if !errors.As(err, &classed) || classed.Outcome != want || !tokens.AccessToken.Empty() {
					t.Errorf("fault %d: %v (%v), want %v", i, classed, err, want)
				}
			}
		})
	}
}

func connect(t *testing.T) (stored.Server, *fakevedauth.Server) {
	t.Helper()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	client, err := vedauth.New(vedauth.Config{
		Server: fake.URL(), CAPEM: []byte(fake.CAPEM()), Getenv: func(string) string { return "" }, Retries: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return stored.Server{Client: client, ClientID: fakevedauth.DefaultClientID}, fake
}

// TestADamagedAnswerIsKept: the tokens in it are as good as any, and nobody is told to revoke them.
func TestADamagedAnswerIsKept(t *testing.T) {
	t.Parallel()
	server, fake := connect(t)
	seed, err := fake.Issue(fakevedauth.DefaultClientID, fakevedauth.DefaultUser, "ssh")
	if err != nil {
		t.Fatal(err)
	}
	fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.WrongTypes()))
	tokens, err := server.Refresh(t.Context(), secret.New(seed.Refresh))
	now, _ := fake.TokensOf(seed.GrantID)
	if tokens.AccessToken.Reveal() != now.Access || tokens.RefreshToken.Reveal() != now.Refresh {
		t.Error("the tokens were not read")
	}
	var failed *vedauth.Error
	if !errors.As(err, &failed) || failed.Grant != nil {
		t.Errorf("err = %v, with the grant: %t", err, failed != nil && failed.Grant != nil)
	}
}

// TestThereAndBack: what a server says of a grant is what a stored one says later, but for the time that has passed.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	number := func(n int64) *int64 { return &n }
	identity := "local:{…}"
	answer := &vedauth.Token{
		ClientID:     "terraform",
		AccessToken:  secret.New("access"),
		RefreshToken: secret.New("refresh"),
		TokenType:    "Bearer",
		Scope:        "ssh",
		Identity:     &identity,
		ExpiresIn:    number(3600),
		Expires:      number(noon.Unix() + 3600),
		RefreshUntil: number(noon.Unix() + 86400),
		Requested:    noon,
		Served:       noon,
	}
	tokens, err := stored.Tokens(answer, nil)
	if err != nil || tokens.ExpiresIn != time.Hour || !tokens.ServerTime.Equal(noon) {
		t.Errorf("%+v, %v", tokens, err)
	}
	grant := tokenstore.Grant{
		Key: tokenstore.Key{
			ClientID: "terraform",
		},
		AccessToken:   tokens.AccessToken,
		RefreshToken:  tokens.RefreshToken,
		Scope:         tokens.Scope,
		Issued:        noon,
		AccessExpires: noon.Add(tokens.ExpiresIn),
		Expires:       tokens.Expires,
		RefreshUntil:  tokens.RefreshUntil,
	}
	token := stored.Token(grant, noon.Add(10*time.Minute))
	if token.AccessToken.Reveal() != "access" || !token.RefreshToken.Empty() || token.TokenType != "Bearer" || token.Identity != nil ||
		*token.ExpiresIn != 3000 || *token.Expires != noon.Unix()+3600 ||
		*token.RefreshUntil != noon.Unix()+86400 {
		t.Errorf("%+v", token)
	}
	if left, known := token.Remaining(noon.Add(20 * time.Minute)); !known || left != 40*time.Minute {
		t.Errorf("%v left", left)
	}
	held := stored.Held(grant)
	if held.RefreshToken.Reveal() != "refresh" || held.ClientID != "terraform" {
		t.Errorf("%+v", held)
	}
	bare := stored.Token(tokenstore.Grant{AccessToken: secret.New("access")}, noon)
	if bare.ExpiresIn != nil || bare.Expires != nil || bare.RefreshUntil != nil {
		t.Errorf("%+v", bare)
	}
	forever, _ := stored.Tokens(
		&vedauth.Token{AccessToken: secret.New("access"), ExpiresIn: number(math.MaxInt64)},
		nil,
	)
	if forever.ExpiresIn <= 0 {
		t.Errorf("a token for ever lives %v", forever.ExpiresIn)
	}
}
