package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

var testKey = Key{Server: "https://tpp.example.com", ClientID: "terraform", Name: DefaultName}

// start is when the tests' clock begins.
var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

const life = 90 * 24 * time.Hour

// ledger is a server as the store sees it: every refresh ends the token that it was asked with.
type ledger struct {
	mu sync.Mutex
	// live is the refresh token that works; access the access token that does.
	live, access string
	issued       int
	// pings, accepted and refused count requests.
	pings, accepted, refused int
	pingErr                  error
	// noRefresh leaves the refresh token out of the answers; until is the end of the grant.
	noRefresh bool
	until     time.Time
	life      time.Duration
	now       func() time.Time
	// script says what becomes of the requests to come; beyond it they are answered.
	script []func(l *ledger, token string) (Tokens, error)
}

func newLedger(seed string) *ledger { return &ledger{live: seed, life: life} }

func (l *ledger) Ping(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pings++
	return l.pingErr
}

func (l *ledger) Refresh(_ context.Context, token secret.String) (Tokens, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.script) > 0 {
		next := l.script[0]
		l.script = l.script[1:]
		return next(l, token.Reveal())
	}
	return l.rotate(token.Reveal())
}

// rotate carries a request out. The caller holds the mutex.
func (l *ledger) rotate(token string) (Tokens, error) {
	if token != l.live {
		l.refused++
		return Tokens{}, &OutcomeError{Outcome: Refused, Err: errors.New("400 the refresh token is invalid")}
	}
	l.accepted++
	return l.issue(), nil
}

func (l *ledger) issue() Tokens {
	l.issued++
	l.live, l.access = fmt.Sprintf("refresh-%d-Zq==", l.issued), fmt.Sprintf("access-%d-Zq==", l.issued)
	tokens := Tokens{
		AccessToken: secret.New(l.access), RefreshToken: secret.New(l.live), TokenType: "Bearer", ExpiresIn: l.life,
		Scope: "certificate:manage", RefreshUntil: l.until,
	}
	if l.noRefresh {
		tokens.RefreshToken = secret.String{}
	}
	if l.now != nil {
		tokens.ServerTime = l.now()
	}
	return tokens
}

// totals is what a ledger says at one moment.
type totals struct {
	live, access      string
	accepted, refused int
}

// totals reads the ledger while requests from elsewhere may still be under way.
func (l *ledger) totals() totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	return totals{l.live, l.access, l.accepted, l.refused}
}

func (l *ledger) requests() int {
	now := l.totals()
	return now.accepted + now.refused
}

// loseAnswer carries the request out and lets the answer get lost.
func loseAnswer(l *ledger, token string) (Tokens, error) {
	if _, err := l.rotate(token); err != nil {
		return Tokens{}, err
	}
	return Tokens{}, &OutcomeError{Outcome: Ambiguous, Err: errors.New("connection reset")}
}

// loseRequest does not carry the request out, which the client cannot tell from loseAnswer.
func loseRequest(*ledger, string) (Tokens, error) { return Tokens{}, errors.New("connection reset") }

func answer(outcome Outcome) func(*ledger, string) (Tokens, error) {
	return func(*ledger, string) (Tokens, error) {
		return Tokens{}, &OutcomeError{Outcome: outcome, Err: fmt.Errorf("the server said %s", outcome)}
	}
}

// clock is a clock that moves when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a store, a server and a clock.
type bench struct {
	t       testing.TB
	store   *Store
	server  *ledger
	clock   *clock
	notices []Notice
}

// newBench makes a store in a new directory, and a server whose first refresh token is "seed-Zq==".
func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, server: newLedger("seed-Zq=="), clock: &clock{now: start}}
	b.store = b.newStore(filepath.Join(t.TempDir(), "store"))
	return b
}

func (b *bench) newStore(dir string) *Store {
	b.t.Helper()
	store, err := New(Options{Dir: dir, Now: b.clock.Now})
	if err != nil {
		b.t.Fatal(err)
	}
	return store
}

func (b *bench) notify(n Notice) { b.notices = append(b.notices, n) }

func (b *bench) request(seed string) Request {
	return Request{Key: testKey, Seed: Seed{Value: secret.New(seed)}, Server: b.server, Notify: b.notify}
}

// acquire asks for the token and releases it at once.
func (b *bench) acquire(seed string) (*Lease, error) {
	b.t.Helper()
	b.notices = nil
	lease, err := b.store.Acquire(b.t.Context(), b.request(seed))
	lease.Release()
	if err != nil {
		b.noSecret(err.Error())
	}
	for _, n := range b.notices {
		b.noSecret(n.Text)
	}
	return lease, err
}

// mustAcquire asks for a token that the server still takes.
func (b *bench) mustAcquire(seed string) *Lease {
	b.t.Helper()
	lease, err := b.acquire(seed)
	if err != nil {
		b.t.Fatal(err)
	}
	if got, want := lease.Grant.AccessToken.Reveal(), b.server.totals().access; got != want {
		b.t.Fatalf("got the token %q, the server takes %q", got, want)
	}
	return lease
}

// wantError asks for a token and expects a failure of that kind, whose text names all of the words.
func (b *bench) wantError(seed string, kind Kind, words ...string) {
	b.t.Helper()
	_ = b.failure(seed, kind, words...)
}

// failure is wantError for tests that look at more of the failure.
func (b *bench) failure(seed string, kind Kind, words ...string) *Error {
	b.t.Helper()
	_, err := b.acquire(seed)
	return failureOf(b.t, err, kind, words...)
}

// wantKind expects an error of that kind, whose text names all of the words.
func wantKind(t *testing.T, err error, kind Kind, words ...string) {
	t.Helper()
	_ = failureOf(t, err, kind, words...)
}

// failureOf is wantKind for tests that look at more of the failure.
func failureOf(t testing.TB, err error, kind Kind, words ...string) *Error {
	t.Helper()
	failed, ok := errors.AsType[*Error](err)
	if !ok || failed.Kind != kind {
		t.Fatalf("error %v, want one of kind %d", err, kind)
	}
	for _, word := range words {
		if !strings.Contains(failed.Error(), word) {
			t.Errorf("the error does not say %q: %v", word, failed)
		}
	}
	return failed
}

// warned checks that exactly one warning was given if a text is wanted, and none if it is empty.
func (b *bench) warned(text string) {
	b.t.Helper()
	var warnings []string
	for _, n := range b.notices {
		if n.Warning {
			warnings = append(warnings, n.Text)
		}
	}
	if text == "" && len(warnings) > 0 || text != "" && (len(warnings) != 1 || !strings.Contains(warnings[0], text)) {
		b.t.Errorf("warnings %q, want one with %q", warnings, text)
	}
}

// stale lets the access token come so close to its end that it must be refreshed.
func (b *bench) stale() { b.clock.advance(b.server.life - 10*time.Minute) }

// stored reads the file as it is on disk.
func (b *bench) stored() *entry {
	b.t.Helper()
	e, err := b.store.read(b.store.Path(testKey))
	if err != nil {
		b.t.Fatalf("the file is torn: %v", err)
	}
	return e
}

// sane checks what must hold after every operation: the file is whole or absent, and nothing else is left lying.
func (b *bench) sane() {
	b.t.Helper()
	b.stored()
	names, err := os.ReadDir(b.store.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	for _, name := range names {
		info, err := name.Info()
		if err != nil {
			b.t.Fatal(err)
		}
		if exposed(info) {
			b.t.Errorf("%s has mode %v", name.Name(), info.Mode())
		}
		if strings.Contains(name.Name(), ".next-") || strings.Contains(name.Name(), ".tmp-") {
			b.t.Errorf("%s was left behind", name.Name())
		}
	}
}

// noSecret checks that a text shows no token. All tokens of the tests end in the same way.
func (b *bench) noSecret(text string) {
	b.t.Helper()
	if strings.Contains(text, "Zq==") {
		b.t.Errorf("a text shows a token: %s", text)
	}
}

func testSecret(value string) secret.String { return secret.New(value) }
