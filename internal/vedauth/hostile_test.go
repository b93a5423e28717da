package vedauth_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// flood writes piece again and again until the client has had enough.
func flood(beginning, piece string) script {
	return func(_ int, _ request, conn net.Conn) {
		raw(conn, beginning)
		for {
			if _, err := io.WriteString(conn, piece); err != nil {
				return
			}
		}
	}
}

// TestFloods: a server that does not stop is stopped, soon and with a short text. It may have made a grant.
func TestFloods(t *testing.T) {
	t.Parallel()
	kilobyte := strings.Repeat("x", 1024)
	for name, test := range map[string]struct {
		answer script
		want   string
	}{
		"endless status line": {flood("HTTP/1.1 400 ", kilobyte), "the header of the answer is too large"},
		"endless header line": {flood("HTTP/1.1 200 OK\r\nX: ", kilobyte), "the header of the answer is too large"},
		"endless headers":     {flood("HTTP/1.1 200 OK\r\n", "X: "+kilobyte+"\r\n"), "the header of the answer is too large"},
		"endless 100":         {flood("", "HTTP/1.1 100 Continue\r\n\r\n"), "the header of the answer is too large"},
		"endless 103":         {flood("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), "the header of the answer is too large"},
		"endless body":        {flood("HTTP/1.1 200 OK\r\n\r\n", kilobyte), "the reply is larger than 1 MiB"},
		"endless JSON":        {flood("HTTP/1.1 200 OK\r\n\r\n{", `"x":"`+kilobyte+`",`), "the reply is larger than 1 MiB"},
		"endless chunks":      {flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n"+kilobyte+"\r\n"), "the reply is larger than 1 MiB"},
		"deep JSON":           {always("200 OK", strings.Repeat(`{"a":[`, 100_000)), "the reply cannot be used"},
		"packed zeros": {func(_ int, _ request, c net.Conn) {
			raw(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+packed(strings.Repeat("\x00", 2<<20)))
		},
			"the reply is larger than 1 MiB"},
		"length of a petabyte": {func(_ int, _ request, c net.Conn) {
			raw(c, "HTTP/1.1 200 OK\r\nContent-Length: 1125899906842624\r\n\r\n{}")
		},
			"the connection was closed before the answer was complete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := connect(t, serve(t, test.answer)).OAuth(t.Context(), login)
			failure := asError(t, err)
			if failure.Kind != vedauth.Ambiguous || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 2000 {
				t.Errorf("kind %d, %.3000v", failure.Kind, err)
			}
		})
	}
}

// TestALongReasonPhrase is read, and shown in part.
func TestALongReasonPhrase(t *testing.T) {
	t.Parallel()
	s := serve(t, always("400 Application identifier is missing "+strings.Repeat(password+" ", 5000), ""))
	_, err := connect(t, s).OAuth(t.Context(), login)
	failure := asError(t, err)
	if failure.Row.ID != "client-id-missing" || len([]rune(failure.Description)) > 301 {
		t.Errorf("row %q, %d letters", failure.Row.ID, len(failure.Description))
	}
	mustNotHold(t, err.Error(), password, "Tr0u")
}

// TestOddButLegalAnswers are taken for what they are.
func TestOddButLegalAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"1xx first":      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + goodToken,
		"HTTP/1.0":       "HTTP/1.0 200 OK\r\n\r\n" + goodToken,
		"no reason":      "HTTP/1.1 200\r\n\r\n" + goodToken,
		"no type":        "HTTP/1.1 200 OK\r\nContent-Type:\r\n\r\n" + goodToken,
		"wrong type":     "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + goodToken,
		"many pieces":    "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces(goodToken) + "0\r\n\r\n",
		"trailer":        "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n" + pieces(goodToken) + "0\r\nX: y\r\n\r\n",
		"cookies":        "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n" + goodToken,
		"packed":         "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed(goodToken),
		"packed by half": "HTTP/1.1 200 OK\r\n\r\n" + packed(goodToken[:10]) + packed(goodToken[10:]),
		"BOM and blanks": "HTTP/1.1 200 OK\r\n\r\n\ufeff\r\n" + goodToken + "\r\n",
	} {
		s := serve(t, func(_ int, _ request, conn net.Conn) { raw(conn, answer) })
		client := connect(t, s)
		for range 2 {
			token, err := client.OAuth(t.Context(), login)
			if err != nil || token.AccessToken.Reveal() != accessInGoodToken {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, r := range s.seen() {
			if r.Header.Get("Cookie") != "" {
				t.Errorf("%s: a cookie was kept", name)
			}
		}
	}
}

// pieces writes text as chunks of one byte.
func pieces(text string) string {
	var out strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&out, "1\r\n%s\r\n", text[i:i+1])
	}
	return out.String()
}

// TestTheServersClock: a server of 2020 says when a token ends but not how long it lives; its Date tells.
func TestTheServersClock(t *testing.T) {
	t.Parallel()
	const body = `{"access_token":"aaa","expires":1565028229}`
	for date, want := range map[string]string{
		"Tue, 07 May 2019 18:03:49 GMT": "7776000", "Mon, 05 Aug 2019 18:02:49 GMT": "60",
		"Mon, 05 Aug 2019 18:03:49 GMT": "expired", "yesterday": "2000", "": "2000",
	} {
		s := serveInMemory(t, always("200 OK", body, isJSON, "Date: "+date))
		client := connect(t, s, func(c *vedauth.Config) { c.Now = func() time.Time { return time.Unix(1565026229, 0) } })
		token, err := client.OAuth(t.Context(), login)
		got := "expired"
		if err == nil {
			got = show(token.ExpiresIn)
		}
		if got != want {
			t.Errorf("%q: %s, want %s: %v", date, got, want, err)
		}
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	good, worth := always("200 OK", goodToken, isJSON), always("200 OK", verified, isJSON)
	s := serve(t, byPath(map[string]script{"oauth": good, "token": good, "verify": worth, "isauthserver": worth}))
	log := &events{}
	client := connect(t, s, log.record)
	var all sync.WaitGroup
	for range 20 {
		for call := range calls {
			all.Go(func() {
				if err := calls[call](t.Context(), client); err != nil {
					t.Errorf("%s: %v", call, err)
				}
			})
		}
	}
	all.Wait()
	if len(s.seen()) != 20*len(calls) || len(log.list) != 20*len(calls) {
		t.Errorf("%d requests, %d events", len(s.seen()), len(log.list))
	}
}

// TestEvents: one for each attempt, with its status or with why there is none.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := serveInMemory(t, inTurn(always("503 Service Unavailable", ""), hangUp))
	log := &events{}
	_, err := connect(t, s, log.record).OAuth(t.Context(), login)
	if err == nil || len(log.list) != 2 {
		t.Fatalf("%v, %s", err, log)
	}
	first, second := log.list[0], log.list[1]
	if first.Attempt != 1 || first.Status != 503 || first.Problem != "" || first.Endpoint != "authorize/oauth" || first.Duration < 0 {
		t.Errorf("first %+v", first)
	}
	if second.Attempt != 2 || second.Status != 0 || second.Problem != "the connection was closed before the answer was complete" {
		t.Errorf("second %+v", second)
	}
}

func TestWhatHasBeenAbandonedIsNotRead(t *testing.T) {
	t.Parallel()
	if n, err := vedauth.ReadAbandoned(); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestWhatTheNetworkDid: each cause has a text, without the addresses that the original names.
func TestWhatTheNetworkDid(t *testing.T) {
	t.Parallel()
	op := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 443}, Err: err}
	}
	for _, test := range []struct {
		err   error
		want  string
		final bool
	}{
		{op(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "the connection was refused", false},
		{op(os.NewSyscallError("read", syscall.ECONNRESET)), "the connection was reset", false},
		{op(errors.New("wsarecv: An existing connection was forcibly closed by the remote host.")), "the connection was reset", false},
		{op(errors.New("connectex: No connection could be made because the target machine actively refused it.")), "the connection was refused", false},
		{op(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), "the host cannot be reached", false},
		{op(os.NewSyscallError("connect", syscall.ENETUNREACH)), "the host cannot be reached", false},
		{op(os.NewSyscallError("write", syscall.EPIPE)), "the connection was closed while the request was sent", false},
		{op(os.ErrDeadlineExceeded), "no answer came in time", false},
		{context.DeadlineExceeded, "no answer came in time", false},
		{io.ErrUnexpectedEOF, "the connection was closed before the answer was complete", false},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: protocol version not supported")}, "the server speaks none of TLS 1.2 and 1.3", true},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, "the server broke off the TLS handshake; it may", true},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}, "the TLS handshake failed", false},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "the other side does not speak TLS", true},
		{&net.DNSError{Err: "no such host", Name: "10.9.8.7", IsNotFound: true}, "the host name is unknown", false},
		{fmt.Errorf("malformed HTTP response %q", "connection refused tls: certificate required 10.9.8.7"), "the answer is not HTTP", false},
		{errors.New("something about 10.9.8.7"), "the request failed on the network", false},
		{&net.OpError{Op: "proxyconnect", Err: op(os.NewSyscallError("connect", syscall.ECONNREFUSED))}, "the proxy could not be used: the connection was refused", false},
	} {
		problem, next, final := vedauth.DescribeNetwork(test.err)
		if !strings.HasPrefix(problem, test.want) || next == "" || final != test.final {
			t.Errorf("%v: %q, %q, %v", test.err, problem, next, final)
		}
		mustNotHold(t, problem+next, "10.9.8.7")
	}
}
