package winauth_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth/kerberos"
)

// ntlmServer plays the server's part of NTLM without checking any password: it is for what servers do around it.
type ntlmServer struct {
	offer []string
	// final answers the request with message 3; nil is 200.
	final http.HandlerFunc
	// opening is called with each request without a token.
	opening func(w http.ResponseWriter)

	mutex  sync.Mutex
	bodies []string
	steps  []string
}

func (s *ntlmServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	scheme, encoded, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	step := "opening"
	if len(token) > 12 {
		step = map[byte]string{1: "negotiate", 3: "authenticate"}[token[8]]
	}
	s.mutex.Lock()
	s.bodies, s.steps = append(s.bodies, string(body)), append(s.steps, step)
	s.mutex.Unlock()
	switch {
	case step == "authenticate" && s.final != nil:
		s.final(w, r)
	case step == "authenticate":
		_, _ = io.WriteString(w, "token")
	case step == "negotiate":
		w.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(ntlmChallenge()))
		w.WriteHeader(http.StatusUnauthorized)
	default:
		if s.opening != nil {
			s.opening(w)
		}
		s.refuse(w)
	}
}

func (s *ntlmServer) refuse(w http.ResponseWriter) {
	for _, offer := range s.offer {
		w.Header().Add("WWW-Authenticate", offer)
	}
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, "<html>401.2</html>")
}

func (s *ntlmServer) seen() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return strings.Join(s.steps, " ")
}

func ntlmChallenge() []byte {
	m := make([]byte, 48)
	copy(m, "NTLMSSP\x00\x02")
	binary.LittleEndian.PutUint32(m[20:], 1)
	return m
}

func start(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func plainConfig(url string) winauth.Config {
	return winauth.Config{
		Transport: func() *http.Transport { return &http.Transport{} },
		NewRequest: func(ctx context.Context, withBody bool) (*http.Request, error) {
			if !withBody {
				return http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
			}
			return http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("the body"))
		},
		Credential: winauth.Credential{Username: `D\u`, Password: secret.New("Pa55word")}, FinalTimeout: 20 * time.Second,
	}
}

// TestBodyOnce: the body goes with the last step alone, and the caller gets the answer to it.
func TestBodyOnce(t *testing.T) {
	t.Parallel()
	s := &ntlmServer{offer: []string{"Negotiate, ntlm"}}
	result, err := winauth.Login(t.Context(), plainConfig(start(t, s).URL))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(result.Response.Body)
	if err != nil || string(answer) != "token" || result.Mechanism != winauth.NTLM {
		t.Errorf("answer %q by %s, %v", answer, result.Mechanism, err)
	}
	if err := result.Response.Body.Close(); err != nil {
		t.Error(err)
	}
	if got := strings.Join(s.bodies, "|"); got != "||the body" {
		t.Errorf("bodies %q", got)
	}
}

// TestRefusedOnce: a 401 after the last step ends it, whatever it offers; the body of the refusal can be read.
func TestRefusedOnce(t *testing.T) {
	t.Parallel()
	for _, offer := range []string{"NTLM", "NTLM " + base64.StdEncoding.EncodeToString(ntlmChallenge())} {
		s := &ntlmServer{offer: []string{"NTLM"}}
		s.final = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", offer)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "Unhandled identity claim type")
		}
		_, err := winauth.Login(t.Context(), plainConfig(start(t, s).URL))
		var refused *winauth.RefusedError
		if !errors.As(err, &refused) || s.seen() != "opening negotiate authenticate" ||
			strings.Contains(err.Error(), "Pa55word") {
			t.Fatalf("%v after %s", err, s.seen())
		}
		if text, err := io.ReadAll(refused.Response.Body); err != nil || string(text) != "Unhandled identity claim type" {
			t.Errorf("the refusal reads %q, %v", text, err)
		}
	}
}

// TestApplicationsRefusal: a 401 without a challenge is the application's, not the logon's.
func TestApplicationsRefusal(t *testing.T) {
	t.Parallel()
	s := &ntlmServer{
		offer: []string{"NTLM"},
		final: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
	}
	result, err := winauth.Login(t.Context(), plainConfig(start(t, s).URL))
	if err != nil {
		t.Fatal(err)
	}
	if result.Response.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", result.Response.StatusCode)
	}
	_ = result.Response.Body.Close()
}

// TestConnectionClosedInBetween: a server that hangs up after the challenge gets one more attempt, not message 3 on
// another connection, and not a third attempt.
func TestConnectionClosedInBetween(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		closings int64
		want     string
		succeeds bool
	}{
		{1, "opening negotiate opening negotiate authenticate", true},
		{9, "opening negotiate opening negotiate", false},
	} {
		s := &ntlmServer{offer: []string{"NTLM"}}
		var closed atomic.Int64
		server := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(r.Header.Get("Authorization")) > 5 && s.steps[len(s.steps)-1] == "opening" && closed.Add(1) <= test.closings {
				w.Header().Set("Connection", "close")
			}
			s.ServeHTTP(w, r)
		}))
		result, err := winauth.Login(t.Context(), plainConfig(server.URL))
		if got := s.seen(); got != test.want || (err == nil) != test.succeeds {
			t.Errorf("steps %s, %v", got, err)
		}
		if err == nil {
			_ = result.Response.Body.Close()
			continue
		}
		var failed *winauth.TransportError
		if !errors.As(err, &failed) || failed.Sent {
			t.Errorf("%v", err)
		}
	}
}

// TestNotCancelledOnceSent: from the last step on, only the time that there is counts.
func TestNotCancelledOnceSent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := &ntlmServer{offer: []string{"NTLM"}, final: func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		_, _ = io.WriteString(w, "token")
	}}
	result, err := winauth.Login(ctx, plainConfig(start(t, s).URL))
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(result.Response.Body); err != nil || string(answer) != "token" {
		t.Errorf("%q, %v", answer, err)
	}
	_ = result.Response.Body.Close()

	// Before it, cancellation ends the login and nothing is sent.
	ctx, cancel = context.WithCancel(t.Context())
	s = &ntlmServer{offer: []string{"NTLM"}, opening: func(http.ResponseWriter) { cancel() }}
	if _, err := winauth.Login(ctx, plainConfig(start(t, s).URL)); !errors.Is(err, context.Canceled) ||
		strings.Contains(s.seen(), "authenticate") {
		t.Errorf("%v after %s", err, s.seen())
	}
}

// TestTheDeadlineHoldsForTheLastStep, unlike a cancellation: the caller has no more time.
func TestTheDeadlineHoldsForTheLastStep(t *testing.T) {
	t.Parallel()
	const much = 30 * time.Second
	handler := &ntlmServer{offer: []string{"NTLM"}, final: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
	server := start(t, handler)
	config := plainConfig(server.URL)
	config.FinalTimeout = much
	began := time.Now()
	ctx, cancel := context.WithDeadline(t.Context(), began.Add(time.Second))
	defer cancel()
	var failed *winauth.TransportError
	if _, err := winauth.Login(ctx, config); !errors.As(err, &failed) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
	if took := time.Since(began); took >= much {
		t.Errorf("took %v", took)
	}
}

// TestNoAnswer: if the server breaks off during the last step, the caller learns that it may have acted.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	s := &ntlmServer{offer: []string{"NTLM"}, final: func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}}
	_, err := winauth.Login(t.Context(), plainConfig(start(t, s).URL))
	var failed *winauth.TransportError
	if !errors.As(err, &failed) || !failed.Sent || s.seen() != "opening negotiate authenticate" {
		t.Errorf("%v after %s", err, s.seen())
	}
	_, err = winauth.Login(t.Context(), plainConfig("http://127.0.0.1:1/"))
	var op *net.OpError
	if !errors.As(err, &failed) || failed.Sent || !errors.As(err, &op) {
		t.Errorf("nobody there: %v", err)
	}
}

func krb5Conf(t *testing.T, kdc string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(file, []byte("[libdefaults]\ndns_lookup_kdc = no\n[realms]\nA.TEST = {\nkdc = "+
		""+kdc+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{file}
}

// TestFallback: from Kerberos to NTLM with a warning, if there is nothing of Kerberos to be had, and only then.
func TestFallback(t *testing.T) {
	t.Parallel()
	user := winauth.Credential{Username: "u@A.TEST", Password: secret.New("Pa55word")}
	for name, test := range map[string]struct {
		offer      []string
		mechanism  winauth.Mechanism
		credential winauth.Credential
		warning    string
	}{
		"no KDC":               {[]string{"Negotiate", "NTLM"}, winauth.Auto, user, "no KDC could be reached"},
		"no Kerberos":          {[]string{"NTLM"}, winauth.Auto, user, "does not offer Kerberos"},
		"Kerberos insisted on": {[]string{"Negotiate", "NTLM"}, winauth.Kerberos, user, ""},
	} {
		s := &ntlmServer{offer: test.offer}
		c := plainConfig(start(t, s).URL)
		c.Mechanism, c.Credential, c.Krb5Conf = test.mechanism, test.credential, krb5Conf(t, "127.0.0.1:1")
		result, err := winauth.Login(t.Context(), c)
		if test.warning == "" {
			var failed *kerberos.Error
			if !errors.As(err, &failed) || failed.Problem != kerberos.NoKDC || strings.Contains(s.seen(), "negotiate") {
				t.Errorf("%s: %v after %s", name, err, s.seen())
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = result.Response.Body.Close()
		if result.Mechanism != winauth.NTLM || len(result.Warnings) != 1 ||
			!strings.Contains(result.Warnings[0], test.warning) {
			t.Errorf("%s: %s, warnings %q", name, result.Mechanism, result.Warnings)
		}
	}
}

// TestNoFallbackAfterARefusal: a KDC that breaks off or says no may have counted a failed logon.
func TestNoFallbackAfterARefusal(t *testing.T) {
	t.Parallel()
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
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
	}()
	s := &ntlmServer{offer: []string{"Negotiate", "NTLM"}}
	c := plainConfig(start(t, s).URL)
	c.Credential, c.Krb5Conf = winauth.Credential{
		Username: "u@A.TEST",
		Password: secret.New("Pa55word"),
	}, krb5Conf(t, listener.Addr().String())
	_, err = winauth.Login(t.Context(), c)
	var failed *kerberos.Error
	if !errors.As(err, &failed) || failed.Problem != kerberos.NoAnswer || s.seen() != "opening" {
		t.Errorf("%v after %s", err, s.seen())
	}
}

func TestNoChallenge(t *testing.T) {
	t.Parallel()
	for status, offer := range map[int]string{http.StatusOK: "", http.StatusBadRequest: "",
		http.StatusUnauthorized: "", http.StatusNotFound: "NTLM"} {
		server := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if offer != "" {
				w.Header().Set("WWW-Authenticate", offer)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "the reason")
		}))
		_, err := winauth.Login(t.Context(), plainConfig(server.URL))
		var open *winauth.NoChallengeError
		if !errors.As(err, &open) || open.Response.StatusCode != status {
			t.Errorf("%d: %v", status, err)
			continue
		}
		if text, err := io.ReadAll(open.Response.Body); err != nil || string(text) != "the reason" {
			t.Errorf("%d: body %q, %v", status, text, err)
		}
	}
}

// TestIncomplete: what cannot work is said before anything is sent.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mechanism  winauth.Mechanism
		credential winauth.Credential
		says       string
	}{
		"no password":   {winauth.Auto, winauth.Credential{Username: "u"}, "credential is incomplete"},
		"no user":       {winauth.Auto, winauth.Credential{Password: secret.New("Pa55word")}, "credential is incomplete"},
		"NTLM, keytab":  {winauth.NTLM, winauth.Credential{KeytabFile: "x"}, "NTLM needs a user name"},
		"bad mechanism": {"digest", winauth.Credential{Username: "u", Password: secret.New("x")}, "auto, kerberos or ntlm"},
	} {
		c := plainConfig("http://127.0.0.1:1/")
		c.Mechanism, c.Credential = test.mechanism, test.credential
		_, err := winauth.Login(t.Context(), c)
		var setup *winauth.SetupError
		if !errors.As(err, &setup) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHostileServer: challenges that make no sense end the login.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	for name, challenge := range map[string]string{
		"no token": "NTLM", "not base64": "NTLM §§", "not NTLM": "NTLM YWJj", "other scheme": "Negotiate",
		"own message": "NTLM TlRMTVNTUAABAAAA",
	} {
		var requests atomic.Int64
		server := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			w.Header().Set("WWW-Authenticate", "NTLM")
			if r.Header.Get("Authorization") != "" {
				w.Header().Set("WWW-Authenticate", challenge)
			}
			w.WriteHeader(http.StatusUnauthorized)
		}))
		if _, err := winauth.Login(t.Context(), plainConfig(server.URL)); err == nil || requests.Load() != 2 {
			t.Errorf("%s: %v after %d requests", name, err, requests.Load())
		}
	}
}

// TestAProtocolSwitch: nothing is read from the connection that such an answer leaves open, at either step, because no
// deadline would end that.
func TestAProtocolSwitch(t *testing.T) {
	t.Parallel()
	const patience = 30 * time.Second // for a client that does not hang up
	for name, opening := range map[string]bool{"opening": true, "challenge": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan error, 1)
			server := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !opening && r.Header.Get("Authorization") == "" {
					w.Header().Set("WWW-Authenticate", "NTLM")
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = conn.Close() }()
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
				_ = conn.SetReadDeadline(time.Now().Add(patience))
				_, err = conn.Read(make([]byte, 1))
				ended <- err
			}))
			var unasked *winauth.NoChallengeError
			if _, err := winauth.Login(t.Context(), plainConfig(server.URL)); !errors.As(err, &unasked) {
				t.Errorf("err = %v", err)
			}
			if err := <-ended; errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the client did not hang up")
			}
		})
	}
}
