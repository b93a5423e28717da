package fakevedauth_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestCarelessRequests: what the server is strict about.
func TestCarelessRequests(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	const good = `{"client_id":"terraform","username":"alice","password":"` +
		fakevedauth.DefaultPassword + `","scope":"ssh"}`
	swap := func(part, other string) string { return strings.Replace(good, part, other, 1) }
	for _, c := range []struct {
		name, method, path, kind, body string
		status                         int
	}{
		{"as it should be", "POST", pathOAuth, "application/json", good, 200},
		{"with charset", "POST", pathOAuth, "application/json; charset=utf-8", good, 200},
		{"any case, doubled slash", "POST", "//VEDAuth//Authorize/OAuth/", "application/json", good, 200},
		{"unknown fields", "POST", pathOAuth, "application/json", swap("{", `{"redirect_uri":"","n":[1],`), 200},
		{"null for absent", "POST", pathOAuth, "application/json", swap("{", `{"state":null,`), 200},
		{"no content type", "POST", pathOAuth, "", good, 415},
		{"text", "POST", pathOAuth, "text/plain", good, 415},
		{"form", "POST", pathOAuth, "application/x-www-form-urlencoded", "client_id=terraform", 415},
		{"latin-1", "POST", pathOAuth, "application/json; charset=iso-8859-1", good, 415},
		{"case of a name", "POST", pathOAuth, "application/json", swap("client_id", "Client_Id"), 400},
		{"not JSON", "POST", pathOAuth, "application/json", "client_id=terraform", 400},
		{"an array", "POST", pathOAuth, "application/json", "[" + good + "]", 400},
		{"null", "POST", pathOAuth, "application/json", "null", 400},
		{"two objects", "POST", pathOAuth, "application/json", good + good, 400},
		{"a number for a text", "POST", pathOAuth, "application/json", swap(`"ssh"`, "7"), 400},
		{"not UTF-8", "POST", pathOAuth, "application/json", swap("alice", "\xff"), 400},
		{"GET", "GET", pathOAuth, "", "", 405},
		{"POST to revoke", "POST", pathRevoke, "application/json", "{}", 405},
		{"unknown path", "POST", "/vedauth/authorize/nonsense", "application/json", good, 404},
		{"vedsdk", "POST", "/vedsdk/authorize/oauth", "application/json", good, 404},
	} {
		got, err := p.try(c.method, c.path, c.kind, c.body, "")
		if err != nil || got.status != c.status {
			t.Errorf("%s: %d %q %v, want %d", c.name, got.status, got.body, err, c.status)
		}
		if (c.status == 404 || c.status == 405) && !strings.HasPrefix(got.body, "<!DOCTYPE html") {
			t.Errorf("%s: not an HTML page: %q", c.name, got.body)
		}
	}
}

func TestBearers(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	const unknown = "AAAAAAAAAAAAAAAAAAAAAA=="
	for _, path := range []string{pathVerify, pathRevoke} {
		p.get(path, "").expect(t, 401, "Unauthorized", "Invalid token format")
		p.get(path, "1234").expect(t, 401, "Unauthorized", "Invalid token format")
	}
	p.get(pathVerify, unknown).expect(t, 401, "Unauthorized",
		`{"error":"invalid_token","error_description":"Grant not found"}`)
	p.get(pathRevoke, unknown).expect(t, 202, "["+unknown+"] not found", "")
	fake.Configure(func(o *fakevedauth.Options) { o.RevokeMissStatus = 401 })
	p.get(pathRevoke, unknown).expect(t, 401, "Unauthorized", "Grant not found")
	fake.Configure(func(o *fakevedauth.Options) { o.Dialect = fakevedauth.Legacy })
	p.get(pathVerify, unknown).expect(t, 401, "Unauthorized",
		`{"error":"expired_token","error_description":"Access token expired"}`)
}

// TestAnExpiredAccessTokenDoesNotRevoke: the grant lives on, and its refresh token with it.
func TestAnExpiredAccessTokenDoesNotRevoke(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	first := p.login()
	fake.Advance(fakevedauth.DefaultAccessTTL)
	p.get(pathRevoke, first.text("access_token")).expect(t, 401, "", "expired")
	expectLine(t, fake, "grants issued 1, revoked 0, live 1")
	second := p.refresh(first.text("refresh_token"))
	p.get(pathRevoke, second.text("access_token")).expect(t, 200, "has been revoked", "")
	expectLine(t, fake, "grants issued 1, revoked 1, live 0")
}

func TestRevokeBodies(t *testing.T) {
	t.Parallel()
	for body, want := range map[fakevedauth.RevokeBody]string{
		fakevedauth.RevokeEmpty: "", fakevedauth.RevokeObject: "{}", fakevedauth.RevokeText: "Grant for identity",
	} {
		fake := fakevedauth.StartForTest(t, fakevedauth.Options{RevokeBody: body})
		p := peerOf(t, fake)
		got := p.get(pathRevoke, p.login().text("access_token"))
		got.expect(t, 200, "has been revoked", want)
		if body == fakevedauth.RevokeEmpty && (got.body != "" || got.header.Get("Content-Type") != "") {
			t.Errorf("not empty: %+v", got)
		}
	}
}

func TestIsAuthServer(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	p.get("/vedauth/authorize/isAuthServer", "").expect(t, 200, "Venafi Authentication Server", "")
	fake.Configure(func(o *fakevedauth.Options) { o.IsAuthServerStatus = 202 })
	p.get("/vedauth/authorize/isAuthServer", "").expect(t, 202, "Venafi Authentication Server", "")
}

// TestCarriers: one refusal in every wrapping.
func TestCarriers(t *testing.T) {
	t.Parallel()
	const text, body = "Username/password combination not valid", `Username\/password combination not valid`
	for carrier, want := range map[fakevedauth.Carrier][2]string{
		fakevedauth.AsTable:  {"Bad Request", body},
		fakevedauth.InBody:   {"Bad Request", body},
		fakevedauth.InReason: {text, ""},
		fakevedauth.InBoth:   {text, body},
		fakevedauth.InHTML:   {"Bad Request", "<!DOCTYPE html"},
	} {
		fake := fakevedauth.StartForTest(t, fakevedauth.Options{Carrier: carrier})
		got := peerOf(t, fake).post(pathOAuth, with(credentials(), "password", "x"))
		got.expect(t, 400, want[0], want[1])
		if carrier == fakevedauth.InReason && (got.body != "" || got.header.Get("Content-Type") != "") {
			t.Errorf("a body: %+v", got)
		}
		if carrier == fakevedauth.InHTML && strings.Contains(got.body+got.reason, "combination") {
			t.Error("the page shows the text")
		}
	}
}

// TestKeepAlive: connections are kept, reason phrases and all, and requests tell them apart.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	p.get(pathVerify, p.login().text("access_token")).expect(t, 200, "Token is valid", "")
	requests := fake.Requests()
	if len(requests) != 2 || requests[0].RemoteAddr != requests[1].RemoteAddr {
		t.Errorf("not one connection: %+v", requests)
	}
}

// TestRecord: what a test can know of a request.
func TestRecord(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{MaxTLS: tls.VersionTLS12})
	p := peerOf(t, fake)
	const path = "//vedauth/Authorize/OAuth?a=b"
	if _, err := p.try("POST", path, "application/json", `{"client_id":"x"}`, "secret"); err != nil {
		t.Fatal(err)
	}
	r := fake.RequestsTo(fakevedauth.OAuth)[0]
	if r.Method != "POST" || r.Path != path || r.TLSVersion != tls.VersionTLS12 ||
		r.Header.Get("Authorization") != "Bearer secret" || r.Fields()["client_id"] != "x" || r.Proto != "HTTP/1.1" ||
		r.Status != 400 || !r.Finished || r.Protocol != "" && r.Protocol != "http/1.1" || "https://"+r.Host != fake.URL() {
		t.Errorf("%+v", r)
	}
}

// TestExpectContinue: a client that asks first gets its go-ahead, on the second request of a connection too.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	conn, err := tls.Dial("tcp", strings.TrimPrefix(fake.URL(), "https://"), &tls.Config{RootCAs: fake.CAPool()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	reader := bufio.NewReader(conn)
	for range 2 {
		head := "POST " + pathOAuth + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
			"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
		if _, err := conn.Write([]byte(head)); err != nil {
			t.Fatal(err)
		}
		line, err := reader.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
			t.Fatalf("%q %v", line, err)
		}
		if _, err := reader.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("{}")); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != 400 {
			t.Fatalf("%+v %v", response, err)
		}
		if err := response.Write(new(strings.Builder)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBehindAnotherListener: the server as a handler, plain, and where it cannot take the connection over.
func TestBehindAnotherListener(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.New(fakevedauth.Options{})
	t.Cleanup(fake.Close)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	p := peer{t, server.URL, server.Client()}
	p.get(pathVerify, p.login().text("access_token")).expect(t, 200, "Token is valid", "")

	recorder := httptest.NewRecorder()
	fake.ServeHTTP(recorder, httptest.NewRequest("GET", "/vedauth/authorize/isAuthServer", nil))
	if recorder.Code != 200 {
		t.Errorf("recorder: %d", recorder.Code)
	}
	fake.Inject(fakevedauth.Any, fakevedauth.Always(fakevedauth.Reset()))
	recorder = httptest.NewRecorder()
	fake.ServeHTTP(recorder, httptest.NewRequest("GET", "/vedauth/authorize/isAuthServer", nil))
	if recorder.Code != 500 {
		t.Errorf("a reset on a recorder: %d", recorder.Code)
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{HTTP2: true})
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: fake.CAPool()}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	peer{t, fake.URL(), &http.Client{Transport: transport}}.login()
	peerOf(t, fake).login()
	requests := fake.Requests()
	if requests[0].Proto != "HTTP/2.0" || requests[1].Proto != "HTTP/1.1" {
		t.Errorf("%s, %s", requests[0].Proto, requests[1].Proto)
	}
}

// TestCloseEndsEverything: idle connections and held requests.
func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	fake, err := fakevedauth.Start(fakevedauth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	idle, err := net.Dial("tcp", strings.TrimPrefix(fake.URL(), "https://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idle.Close() })
	p := peerOf(t, fake)
	fake.Inject(fakevedauth.OAuth, fakevedauth.Once(fakevedauth.Hold(make(chan struct{}))))
	result := make(chan error, 1)
	go func() {
		_, err := p.try("POST", pathOAuth, "application/json", "{}", "")
		result <- err
	}()
	held := func(l fakevedauth.Ledger) bool { return l.InFlight[fakevedauth.OAuth] == 1 }
	if err := fake.WaitFor(soon(t), held); err != nil {
		t.Fatal(err)
	}
	fake.Close()
	fake.Close()
	if err := <-result; err == nil {
		t.Error("the held request was answered after Close")
	}
}
