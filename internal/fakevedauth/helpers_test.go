package fakevedauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// answer is what a client saw.
type answer struct {
	status int
	reason string
	header http.Header
	body   string
	json   map[string]any
}

func (a answer) text(name string) string {
	text, _ := a.json[name].(string)
	return text
}

func (a answer) number(name string) int64 {
	number, ok := a.json[name].(json.Number)
	if !ok {
		return -1
	}
	value, err := number.Int64()
	if err != nil {
		return -1
	}
	return value
}

// peer is a client of one fake.
type peer struct {
	t    *testing.T
	url  string
	http *http.Client
}

func peerOf(t *testing.T, fake *fakevedauth.Server) peer {
	client := fake.Client()
	t.Cleanup(client.CloseIdleConnections)
	return peer{t, fake.URL(), client}
}

// try sends a request; a body that does not come whole is an error, with what came of it.
func (p peer) try(method, path, contentType, body, bearer string) (answer, error) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := p.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	data, err := io.ReadAll(response.Body)
	err = errors.Join(err, response.Body.Close())
	got := answer{status: response.StatusCode, header: response.Header, body: string(data)}
	_, got.reason, _ = strings.Cut(response.Status, " ")
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if decoder.Decode(&got.json) != nil {
		got.json = nil
	}
	return got, err
}

func (p peer) post(path string, fields map[string]string) answer {
	p.t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		p.t.Fatal(err)
	}
	got, err := p.try(http.MethodPost, path, "application/json", string(body), "")
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

func (p peer) get(path, bearer string) answer {
	p.t.Helper()
	got, err := p.try(http.MethodGet, path, "", "", bearer)
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

const (
	pathOAuth  = "/vedauth/authorize/oauth"
	pathToken  = "/vedauth/authorize/token"
	pathVerify = "/vedauth/authorize/verify"
	pathRevoke = "/vedauth/revoke/token"
)

func credentials() map[string]string {
	return map[string]string{
		"client_id": fakevedauth.DefaultClientID,
		"username":  fakevedauth.DefaultUser,
		"password":  fakevedauth.DefaultPassword,
		"scope":     "certificate:manage",
	}
}

// with changes one field; an empty value takes it away.
func with(fields map[string]string, name, value string) map[string]string {
	if value == "" {
		delete(fields, name)
	} else {
		fields[name] = value
	}
	return fields
}

func (p peer) login() answer {
	p.t.Helper()
	got := p.post(pathOAuth, credentials())
	if got.status != http.StatusOK || got.text("access_token") == "" {
		p.t.Fatalf("no token: %+v", got)
	}
	return got
}

func (p peer) refresh(token string) answer {
	p.t.Helper()
	return p.post(pathToken, map[string]string{"client_id": fakevedauth.DefaultClientID, "refresh_token": token})
}

func only(endpoint fakevedauth.Endpoint) map[fakevedauth.Endpoint]bool {
	return map[fakevedauth.Endpoint]bool{endpoint: true}
}

// expect compares status and, as parts, what the reason phrase and the body say.
func (a answer) expect(t *testing.T, status int, reason, body string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.reason, reason) || !strings.Contains(a.body, body) {
		t.Errorf("got %d %q %q, want %d %q %q", a.status, a.reason, a.body, status, reason, body)
	}
}

func expectLine(t *testing.T, fake *fakevedauth.Server, line string) {
	t.Helper()
	if got := fake.Ledger().String(); got != line {
		t.Errorf("ledger: %s, want: %s", got, line)
	}
}

// soon is a context for waiting: generous, because it ends only tests that fail.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// clock is a settable time.
type clock struct{ unix atomic.Int64 }

func at(unix int64) *clock {
	c := &clock{}
	c.unix.Store(unix)
	return c
}

func (c *clock) now() time.Time { return time.Unix(c.unix.Load(), 0) }
