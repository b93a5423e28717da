package fakevedauth_test

import (
	"bufio"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

func tryLogin(p peer) (answer, error) {
	return p.try("POST", pathOAuth, "application/json", `{"client_id":"terraform","username":"alice","password":"`+
		fakevedauth.DefaultPassword+`","scope":"ssh"}`, "")
}

// TestFaultsAndCommit: for each fault, whether the client gets an answer and whether the server made a grant.
func TestFaultsAndCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  fakevedauth.Fault
		issued int
		status int // 0: no whole answer
		body   string
	}{
		"nothing":           {fakevedauth.Nothing(), 1, 200, "access_token"},
		"503":               {fakevedauth.Status(503).RetryAfter(7), 0, 503, "<!DOCTYPE"},
		"503 after":         {fakevedauth.Status(503).AfterCommit(), 1, 503, "<!DOCTYPE"},
		"rerun":             {fakevedauth.Rerun(), 0, 500, "Rerun the transaction"},
		"redirect":          {fakevedauth.Redirect(307, "https://elsewhere.example.com/"), 0, 307, ""},
		"html":              {fakevedauth.HTML(200, "Sign in"), 0, 200, "<title>Sign in</title>"},
		"json":              {fakevedauth.JSONBody(`{"access_token":1}`), 0, 200, `{"access_token":1}`},
		"empty":             {fakevedauth.EmptyBody(), 1, 200, ""},
		"wrong types":       {fakevedauth.WrongTypes(), 1, 200, `"scope":17`},
		"text behind":       {fakevedauth.Trailing("<!-- proxy -->"), 1, 200, "}<!-- proxy -->"},
		"truncated":         {fakevedauth.Truncate(60), 1, 0, "access_token"},
		"truncated quietly": {fakevedauth.TruncateQuietly(-1), 1, 200, "access_token"},
		"overrun":           {fakevedauth.Overrun(20), 1, 200, "access_"},
		"drop":              {fakevedauth.Drop(), 0, 0, ""},
		"drop after":        {fakevedauth.Drop().AfterCommit(), 1, 0, ""},
		"reset":             {fakevedauth.Reset(), 0, 0, ""},
		"reset after":       {fakevedauth.Reset().AfterCommit(), 1, 0, ""},
		"unread":            {fakevedauth.CloseUnread(), 0, 0, ""},
		"latency":           {fakevedauth.Latency(time.Millisecond), 1, 200, "access_token"},
		"drip":              {fakevedauth.Drip(50, time.Microsecond), 1, 200, "access_token"},
		"closed":            {fakevedauth.Closing(), 1, 200, "access_token"},
		"closed silently":   {fakevedauth.CloseSilently(), 1, 200, "access_token"},
		"rewritten":         {fakevedauth.Rewrite(without("expires")), 1, 200, "access_token"},
		"held and released": {fakevedauth.Hold(closed()), 1, 200, "access_token"},
		"refused":           {fakevedauth.Refusal("no-rule", fakevedauth.Modern).Delayed(1), 0, 400, "local:somebody"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
			fake.Inject(fakevedauth.OAuth, fakevedauth.Once(c.fault))
			p := peerOf(t, fake)
			got, err := tryLogin(p)
			if (err != nil) != (c.status == 0) || err == nil && got.status != c.status || !strings.Contains(got.body, c.body) {
				t.Errorf("got %d %q %v", got.status, got.body, err)
			}
			if l := fake.Ledger(); l.Issued != c.issued {
				t.Errorf("%s, want %d issued", l, c.issued)
			}
			p.http.CloseIdleConnections() // what is kept may be closed on the other side
			if got, err := tryLogin(p); err != nil || got.status != 200 {
				t.Errorf("the next request: %+v %v", got, err)
			}
		})
	}
}

func without(name string) func(map[string]any) {
	return func(fields map[string]any) { delete(fields, name) }
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// TestClosedSilently: the answer is whole and promises a connection that is gone.
func TestClosedSilently(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	fake.Inject(fakevedauth.OAuth, fakevedauth.Once(fakevedauth.CloseSilently()))
	conn, err := tls.Dial("tcp", strings.TrimPrefix(fake.URL(), "https://"), &tls.Config{
		RootCAs: fake.CAPool(), MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	body := `{"client_id":"terraform","username":"alice","password":"` + fakevedauth.DefaultPassword + `","scope":"ssh"}`
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		pathOAuth, len(body), body); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	got, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != 200 || got.Close || !strings.Contains(string(text), "access_token") {
		t.Errorf("got %v %q %v", got.Header, text, err)
	}
	if _, err := reader.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("the connection was kept: %v", err)
	}
}

func TestResetIsAReset(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	fake.Inject(fakevedauth.OAuth, fakevedauth.Once(fakevedauth.Reset()))
	if _, err := tryLogin(peerOf(t, fake)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v", err)
	}
}

// TestBrokenConnections: nothing of the request arrives.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	fake.BreakConnections(2)
	p := peerOf(t, fake)
	for range 2 {
		if _, err := tryLogin(p); err == nil {
			t.Error("a broken connection answered")
		}
	}
	p.login()
	if n := len(fake.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestHeadersOfFaults(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	fake.Inject(fakevedauth.OAuth, fakevedauth.Sequence(
		fakevedauth.Status(429).RetryAfter(7), fakevedauth.Nothing(),
		fakevedauth.Redirect(301, "http://x.example.com/").Reason("Gone elsewhere")))
	first := p.post(pathOAuth, credentials())
	second := p.post(pathOAuth, credentials())
	third := p.post(pathOAuth, credentials())
	if first.status != 429 || first.header.Get("Retry-After") != "7" || second.status != 200 ||
		third.header.Get("Location") != "http://x.example.com/" || third.reason != "Gone elsewhere" {
		t.Errorf("%+v\n%+v\n%+v", first, second, third)
	}
}

// TestBigAnswers: five megabytes whose first part is a token, and a small answer that is large inside.
func TestBigAnswers(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	fake.Inject(fakevedauth.OAuth, fakevedauth.Sequence(fakevedauth.Padded(5<<20), fakevedauth.GzipBomb(8<<20)))
	got := p.post(pathOAuth, credentials())
	if len(got.body) < 5<<20 || got.text("access_token") == "" || !strings.HasPrefix(got.body, `{"access_token"`) {
		t.Errorf("%d bytes, %d", len(got.body), got.status)
	}
	transport, ok := p.http.Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	transport.DisableCompression = true
	bomb := p.post(pathOAuth, credentials())
	if bomb.header.Get("Content-Encoding") != "gzip" || len(bomb.body) > 1<<20 {
		t.Errorf("%d bytes, %v", len(bomb.body), bomb.header)
	}
	reader, err := gzip.NewReader(strings.NewReader(bomb.body))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, reader); err != nil || n < 8<<20 {
		t.Errorf("%d bytes inside, %v", n, err)
	}
}

// TestPlans: which requests a plan strikes.
func TestPlans(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	wide := func(r fakevedauth.Request) bool { return r.Fields()["scope"] == "ssh" }
	remove := fake.Inject(fakevedauth.OAuth, fakevedauth.When(wide, fakevedauth.Always(fakevedauth.Status(502))))
	fake.Inject(fakevedauth.Any, fakevedauth.Times(2, fakevedauth.Status(504)))
	var got []int
	for _, scope := range []string{"ssh", "certificate", "ssh", "certificate", "certificate"} {
		got = append(got, p.post(pathOAuth, with(credentials(), "scope", scope)).status)
	}
	remove()
	got = append(got, p.post(pathOAuth, with(credentials(), "scope", "ssh")).status)
	fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.Status(502)))
	fake.ClearFaults()
	got = append(got, p.post(pathOAuth, credentials()).status)
	for i, want := range []int{502, 504, 502, 504, 200, 200, 200} {
		if got[i] != want {
			t.Errorf("request %d: %d, want %d", i, got[i], want)
		}
	}
}

// TestEveryRowCanBeSent: what the fake sends for a row leads back to that row.
func TestEveryRowCanBeSent(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	for _, row := range refusal.Table {
		for _, dialect := range []refusal.Dialect{refusal.Modern, refusal.Legacy} {
			for _, endpoint := range row.Endpoints {
				if len(row.In(dialect)) == 0 {
					continue
				}
				remove := fake.Refuse(endpoint, row.ID, dialect, "error", "the moon is full")
				method := "POST"
				if endpoint == refusal.Verify || endpoint == refusal.Revoke {
					method = "GET"
				}
				got, err := p.try(method, "/vedauth/"+string(endpoint), "application/json", "{}", "")
				remove()
				if err != nil {
					t.Fatal(err)
				}
				found := refusal.Lookup(endpoint, got.status, got.text("error"), got.text("error_description"), got.reason)
				if found.ID != row.ID {
					t.Errorf("%s %s %s: leads to %s (%d %q %q)",
						endpoint, row.ID, dialect, found.ID, got.status, got.reason, got.body)
				}
			}
		}
	}
	fake.Refuse(fakevedauth.OAuth, "no such row", fakevedauth.Modern)
	p.post(pathOAuth, credentials()).expect(t, 500, "", "no such row")
}

// TestWaitAndPeak: requests that are held are in flight together, and WaitFor sees it happen.
func TestWaitAndPeak(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	release := make(chan struct{})
	fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.Hold(release).AfterCommit()))
	var group sync.WaitGroup
	p := peerOf(t, fake)
	for range 3 {
		group.Go(func() {
			if _, err := tryLogin(p); err != nil {
				t.Error(err)
			}
		})
	}
	allHeld := func(l fakevedauth.Ledger) bool { return l.Live == 3 && l.InFlight[fakevedauth.OAuth] == 3 }
	if err := fake.WaitFor(soon(t), allHeld); err != nil {
		t.Fatal(err)
	}
	close(release)
	group.Wait()
	l := fake.Ledger()
	if l.Peak[fakevedauth.OAuth] != 3 || l.InFlight[fakevedauth.OAuth] != 0 || l.Requests[fakevedauth.OAuth] != 3 {
		t.Errorf("%+v", l)
	}
}
