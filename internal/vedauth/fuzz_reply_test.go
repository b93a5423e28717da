package vedauth_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// spent is a token that the calls below send. It has a form in which any echo can be told from an accident.
const spent = "c3BlbnQtdG9rZW4tMTIzNA=="

// fuzzCalls are all calls, with every secret that each of them sends.
var fuzzCalls = []struct {
	call    func(context.Context, *vedauth.Client) (*vedauth.Token, error)
	secrets []string
}{
	{func(ctx context.Context, c *vedauth.Client) (*vedauth.Token, error) {
		return c.OAuth(ctx, vedauth.OAuthRequest{
			ClientID: "terraform", Scope: "ssh", Username: "alice", Password: secret.New(password),
		})
	}, []string{password}},
	{func(ctx context.Context, c *vedauth.Client) (*vedauth.Token, error) {
		return c.Refresh(ctx, "terraform", secret.New(spent))
	}, []string{spent}},
	{func(ctx context.Context, c *vedauth.Client) (*vedauth.Token, error) {
		return c.ExchangeDevice(ctx, "terraform", secret.New(spent))
	}, []string{spent}},
	{func(ctx context.Context, c *vedauth.Client) (*vedauth.Token, error) {
		device, err := c.StartDevice(ctx, "terraform", "ssh")
		if err == nil {
			checkDevice(device)
		}
		return nil, err
	}, nil},
	{func(ctx context.Context, c *vedauth.Client) (*vedauth.Token, error) {
		_, err := c.Verify(ctx, secret.New(spent))
		return nil, err
	}, []string{spent}},
	{func(ctx context.Context, c *vedauth.Client) (*vedauth.Token, error) {
		return nil, c.Revoke(ctx, &vedauth.Token{AccessToken: secret.New(spent), ClientID: "terraform"})
	}, []string{spent}},
}

// onWire makes a client for which every connection, to the server or to a proxy, answers with raw and ends.
func onWire(t *testing.T, raw []byte, proxy *url.URL) *vedauth.Client {
	t.Helper()
	client, err := vedauth.New(vedauth.Config{
		Server: "https://tpp.example.com", ProxyURL: proxy, Getenv: func(string) string { return "" }, Timeout: time.Minute,
		Wait: func(context.Context, time.Duration) error { return nil }, Now: func() time.Time { return issued },
	})
	if err != nil {
		t.Fatal(err)
	}
	dial := func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			if request, err := http.ReadRequest(bufio.NewReader(far)); err == nil {
				_, _ = io.Copy(io.Discard, request.Body)
				_, _ = far.Write(raw)
			}
			_ = far.Close()
		}()
		return near, nil
	}
	if proxy == nil {
		client.Transport().DialTLSContext = dial // as if TLS were behind it
	} else {
		client.Transport().DialContext = dial
	}
	return client
}

// wantDecent checks what a failure tells: one typed error, of bounded length, fit to be shown, without what was sent.
func wantDecent(t *testing.T, err error, secrets []string) {
	t.Helper()
	var failure *vedauth.Error
	if !errors.As(err, &failure) || failure.Kind == 0 {
		t.Fatalf("untyped: %v", err)
	}
	text := err.Error()
	if len(text) > 4000 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("not fit to be shown: %q", text)
	}
	for _, sent := range secrets {
		if strings.Contains(text, sent) {
			t.Errorf("it tells what was sent: %q", text)
		}
	}
	if failure.Grant != nil && failure.Grant.AccessToken.Empty() {
		t.Errorf("a grant without a token: %q", text)
	}
}

func checkDevice(device *vedauth.Device) {
	u, err := url.Parse(device.VerificationURI)
	if err != nil || u.Scheme != "https" || u.User != nil || device.Code.Empty() || device.UserCode == "" {
		panic("a device login that nobody can confirm")
	}
	if device.Interval <= 0 || device.Interval > 5*time.Minute || !device.Until.After(issued) {
		panic("a device login that cannot be polled")
	}
}

// FuzzReply: whatever comes over the wire as an answer to any call (status line with its reason phrase, headers with
// Date, Retry-After and Location, a body of any kind) is a good result or a decent error.
func FuzzReply(f *testing.F) {
	for _, reply := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 23 Nov 2026 10:05:23 GMT\r\n\r\n" + goodToken,
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n" + goodToken,
		"HTTP/1.1 400 The request has an invalid grant\r\n\r\n" +
			"{\"error\":\"invalid_grant\",\"error_description\":\"" + password + "\"}",
		"HTTP/1.1 401 Unauthorized: " + spent + "\r\nWWW-Authenticate: Negotiate, NTLM\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html><title>Denied &amp; gone</title>",
		"HTTP/1.1 302 Found\r\nLocation: https://login.example.com/?p=" + spent + "\r\n\r\n",
		"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\n\r\n",
		"HTTP/1.1 429 \r\nRetry-After: Mon, 23 Nov 2026 10:06:23 GMT\r\n\r\n",
		"HTTP/1.1 500 x\r\n\r\nRerun the transaction", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"acc\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n\xef\xbb\xbf" + vendorVerify,
		"HTTP/1.1 200 OK\r\n\r\n" + `{"device_code":"ZGV2aWNlLWNvZGUtMTIzNA==","user_code":"ABCD-EFGH",` +
			`"verification_uri":"https://tpp.example.com/vedauth/device","expires_in":300,"interval":5}`,
		"SSH-2.0-OpenSSH\r\n", "",
	} {
		for call := range fuzzCalls {
			f.Add(uint8(call), []byte(reply))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		one := fuzzCalls[int(which)%len(fuzzCalls)]
		token, err := one.call(t.Context(), onWire(t, raw, nil))
		if err != nil {
			wantDecent(t, err, one.secrets)
		} else if token != nil && token.AccessToken.Empty() {
			t.Error("a token without its value")
		}
	})
}

// FuzzProxyAnswer: whatever a proxy answers to CONNECT, nothing gets through, and the error tells neither the proxy's
// password nor that of the user.
func FuzzProxyAnswer(f *testing.F) {
	for _, reply := range []string{
		"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n\x15\x03\x01\x00\x02\x02\x28",
		"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
		"HTTP/1.1 502 Bad Gateway, cG1hbjpwcm94eS1zZWNyZXQ= is not allowed\r\n\r\n<title>x</title>", "", "\x05\x00",
	} {
		f.Add([]byte(reply))
	}
	proxy := &url.URL{Scheme: "http", Host: "proxy.example.com:3128", User: url.UserPassword("pman", "proxy-secret")}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := fuzzCalls[0].call(t.Context(), onWire(t, raw, proxy))
		if err == nil {
			t.Fatal("a token came through a proxy that has none")
		}
		wantDecent(t, err, []string{password, "proxy-secret", "cG1hbjpwcm94eS1zZWNyZXQ"})
	})
}

// FuzzRetryAfter: no header makes a pause longer than half a minute, or one that goes back in time.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "7", "-1", "99999999999999999999",
		"Mon, 23 Nov 2026 10:05:53 GMT", "Monday, 23-Nov-26 10:05:53 GMT", "Mon Nov 23 10:05:53 2026",
	} {
		f.Add(value, issued.Unix())
	}
	f.Fuzz(func(t *testing.T, value string, now int64) {
		pause := vedauth.RetryAfter(http.Header{"Retry-After": {value}}, time.Unix(now, 0))
		if pause < 0 || pause > 30*time.Second {
			t.Errorf("%q: %v", value, pause)
		}
	})
}

// FuzzParseProxy: what is accepted has a host and a scheme that can be used, and an error does not quote it.
func FuzzParseProxy(f *testing.F) {
	for _, address := range []string{
		"proxy:3128", "http://u:p@proxy.example.com", "socks5h://[::1]:1080", "https://", "http://a b", "%zz://x",
	} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		proxy, err := vedauth.ParseProxy(address)
		switch {
		case err != nil:
			if len(address) > 12 && strings.Contains(err.Error(), address) {
				t.Errorf("it is quoted: %v", err)
			}
		case address == "" && proxy == nil:
		case proxy.Hostname() == "" || !bytes.Contains([]byte(" http https socks5 socks5h "), []byte(" "+proxy.Scheme+" ")):
			t.Errorf("%q became %v", address, proxy)
		}
	})
}
