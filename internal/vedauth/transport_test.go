package vedauth_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// TestTheRequestOnTheWire: path, keys and headers are the vendor's, and nothing else is sent.
func TestTheRequestOnTheWire(t *testing.T) {
	t.Parallel()
	s := serve(t, always("200 OK", goodToken, isJSON))
	client := connect(t, s)
	r := login
	r.State = "s"
	token, err := client.OAuth(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken.Reveal() != accessInGoodToken || token.ClientID != "terraform" || token.Requested.IsZero() {
		t.Errorf("got %s for %q", describe(token), token.ClientID)
	}
	got := s.seen()[0]
	want := `{"client_id":"terraform","username":"local:user","password":"Tr0ub4dor\u00263/ü+x","scope":"certificate:manage","state":"s"}`
	if got.body != want {
		t.Errorf("body %s", got.body)
	}
	if got.Method != http.MethodPost || got.URL.String() != "/vedauth/Authorize/OAuth" || got.Proto != "HTTP/1.1" {
		t.Errorf("%s %s %s", got.Method, got.URL, got.Proto)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "test/1", "Authorization": "",
		"Cookie": "", "Referer": "", "Idempotency-Key": "", "X-Idempotency-Key": "", "Accept-Encoding": "", "Expect": "",
	} {
		if got.Header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), value)
		}
	}
}

func TestTheBearerIsSentOnlyWhereItBelongs(t *testing.T) {
	t.Parallel()
	s := serve(t, byPath(map[string]script{
		"token": always("200 OK", goodToken, isJSON), "verify": always("200 OK", `{"application":"terraform"}`, isJSON),
		"isauthserver": always("202 Venafi Authentication Server", ""),
	}))
	client := connect(t, s)
	token, err := client.Refresh(t.Context(), "Terraform", tokenOf("refresh==").RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Verify(t.Context(), token.AccessToken); err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	refresh, verify, ping := s.seen()[0], s.seen()[1], s.seen()[2]
	if refresh.body != `{"client_id":"Terraform","refresh_token":"refresh=="}` || refresh.URL.Path != "/vedauth/Authorize/Token" ||
		refresh.Header.Get("Authorization") != "" {
		t.Errorf("refresh: %s %s %v", refresh.URL, refresh.body, refresh.Header)
	}
	if verify.Method != http.MethodGet || verify.URL.Path != "/vedauth/Authorize/Verify" || verify.body != "" ||
		verify.Header.Get("Authorization") != "Bearer "+accessInGoodToken {
		t.Errorf("verify: %s %s %v", verify.Method, verify.URL, verify.Header)
	}
	if ping.URL.Path != "/vedauth/Authorize/isAuthServer" || ping.Header.Get("Authorization") != "" {
		t.Errorf("ping: %s %v", ping.URL, ping.Header)
	}
}

// TestABearerThatIsNoToken never reaches a header: a line break in it would be a second header.
func TestABearerThatIsNoToken(t *testing.T) {
	t.Parallel()
	s := serve(t, always("200 OK", "{}"))
	client := connect(t, s)
	for _, value := range []string{"hunter2\r\nX-Evil: 1", "hunter2 hunter3", "hunter2\n", "hünter2", "hunter2\x00"} {
		_, err := client.Verify(t.Context(), tokenOf(value).RefreshToken)
		failure := asError(t, err)
		if failure.Kind != vedauth.Refused || !strings.Contains(err.Error(), "holds characters that no token has") {
			t.Errorf("%q: %v", value, err)
		}
		mustNotHold(t, err.Error(), "hunter2", "nter2")
	}
	if n := s.connections(); n != 0 {
		t.Errorf("%d connections were opened", n)
	}
}

func TestTLSVersionsAndProtocols(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*tls.Config)
		want   string // of the error, or empty for success
	}{
		"1.1":    {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, "none of TLS 1.2 and 1.3"},
		"1.2":    {func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, ""},
		"1.3":    {func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, ""},
		"h2 too": {func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }, ""},
		"no HTTP": {func(c *tls.Config) { c.NextProtos = []string{"spdy/3"} },
			"the TLS handshake failed"},
	} {
		s := serve(t, always("200 OK", goodToken, isJSON), test.change)
		_, err := connect(t, s).OAuth(t.Context(), login)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want == "":
			if r := s.seen()[0]; r.Proto != "HTTP/1.1" || r.tls.NegotiatedProtocol == "h2" {
				t.Errorf("%s: spoke %s, %q", name, r.Proto, r.tls.NegotiatedProtocol)
			}
		case err == nil || !strings.Contains(err.Error(), test.want):
			t.Errorf("%s: %v, want %q", name, err, test.want)
		case asError(t, err).Kind != vedauth.Unreachable || len(s.seen()) != 0:
			t.Errorf("%s: kind %d, %d requests", name, asError(t, err).Kind, len(s.seen()))
		}
	}
}

// TestTransportSettings looks at what no test server in Go can show: it cannot ask for a renegotiation, as IIS does.
func TestTransportSettings(t *testing.T) {
	t.Parallel()
	transport := connect(t, &server{url: "https://tpp.example.com"}).Transport()
	config := transport.TLSClientConfig
	if config.Renegotiation != tls.RenegotiateFreelyAsClient || config.MinVersion != tls.VersionTLS12 || config.InsecureSkipVerify {
		t.Errorf("renegotiation %v, least version %x, insecure %v", config.Renegotiation, config.MinVersion, config.InsecureSkipVerify)
	}
	if transport.TLSNextProto == nil || transport.ForceAttemptHTTP2 || transport.Protocols != nil {
		t.Error("HTTP/2 is not ruled out")
	}
	if transport.TLSHandshakeTimeout <= 0 || transport.MaxResponseHeaderBytes <= 0 || !transport.DisableCompression {
		t.Error("a handshake, a header or a compressed body has no limit")
	}
	if transport == http.DefaultTransport {
		t.Error("the transport is shared with the whole process")
	}
}

// TestWhatDoesNotSpeakTLS: a wrong port is a common mistake, and has its own text.
func TestWhatDoesNotSpeakTLS(t *testing.T) {
	t.Parallel()
	for _, greeting := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.9\r\n"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 1024))
				raw(conn, greeting)
				_ = conn.Close()
			}
		}()
		_, err = connect(t, &server{url: "https://" + listener.Addr().String()}).OAuth(t.Context(), login)
		if failure := asError(t, err); failure.Kind != vedauth.Unreachable || !strings.Contains(err.Error(), "does not speak TLS") {
			t.Errorf("%q: kind %d, %v", greeting, failure.Kind, err)
		}
	}
}
