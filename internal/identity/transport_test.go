package identity

import (
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// secureServer answers over TLS, with the certificate for example.com that package httptest brings along.
func secureServer(t *testing.T) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(answer(http.StatusOK, `{"value":"token"}`))
	server.Config.ErrorLog = discard()
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, roots
}

// proxyServer is a proxy that connects everything to one address, or answers CONNECT with a status.
func proxyServer(t *testing.T, to string, status int) *recorder {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || status != http.StatusOK {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, r.Header.Get("Proxy-Authorization"))
			return
		}
		upstream, err := net.Dial("tcp", to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(upstream, buffered)
			_ = upstream.Close()
		}()
		_, _ = io.Copy(conn, upstream)
		_ = conn.Close()
	})
}

func TestProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	server, roots := secureServer(t)
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		proxy := proxyServer(t, server.Listener.Addr().String(), http.StatusOK)
		env := map[string]string{name: proxy.URL}
		source := platforms["GitHub Actions"].source(t, "https://example.com", env)
		source = adjust(t, source, func(r *requester) { r.send = newClient(r.env, roots).Do })
		got, err := source.Fetch(t.Context())
		if value := reveal(t, got, err); value != "token" {
			t.Errorf("got %q", value)
		}
		if seen := proxy.seen(); len(seen) != 1 || seen[0].Host != "example.com:443" {
			t.Errorf("%s: the proxy saw %d requests", name, len(seen))
		}
	}
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	for status, tries := range map[int]int{407: 1, 403: 1, 503: 3} {
		proxy := proxyServer(t, "", status)
		withPassword := strings.Replace(proxy.URL, "http://", "http://user:password-of-the-proxy@", 1)
		var slept pauses
		source := platforms["GitHub Actions"].source(t, "https://example.com", map[string]string{"HTTPS_PROXY": withPassword})
		_, err := adjust(t, source, func(r *requester) { r.sleep = slept.sleep }).Fetch(t.Context())
		words := []string{fmt.Sprintf("the proxy refused to connect: %d", status), "HTTPS_PROXY"}
		basic := (&http.Request{Header: http.Header{}})
		basic.SetBasicAuth("user", "password-of-the-proxy")
		wantError(t, err, "github_actions", words,
			append(secretsOf("password-of-the-proxy"), strings.TrimPrefix(basic.Header.Get("Authorization"), "Basic ")))
		if seen := proxy.seen(); len(seen) != tries {
			t.Errorf("status %d: %d tries", status, len(seen))
		}
	}
}

func TestProxyExceptions(t *testing.T) {
	t.Parallel()
	env := map[string]string{"HTTPS_PROXY": "http://proxy.example.com:3128", "no_proxy": "direct.example.com"}
	for address, want := range map[string]string{
		"https://ci.example.com": "http://proxy.example.com:3128", "https://direct.example.com": "", "http://127.0.0.1": "",
		"https://localhost": "",
	} {
		target, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		proxy, err := proxyOf(variables(env))(target)
		if err != nil {
			t.Fatal(err)
		}
		if proxy == nil {
			proxy = &url.URL{}
		}
		if proxy.String() != want {
			t.Errorf("%s goes through %q, want %q", address, proxy, want)
		}
	}
}

// TestUntrustedCertificate: only the system's trust anchors count, and another attempt would not change that.
func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	server, _ := secureServer(t)
	var slept pauses
	source := platforms["GitHub Actions"].source(t, server.URL, nil)
	_, err := adjust(t, source, func(r *requester) { r.sleep = slept.sleep }).Fetch(t.Context())
	wantError(t, err, "github_actions", []string{"certificate", "trust anchors of the system"}, secretsOf(""))
	if len(slept.list()) != 0 {
		t.Error("it tried again")
	}
}

func TestNoTLSAtAll(t *testing.T) {
	t.Parallel()
	server := serve(t, answer(http.StatusOK, ""))
	var slept pauses
	source := platforms["GitHub Actions"].source(t, strings.Replace(server.URL, "http://", "https://", 1), nil)
	_, err := adjust(t, source, func(r *requester) { r.sleep = slept.sleep }).Fetch(t.Context())
	wantError(t, err, "github_actions", []string{"does not speak TLS"}, secretsOf(""))
}
