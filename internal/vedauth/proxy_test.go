package vedauth_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

func TestWhichProxyIsUsed(t *testing.T) {
	t.Parallel()
	s := serve(t, always("200 OK", goodToken, isJSON))
	right, wrong := startProxy(t, nil, nil), startProxy(t, nil, nil)
	here, there := "http://"+right.address, "http://"+wrong.address
	port := s.url[strings.LastIndex(s.url, ":"):]
	for _, test := range []struct {
		name     string
		env      map[string]string
		explicit string
		loopback bool // ask for 127.0.0.1, else for tpp.example.com
		used     bool
	}{
		{"HTTPS_PROXY", map[string]string{"HTTPS_PROXY": here, "https_proxy": there}, "", false, true},
		{"https_proxy", map[string]string{"https_proxy": here}, "", false, true},
		{"without a scheme", map[string]string{"HTTPS_PROXY": right.address}, "", false, true},
		{"HTTP_PROXY is for http", map[string]string{"HTTP_PROXY": there, "HTTPS_PROXY": here}, "", false, true},
		{"loopback goes past the environment's", map[string]string{"HTTPS_PROXY": there}, "", true, false},
		{"explicit wins", map[string]string{"HTTPS_PROXY": there}, here, false, true},
		{"explicit, loopback too", nil, here, true, true},
		{"NO_PROXY applies to the explicit one", map[string]string{"NO_PROXY": "127.0.0.1"}, there, true, false},
		{"NO_PROXY with a port", map[string]string{"NO_PROXY": "x, 127.0.0.1" + port}, there, true, false},
		{"NO_PROXY with another port", map[string]string{"NO_PROXY": "127.0.0.1:1"}, here, true, true},
		{"NO_PROXY with a network", map[string]string{"no_proxy": "127.0.0.0/8"}, there, true, false},
		{"NO_PROXY with another network", map[string]string{"no_proxy": "10.0.0.0/8"}, here, true, true},
		{"NO_PROXY for all", map[string]string{"NO_PROXY": "*"}, there, true, false},
		{"NO_PROXY with another name", map[string]string{"NO_PROXY": "other.example.com"}, here, false, true},
	} {
		target, before := s, len(right.requests())
		if !test.loopback {
			target = byName(s)
		}
		change := []func(*vedauth.Config){environment(test.env)}
		if test.explicit != "" {
			change = append(change, explicit(t, test.explicit))
		}
		if _, err := connect(t, target, change...).OAuth(t.Context(), login); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if used := len(right.requests()) > before; used != test.used {
			t.Errorf("%s: the proxy was used: %v", test.name, used)
		}
	}
	if n := len(wrong.requests()); n != 0 {
		t.Errorf("the wrong proxy was asked %d times", n)
	}
	for _, r := range right.requests() {
		if r.Method != http.MethodConnect || r.Header.Get("Authorization") != "" {
			t.Errorf("the proxy saw %s %v", r.Method, r.Header)
		}
	}
}

// TestNoProxyForAName: NO_PROXY takes the server off both kinds of proxy, so that the client resolves the name itself.
func TestNoProxyForAName(t *testing.T) {
	t.Parallel()
	unused := startProxy(t, nil, nil)
	for _, change := range []func(*vedauth.Config){explicit(t, "http://"+unused.address), func(*vedauth.Config) {}} {
		env := environment(map[string]string{"HTTPS_PROXY": "http://" + unused.address, "NO_PROXY": ".example.com"})
		s := serveInMemory(t, always("200 OK", goodToken, isJSON))
		if _, err := connect(t, s, env, change).OAuth(t.Context(), login); err != nil {
			t.Error(err)
		}
	}
	if len(unused.requests()) != 0 {
		t.Error("the proxy was used")
	}
}

// TestWhatAProxyAnswers: each refusal has a text of its own, is retried only if it may pass, and holds no credentials.
func TestWhatAProxyAnswers(t *testing.T) {
	t.Parallel()
	for status, test := range map[string]struct {
		want  string
		tries int
	}{
		"407 Proxy Authentication Required": {"the proxy wants a user name and password", 1},
		"403 Forbidden":                     {"it answered 403 Forbidden", 1},
		"302 Found":                         {"it answered 302 Found", 1},
		"502 Bad Gateway":                   {"it answered 502 Bad Gateway", 4},
		"503 Service Unavailable":           {"it answered 503 Service Unavailable", 4},
		"999 hunter2-/ of alice":            {"it answered 999", 4},
	} {
		p := startProxy(t, nil, func(conn net.Conn) bool {
			say(conn, status, "<title>hunter2-/ is wrong</title>", "Proxy-Authenticate: Basic realm=hunter2-/", "Location: https://hunter2-/")
			return true
		})
		var events []vedauth.Event
		s := &server{url: "https://tpp.example.com"}
		_, err := connect(t, s, explicit(t, "http://"+proxyCredentials+"@"+p.address), func(c *vedauth.Config) {
			c.Log = func(_ context.Context, e vedauth.Event) { events = append(events, e) }
		}).OAuth(t.Context(), login)
		failure := asError(t, err)
		if failure.Kind != vedauth.Unreachable || !strings.Contains(err.Error(), test.want) || len(p.requests()) != test.tries {
			t.Errorf("%s: kind %d, %d tries, %v", status, failure.Kind, len(p.requests()), err)
		}
		if got := p.requests()[0].Header.Get("Proxy-Authorization"); !strings.HasPrefix(got, "Basic ") {
			t.Errorf("%s: the proxy was given %q", status, got)
		}
		for _, e := range events {
			mustNotHold(t, e.Problem, "hunter2", "alice", p.address)
		}
		mustNotHold(t, err.Error(), "hunter2", "alice", p.address, "YWxpY2U")
	}
}

func TestAProxyThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	closed := startProxy(t, nil, func(net.Conn) bool { return true })
	stranger := &tls.Config{Certificates: []tls.Certificate{newAuthority().issue(nil)}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ address, want string }{
		"nobody there": {"http://" + proxyCredentials + "@" + nobody, "the proxy could not be used: the connection was refused"},
		"untrusted": {"https://" + proxyCredentials + "@" + startProxy(t, stranger, nil).address,
			"the proxy could not be used: the proxy's certificate is not trusted"},
		"no TLS": {"https://" + proxyCredentials + "@" + closed.address,
			"the proxy could not be used: "},
		"hangs up": {"http://" + proxyCredentials + "@" + closed.address, "the connection was closed"},
	} {
		_, err := connect(t, &server{url: "https://tpp.example.com"}, explicit(t, test.address)).OAuth(t.Context(), login)
		if failure := asError(t, err); failure.Kind != vedauth.Unreachable || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: kind %d, %v", name, failure.Kind, err)
		}
		mustNotHold(t, err.Error(), "hunter2", "alice", nobody, closed.address)
	}
}

// TestAProxyAddressThatCannotBeRead must not mean that the proxy is bypassed.
func TestAProxyAddressThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := serveInMemory(t, always("200 OK", goodToken, isJSON))
	for _, address := range []string{
		"http://alice:hunter2%zz@proxy.example.com:3128", "alice:hunter2#@proxy.example.com", "ftp://alice:hunter2@proxy.example.com",
		"http://", "http://alice:hunter2 @proxy.example.com",
	} {
		_, err := connect(t, s, environment(map[string]string{"HTTPS_PROXY": address})).OAuth(t.Context(), login)
		if err == nil {
			t.Errorf("%q was ignored", address)
			continue
		}
		if failure := asError(t, err); failure.Kind != vedauth.Unreachable || failure.Attempts != 1 ||
			!strings.Contains(err.Error(), "the proxy address is not usable") {
			t.Errorf("%q: kind %d after %d attempts, %v", address, failure.Kind, failure.Attempts, err)
		}
		mustNotHold(t, err.Error(), "hunter2", "alice")
	}
	env := environment(map[string]string{"HTTPS_PROXY": "http://alice:hunter2%zz@x", "NO_PROXY": "tpp.example.com"})
	if _, err := connect(t, s, env).OAuth(t.Context(), login); err != nil {
		t.Errorf("where no proxy is to be used, its address does not matter: %v", err)
	}
}

// TestThroughAProxyWithTLS: the anchors hold for an https proxy too.
func TestThroughAProxyWithTLS(t *testing.T) {
	t.Parallel()
	s := serve(t, always("200 OK", goodToken, isJSON))
	p := startProxy(t, &tls.Config{Certificates: []tls.Certificate{leaf}}, nil)
	if _, err := connect(t, byName(s), explicit(t, "https://"+p.address)).OAuth(t.Context(), login); err != nil {
		t.Error(err)
	}
	if len(p.requests()) != 1 {
		t.Error("the proxy was not used")
	}
}
