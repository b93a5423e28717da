package vedauth_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// kept answers every request with a success, and keeps the connection.
var kept = byPath(map[string]script{
	"oauth": always("200 OK", goodToken, isJSON, keepAlive), "token": always("200 OK", goodToken, isJSON, keepAlive),
	"verify": always("200 OK", verified, isJSON, keepAlive), "revoke": always("200 OK", "", keepAlive),
})

// TestOneConnectionForManyRequests, except for what can be sent only once.
func TestOneConnectionForManyRequests(t *testing.T) {
	t.Parallel()
	s := serveMany(t, kept)
	client := connect(t, s)
	token, err := client.OAuth(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Verify(t.Context(), token.AccessToken); err != nil {
		t.Fatal(err)
	}
	if n := s.connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
	if _, err := client.Refresh(t.Context(), "terraform", token.RefreshToken); err != nil {
		t.Fatal(err)
	}
	if n := s.connections(); n != 2 || !s.seen()[2].Close {
		t.Errorf("%d connections; refresh: %v", n, s.seen()[2].Header)
	}
}

// TestAFailureEndsTheConnection: the next attempt begins on a new one, which may lead elsewhere.
func TestAFailureEndsTheConnection(t *testing.T) {
	t.Parallel()
	s := serveMany(t, inTurn(always("503 Service Unavailable", "", keepAlive), kept))
	if _, err := connect(t, s).OAuth(t.Context(), login); err != nil {
		t.Fatal(err)
	}
	if n := s.connections(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// TestNoRequestIsRepeatedUnasked: package net/http would, on a connection that it has kept.
func TestNoRequestIsRepeatedUnasked(t *testing.T) {
	t.Parallel()
	s := serveMany(t, inTurn(kept, func(_ int, _ request, conn net.Conn) { _ = conn.Close() }))
	client := connect(t, s, func(c *vedauth.Config) { c.Retries = -1 })
	token, err := client.OAuth(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = client.Verify(t.Context(), token.AccessToken); err == nil || len(s.seen()) != 2 {
		t.Errorf("%d requests: %v", len(s.seen()), err)
	}
	if verify := s.seen()[1]; verify.ContentLength != 0 || len(verify.TransferEncoding) != 0 || verify.Method != "GET" {
		t.Errorf("%s, %d bytes, %v", verify.Method, verify.ContentLength, verify.TransferEncoding)
	}
}

// TestAKeptConnectionDoesNotWaitLong: a server may close it at any time, and the sooner the more so.
func TestAKeptConnectionDoesNotWaitLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Time, 1)
		s := serveInMemory(t, func(_ int, _ request, conn net.Conn) {
			say(conn, "200 OK", goodToken, isJSON, keepAlive)
			_, _ = conn.Read(make([]byte, 1))
			ended <- time.Now()
		})
		if _, err := connect(t, s).OAuth(t.Context(), login); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if waited := (<-ended).Sub(began); waited > 3*time.Second {
			t.Errorf("closed after %v", waited)
		}
	})
}

// deafened is a connection from which nothing more can be read once deaf is closed, not even its end.
type deafened struct {
	*net.TCPConn
	deaf  chan struct{}
	over  chan struct{}
	close *sync.Once
	late  *atomic.Int64 // bytes written to it all the same
}

func (c deafened) Write(p []byte) (int, error) {
	const farewell = 40 // no longer than that is what TLS says at the end
	select {
	case <-c.deaf:
		if len(p) > farewell {
			c.late.Add(int64(len(p)))
		}
	default:
	}
	return c.TCPConn.Write(p)
}

func (c deafened) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	select {
	case <-c.deaf:
		<-c.over
	default:
	}
	return n, err
}

func (c deafened) Close() error {
	c.close.Do(func() { close(c.over) })
	return c.TCPConn.Close()
}

// TestAClosedConnectionIsNotWrittenTo: a login cannot be sent twice, so it must not be lost on a connection that the
// server has closed. Package net/http may learn of that too late: here it does not learn of it at all.
func TestAClosedConnectionIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(*vedauth.Client) error{
		"a login": func(client *vedauth.Client) error {
			_, err := client.OAuth(t.Context(), login)
			return err
		},
		"a question": func(client *vedauth.Client) error {
			_, err := client.Verify(t.Context(), tokenOf("access==").RefreshToken)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sendOnAClosedConnection(t, next)
		})
	}
}

// sendOnAClosedConnection sends a request when the connection that a login has left is closed.
func sendOnAClosedConnection(t *testing.T, next func(*vedauth.Client) error) {
	t.Helper()
	closed := make(chan struct{})
	s := serve(t, func(n int, r request, conn net.Conn) {
		kept(n, r, conn)
		if n == 1 {
			<-closed
		}
	})
	deaf := make(chan struct{})
	dials, late := 0, &atomic.Int64{}
	client := connect(t, s, func(c *vedauth.Config) { c.Retries = -1 })
	client.DialWith(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		tcp, ok := conn.(*net.TCPConn)
		if dials++; err != nil || dials > 1 || !ok {
			return conn, err
		}
		return deafened{tcp, deaf, make(chan struct{}), &sync.Once{}, late}, nil
	})
	if _, err := client.OAuth(t.Context(), login); err != nil {
		t.Fatal(err)
	}
	close(deaf)
	close(closed)
	<-s.ends
	if err := next(client); err != nil || s.connections() != 2 {
		t.Errorf("%d connections: %v", s.connections(), err)
	}
	if n := late.Load(); n != 0 {
		t.Errorf("%d bytes were written to the closed connection", n)
	}
}

// TestNobodyElsesAnswer: what a server sends behind an answer is not the answer to the request that comes next on the
// connection, however soon that comes.
func TestNobodyElsesAnswer(t *testing.T) {
	for name, extra := range map[string]string{
		"another answer": "HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{\"access_token\":\"Zm8=\"}", "an empty line": "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := serveInMemory(t, inTurn(func(_ int, _ request, conn net.Conn) {
					var both bytes.Buffer
					say(&both, "200 OK", goodToken, isJSON, keepAlive)
					raw(&both, extra)
					_, _ = conn.Write(both.Bytes())
					_, _ = io.Copy(io.Discard, conn)
				}, kept))
				client, goOn := connect(t, s), make(chan struct{})
				first := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
					PutIdleConn: func(error) { <-goOn }, // the connection can be had, and nobody has looked at it yet
				})
				var done sync.WaitGroup
				for _, ctx := range []context.Context{first, t.Context()} {
					done.Go(func() {
						token, err := client.OAuth(ctx, login)
						if err != nil || token.AccessToken.Reveal() != accessInGoodToken {
							t.Errorf("a token of somebody else, or %v", err)
						}
					})
					synctest.Wait()
				}
				close(goOn)
				done.Wait()
				if n := s.connections(); n != 2 {
					t.Errorf("%d connections", n)
				}
			})
		})
	}
}

// TestTheRestOfARefreshIsNotLogged: net/http writes to the standard logger what a server sends behind an answer on a
// kept connection. After a wrong Content-Length that is the second half of a reply, with its refresh token. The program
// silences that logger; what is exchanged once is not even sent on such a connection.
func TestTheRestOfARefreshIsNotLogged(t *testing.T) { // not parallel: it looks at the logger of the process
	var logged bytes.Buffer
	before := log.Writer()
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(before) })
	cut := strings.Index(goodToken, refreshInGoodToken)
	closed := make(chan struct{})
	s := serve(t, func(_ int, _ request, conn net.Conn) {
		defer close(closed)
		say(conn, "200 OK", goodToken[:cut], isJSON, keepAlive)
		raw(conn, goodToken[cut:])
		_, _ = conn.Read(make([]byte, 1)) // until the client closes
	})
	_, err := connect(t, s).Refresh(t.Context(), "terraform", tokenOf("refresh==").RefreshToken)
	if err == nil {
		t.Error("half a reply was accepted")
	}
	<-closed
	mustNotHold(t, logged.String(), refreshInGoodToken)
}
