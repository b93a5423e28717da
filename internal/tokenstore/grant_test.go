package tokenstore

import (
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

func TestFresh(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		life, age, minimum time.Duration
		want               bool
	}{
		"new":                          {life, 0, time.Hour, true},
		"an hour left":                 {life, life - time.Hour, time.Hour, true},
		"less than an hour left":       {life, life - time.Hour + time.Second, time.Hour, false},
		"expired":                      {life, life, time.Hour, false},
		"less wanted":                  {life, life - 10*time.Minute, 5 * time.Minute, true},
		"short-lived, first half":      {15 * time.Minute, 7 * time.Minute, time.Hour, true},
		"short-lived, second half":     {15 * time.Minute, 8 * time.Minute, time.Hour, false},
		"asked for, second half":       {2 * time.Hour, 20 * time.Minute, 90 * time.Minute, true},
		"asked for, less left":         {2 * time.Hour, 40 * time.Minute, 90 * time.Minute, false},
		"not asked, first half":        {2 * time.Hour, 40 * time.Minute, 0, true},
		"more than a whole life":       {2 * time.Hour, 40 * time.Minute, 3 * time.Hour, true},
		"nothing wanted, expired":      {life, life, 0, false},
		"the clock was set back":       {life, -2 * time.Minute, time.Hour, false},
		"the clock was set back a bit": {life, -time.Minute, time.Hour, true},
		"unknown life":                 {0, 0, time.Hour, false},
	}
	for name, test := range tests {
		p := newPair(Tokens{AccessToken: secret.New("a"), ExpiresIn: test.life}, start)
		if got := p.fresh(start.Add(test.age), test.minimum); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if (&pair{Issued: start, AccessExpires: start.Add(life)}).fresh(start, time.Hour) {
		t.Error("no access token, yet fresh")
	}
}

func TestNewPairKnowsTheExpiry(t *testing.T) {
	t.Parallel()
	server := start.Add(17 * time.Minute)
	tests := map[string]Tokens{
		"seconds":             {ExpiresIn: time.Hour},
		"seconds win":         {ExpiresIn: time.Hour, Expires: server.Add(time.Minute)},
		"time and its clock":  {Expires: server.Add(time.Hour), ServerTime: server},
		"time without clock":  {Expires: start.Add(time.Hour)},
		"nonsense, then time": {ExpiresIn: -time.Second, Expires: start.Add(time.Hour)},
	}
	for name, tokens := range tests {
		if got := newPair(tokens, start).AccessExpires; !got.Equal(start.Add(time.Hour)) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, tokens := range []Tokens{{}, {ExpiresIn: -time.Hour}, {Expires: start.Add(-time.Hour)}} {
		if got := newPair(tokens, start).AccessExpires; !got.IsZero() {
			t.Errorf("%+v: %v", tokens, got)
		}
	}
}

func TestInherit(t *testing.T) {
	t.Parallel()
	old := &pair{Scope: "certificate:manage", Identity: "local:{a3f32838}", TokenType: "Bearer", RefreshUntil: 42}
	got := &pair{}
	got.inherit(old)
	if got.Scope != old.Scope || got.Identity != old.Identity || got.TokenType != "Bearer" || got.RefreshUntil != 42 {
		t.Errorf("inherited %+v", got)
	}
	got = &pair{Scope: "ssh", Identity: "other", TokenType: "bearer", RefreshUntil: 43}
	got.inherit(old)
	if got.Scope != "ssh" || got.Identity != "other" || got.TokenType != "bearer" || got.RefreshUntil != 43 {
		t.Errorf("overwritten: %+v", got)
	}
}
