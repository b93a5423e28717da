package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// program is a run of the command inside the test.
type program struct {
	t        *testing.T
	said     map[string]string
	output   *bufio.Scanner
	stop     context.CancelFunc
	input    *io.PipeWriter
	finished chan error
	http     *http.Client
}

// start runs the command until it is ready.
func start(t *testing.T, environment map[string]string, args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	input, feed := io.Pipe()
	said, output := io.Pipe()
	p := &program{t: t, said: map[string]string{}, stop: stop, input: feed, finished: make(chan error, 1)}
	getenv := func(name string) string { return environment[name] }
	go func() {
		err := run(ctx, args, getenv, input, output, io.Discard)
		_ = output.CloseWithError(err)
		p.finished <- err
	}()
	p.output = bufio.NewScanner(said)
	for p.output.Scan() {
		key, value, _ := strings.Cut(p.output.Text(), " ")
		p.said[key] = value
		if key == "ready" {
			return p
		}
	}
	t.Fatalf("it never was ready: %v", <-p.finished)
	return nil
}

// lastLine is what it says when it ends.
func (p *program) lastLine() string {
	p.t.Helper()
	if !p.output.Scan() {
		p.t.Fatal(p.output.Err())
	}
	line := p.output.Text()
	if err := <-p.finished; err != nil {
		p.t.Fatal(err)
	}
	return line
}

func (p *program) send(method, url, body string) (int, string) {
	p.t.Helper()
	client := p.http
	if strings.HasPrefix(url, "/") {
		client, url = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, p.said["control"]+url
	}
	request, err := http.NewRequestWithContext(p.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// login asks for a token with the password.
func (p *program) login(password string) int {
	p.t.Helper()
	status, _ := p.send("POST", p.said["url"]+"/vedauth/authorize/oauth",
		`{"client_id":"terraform","username":"bob","password":"`+password+`","scope":"ssh"}`)
	return status
}

// trust makes the client from the file that the command wrote.
func (p *program) trust(caFile string) {
	p.t.Helper()
	pem, err := os.ReadFile(caFile)
	if err != nil {
		p.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		p.t.Fatal("no certificate in the file")
	}
	// A connection for each request: one that is kept can turn out to be closed, and then a request never arrives, and the
	// fault that waits for it strikes the next one.
	p.http = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
}

func TestTheProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	caFile, urlFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "url")
	p := start(t, map[string]string{passwordVariable: "hunter2"},
		"-ca-file", caFile, "-url-file", urlFile, "-control", "127.0.0.1:0", "-user", "bob",
		"-control-file", filepath.Join(dir, "control"))
	p.trust(caFile)
	for file, want := range map[string]string{"url": p.said["url"], "control": p.said["control"]} {
		if got, err := os.ReadFile(filepath.Join(dir, file)); err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%s: %q %v", file, got, err)
		}
	}
	if status := p.login("hunter2"); status != 200 {
		t.Errorf("login: %d", status)
	}
	if status := p.login(fakevedauth.DefaultPassword); status != 400 {
		t.Errorf("login with the default password: %d", status)
	}
	p.stop()
	if line := p.lastLine(); line != "grants issued 1, revoked 0, live 1" {
		t.Errorf("ledger: %s", line)
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	p := start(t, nil, "-ca-file", caFile, "-control", "localhost:0", "-user", "bob", "-access-ttl", "1h", "-no-refresh")
	p.trust(caFile)
	expect := func(method, path, body string, status int, says string) {
		t.Helper()
		if got, text := p.send(method, path, body); got != status || !strings.Contains(text, says) {
			t.Errorf("%s %s: %d %q, want %d %q", method, path, got, text, status, says)
		}
	}
	expect("POST", "/fault?endpoint=authorize/oauth&kind=status&status=502&after_commit=1", "", 204, "")
	if status := p.login(fakevedauth.DefaultPassword); status != 502 {
		t.Errorf("with a fault: %d", status)
	}
	expect("GET", "/ledger", "", 200, "grants issued 1, revoked 0, live 1\n")
	expect("POST", "/fault?kind=reset&times=always", "", 204, "")
	if status := p.login(fakevedauth.DefaultPassword); status != 0 {
		t.Errorf("reset: %d", status)
	}
	expect("POST", "/clear", "", 204, "")
	expect("POST", "/latency?d=1ms", "", 204, "")
	if status := p.login(fakevedauth.DefaultPassword); status != 200 {
		t.Errorf("cleared: %d", status)
	}
	expect("POST", "/advance?d=2h", "", 204, "")
	expect("GET", "/ledger", "", 200, "grants issued 2, revoked 0, live 0\n")
	expect("GET", "/requests", "", 200, `"endpoint":"authorize/oauth"`)
	expect("GET", "/secrets", "", 200, fakevedauth.DefaultPassword)
	var ledger fakevedauth.Ledger
	_, text := p.send("GET", "/ledger.json", "")
	if err := json.Unmarshal([]byte(text), &ledger); err != nil || ledger.Expired != 2 || len(ledger.Grants) != 2 {
		t.Errorf("%v %s", err, text)
	}

	device := p.said["url"] + "/vedauth/authorize/device"
	expect("POST", device, `{"client_id":"terraform","scope":"ssh"}`, 200, "user_code")
	expect("POST", device, `{"client_id":"terraform","scope":"ssh"}`, 200, "user_code")
	var devices []fakevedauth.PendingDevice
	_, text = p.send("GET", "/devices", "")
	if err := json.Unmarshal([]byte(text), &devices); err != nil || len(devices) != 2 {
		t.Fatalf("%v %s", err, text)
	}
	expect("POST", "/approve?user=bob&user_code="+devices[0].UserCode, "", 204, "")
	expect("POST", "/deny?user_code="+devices[1].UserCode, "", 204, "")
	expect("GET", "/devices", "", 200, "null")
	expect("POST", "/jwt-mapping", `{"issuer_uri":"https://ci.example.com","id_match":"x"}`, 204, "")

	for _, wrong := range []string{
		"/approve?user=bob&user_code=x", "/deny?user_code=x", "/advance?d=x", "/latency", "/jwt-mapping",
		"/fault?kind=nonsense", "/fault?kind=status&status=7", "/fault?kind=status&status=x", "/fault?kind=refusal&row=x",
		"/fault?kind=reset&times=x", "/fault?kind=latency&latency=x",
	} {
		expect("POST", wrong, "", 400, "")
	}
}

// TestEveryKindOfFault: each is known, and strikes.
func TestEveryKindOfFault(t *testing.T) {
	t.Parallel()
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	p := start(t, nil, "-ca-file", caFile, "-control", "127.0.0.1:0", "-user", "bob")
	p.trust(caFile)
	for kind, want := range map[string]int{
		"latency&latency=1ms": 200, "status&retry_after=1": 503, "html&title=Hello": 200, "rerun": 500,
		"redirect&status=308&location=": 308, "refusal&row=no-rule&legacy=1": 401, "drop": 0, "reset": 0, "unread": 0,
		"empty": 200, "wrong-types": 200, "truncate&at=9": 0, "trailing&text=x": 200, "padded&bytes=9": 200,
		"gzip-bomb&bytes=9": 200, "drip&bytes=99&pause=1us": 200, "close-silently": 200, "status&status=418&reason=T": 418,
	} {
		if status, text := p.send("POST", "/fault?endpoint=authorize/oauth&kind="+kind, ""); status != 204 {
			t.Errorf("%s: %d %s", kind, status, text)
		}
		if status := p.login(fakevedauth.DefaultPassword); status != want {
			t.Errorf("%s: %d, want %d", kind, status, want)
		}
	}
}

func TestItEndsWithItsInput(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "-exit-with-stdin", "-plain-http")
	if !strings.HasPrefix(p.said["url"], "http://127.0.0.1:") {
		t.Errorf("url %q", p.said["url"])
	}
	if err := p.input.Close(); err != nil {
		t.Fatal(err)
	}
	if line := p.lastLine(); line != "grants issued 0, revoked 0, live 0" {
		t.Errorf("ledger: %s", line)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-nonsense"}, {"stray"}, {"-era", "7"}, {"-plain-http", "-ca-file", "x"}, {"-control", "0.0.0.0:0"},
		{"-control", "tpp.example.com:1"}, {"-control", "x"}, {"-listen", "x"}, {"-ca-file", "/nonexistent/ca.pem"},
		{"-url-file", "/nonexistent/url"},
	} {
		// A context that has ended: a run that wrongly starts ends at once.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var said bytes.Buffer
		if err := run(ctx, args, func(string) string { return "" }, strings.NewReader(""), &said, io.Discard); err == nil {
			t.Errorf("%q: accepted", args)
		}
	}
	var help bytes.Buffer
	err := run(t.Context(), []string{"-h"}, func(string) string { return "" }, strings.NewReader(""), io.Discard, &help)
	if !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-exit-with-stdin") ||
		!strings.Contains(help.String(), passwordVariable) {
		t.Errorf("%v\n%s", err, help.String())
	}
	s, err := parseFlags([]string{"-legacy", "-era", "2019", "-client-certificate"}, os.Getenv, io.Discard)
	if err != nil || s.options.Dialect != fakevedauth.Legacy || s.options.Era != fakevedauth.Era2019 ||
		s.options.ClientAuth != tls.RequestClientCert {
		t.Errorf("%+v %v", s, err)
	}
}
