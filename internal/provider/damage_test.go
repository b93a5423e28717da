package provider_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// lost is what is said when nobody can know the token of a grant.
const lost = "may have made a grant whose token nobody knows"

// undone is what is said when a grant was made, the reply is of no use, and the grant was revoked.
const undone = "Left over: A grant that the server had made all the same has been revoked."

// TestUselessReplies: each gets an error that says what came; a grant whose token can be read is revoked; and a request
// that may have made a grant is never made twice.
func TestUselessReplies(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, test := range map[string]struct {
		fault           fakevedauth.Fault
		texts           []string
		issued, revoked int
	}{
		// Not of vedauth. Nothing was issued.
		"a login page":      {fakevedauth.HTML(200, "Sign in"), []string{`web page titled "Sign in"`, "login page or proxy"}, 0, 0},
		"redirect":          {fakevedauth.Redirect(302, "https://login.example.com/adfs?x=1"), []string{"redirect to https://login.example.com", "not followed", "Set url"}, 0, 0},
		"redirect, kept":    {fakevedauth.Redirect(307, "/elsewhere"), []string{"redirect", "not followed"}, 0, 0},
		"404":               {fakevedauth.Status(404), []string{"404", "no vedauth at this address"}, 0, 0},
		"405":               {fakevedauth.Status(405), []string{"405", "does not take this kind of request"}, 0, 0},
		"413":               {fakevedauth.Status(413), []string{"413", "too large", "uploadReadAheadSize"}, 0, 0},
		"418":               {fakevedauth.Status(418), []string{"418", "vedauth does not answer so"}, 0, 0},
		"empty, no content": {fakevedauth.Answer(204, "", ""), []string{"204"}, 0, 0},
		"500":               {fakevedauth.Status(500), []string{"500", lost}, 0, 0},
		"502":               {fakevedauth.Status(502), []string{"502", lost, "proxy"}, 0, 0},
		"504":               {fakevedauth.Status(504), []string{"504", lost}, 0, 0},
		// Issued, and the reply cannot be read.
		"empty body":      {fakevedauth.EmptyBody(), []string{"reply cannot be used", lost}, 1, 0},
		"text":            {fakevedauth.Answer(200, "text/plain", "OK").AfterCommit(), []string{"it is not JSON", lost}, 1, 0},
		"null":            {fakevedauth.JSONBody("null").AfterCommit(), []string{"no access_token", lost}, 1, 0},
		"a list":          {fakevedauth.JSONBody("[1]").AfterCommit(), []string{"JSON, but not an object", lost}, 1, 0},
		"an empty object": {fakevedauth.JSONBody("{}").AfterCommit(), []string{"no access_token", lost}, 1, 0},
		"cut off early":   {fakevedauth.TruncateQuietly(20), []string{"in the middle of the JSON", lost}, 1, 0},
		"broken early":    {fakevedauth.Truncate(20), []string{"closed before the answer was complete", lost}, 1, 0},
		"no answer":       {fakevedauth.Drop().AfterCommit(), []string{"closed before the answer", lost}, 1, 0},
		"a reset":         {fakevedauth.Reset().AfterCommit(), []string{"reset", lost}, 1, 0},
		// Issued, and the token can be read: it is revoked.
		"cut off late": {fakevedauth.TruncateQuietly(-1), []string{"in the middle of the JSON", undone}, 1, 1},
		"broken late":  {fakevedauth.Truncate(-1), []string{"closed before the answer was complete", undone}, 1, 1},
		"text behind":  {fakevedauth.Trailing("<!-- proxy -->"), []string{"other text behind the JSON", undone}, 1, 1},
		"wrong types":  {fakevedauth.WrongTypes(), []string{"is a JSON", undone}, 1, 1},
		"a gzip bomb":  {fakevedauth.GzipBomb(5 * mib), []string{"larger than 1 MiB", undone}, 1, 1},
		"5 MB":         {fakevedauth.Padded(5 * mib), []string{"larger than 1 MiB", undone}, 1, 1},
		"expired":      {fakevedauth.Rewrite(func(fields map[string]any) { fields["expires_in"] = 0 }), []string{"already expired", "clocks", undone}, 1, 1},
		"far future":   {fakevedauth.Rewrite(func(fields map[string]any) { fields["expires"] = int64(1) << 60 }), []string{"out of range", undone}, 1, 1},
		"a fraction":   {fakevedauth.Rewrite(func(fields map[string]any) { fields["expires_in"] = 1.5 }), []string{"expires_in", undone}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, form := range []string{"ephemeral", "kept", "data"} {
				b := configured(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
				b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(test.fault))
				var got opened
				switch form {
				case "ephemeral":
					got = b.open(nil)
				case "kept":
					got = b.open(config{"revoke_on_close": false})
				case "data":
					got = b.read(oauth, nil)
				}
				b.wantError(got.diags, "", append(test.texts, "What to do: ")...)
				if strings.Count(got.diags.String(), "revoked") > 0 && test.revoked == 0 && !strings.Contains(got.diags.String(), "have it revoked") {
					t.Errorf("it claims to have revoked something: %s", got.diags)
				}
				b.wantRequests(fakevedauth.OAuth, 1)
				b.wantRequests(fakevedauth.Revoke, test.revoked)
				b.wantLedger(test.issued, test.revoked)
			}
		})
	}
}

// TestWhatIsSentAgain: a request that changed nothing is, as often as max_retries allows.
func TestWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	busy := fakevedauth.Status(503)
	for name, test := range map[string]struct {
		plan     fakevedauth.Plan
		retries  any
		requests int
		texts    []string // of the error; none if it succeeds
	}{
		"503 and 429, then an answer": {fakevedauth.Sequence(busy, fakevedauth.Status(429).RetryAfter(7)), nil, 3, nil},
		"deadlocks":                   {fakevedauth.Times(3, fakevedauth.Rerun()), nil, 4, nil},
		"one too many":                {fakevedauth.Times(4, busy), nil, 4, []string{"503", "after 4 attempts", "Try again later"}},
		"never":                       {fakevedauth.Once(busy), 0, 1, []string{"503", "cannot serve this now"}},
		"once":                        {fakevedauth.Once(busy), 1, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, config{"max_retries": test.retries})
			b.fake.Inject(fakevedauth.OAuth, test.plan)
			if got := b.open(alice(nil)).diags; test.texts == nil {
				b.must(got)
			} else {
				b.wantError(got, "", test.texts...)
			}
			b.wantRequests(fakevedauth.OAuth, test.requests)
			if strings.Contains(name, "429") && (len(b.pauses) != 2 || b.pauses[1] != 7*time.Second) {
				t.Errorf("pauses %v", b.pauses)
			}
		})
	}
	t.Run("no connection", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		b.fake.BreakConnections(2)
		b.must(b.open(alice(nil)).diags)
		b.wantLedger(1, 0)
		b.wantRequests(fakevedauth.OAuth, 1)
	})
}

// TestNoConnection: what the user reads when there is no way to the server.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		b.fake.Close()
		b.wantError(b.open(alice(nil)).diags, "", "refused", "after 4 attempts", "host and port in url")
	})
	t.Run("not trusted", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, config{"ca_pem": nil})
		b.wantError(b.open(alice(nil)).diags, "", "not trusted", "ca_pem or ca_file (VEDAUTH_CA_FILE)")
		b.wantRequests(fakevedauth.OAuth, 0)
	})
	t.Run("no TLS", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, fakevedauth.Options{PlainHTTP: true}, nil)
		b.must(b.configure(b.block(config{"url": strings.TrimPrefix(b.fake.URL(), "http://"), "ca_pem": nil})))
		b.wantError(b.open(alice(nil)).diags, "", "does not speak TLS", "port in url")
	})
	t.Run("proxy", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, fakevedauth.Options{}, nil)
		b.secrets = append(b.secrets, "s3cret-of-the-proxy")
		b.must(b.configure(b.block(config{"proxy_url": "http://alice:s3cret-of-the-proxy@127.0.0.1:1"})))
		b.wantError(b.open(alice(nil)).diags, "", "proxy could not be used", "Check proxy_url (or HTTPS_PROXY")
		b.wantRequests(fakevedauth.OAuth, 0)
	})
	t.Run("no answer in time", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, config{"request_timeout": "1s"})
		release := make(chan struct{})
		defer close(release)
		b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.Hold(release)))
		b.wantError(b.open(alice(nil)).diags, "", "No answer came in time", "request_timeout", lost)
		b.wantRequests(fakevedauth.OAuth, 1)
	})
}

// TestAGrantThatCannotBeUndone: the error says so, and the way out tries again.
func TestAGrantThatCannotBeUndone(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(b *bench) diagnostics{
		"a useless reply": func(b *bench) diagnostics {
			b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.WrongTypes()))
			got := b.open(nil).diags
			b.wantError(got, "", "Left over: A grant that the server may have made is not known to be revoked", "/vedauth/Revoke/Token", "403")
			return got
		},
		"too short a life": func(b *bench) diagnostics {
			got := b.open(config{"minimum_validity": fmt.Sprint(fakevedauth.DefaultAccessTTL)}).diags
			b.wantError(got, "minimum_validity", "does not live long enough")
			b.wantWarning(got.warnings(), "Token not revoked", b.fake.URL(), "403")
			return got
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
			b.fake.Refuse(fakevedauth.Revoke, "scope-insufficient", fakevedauth.Modern)
			open(b)
			b.wantLedger(1, 0)
			b.fake.ClearFaults()
			if err := b.process.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			b.wantLedger(1, 1)
		})
	}
}
