package winauth

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// maxBody is how much of an answer is read.
const maxBody = 1 << 20

// connection is a transport that carries one login over one connection at a time, and none after it is sealed.
type connection struct {
	config    Config
	transport *http.Transport
	sealed    atomic.Bool

	// tls is the state of the connection that gave the last answer, nil without TLS.
	tls *tls.ConnectionState
}

func newConnection(config Config) *connection {
	c := &connection{config: config, transport: config.Transport()}
	t := c.transport
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // A logon belongs to a connection; HTTP/2 has no such thing.
	t.Protocols, t.ForceAttemptHTTP2 = protocols, false
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if t.TLSClientConfig != nil {
		t.TLSClientConfig = t.TLSClientConfig.Clone()
		t.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	t.DisableKeepAlives, t.MaxConnsPerHost, t.MaxIdleConnsPerHost = false, 1, 1
	t.IdleConnTimeout = 0 // the connection waits while a KDC takes its time
	if t.DialContext == nil {
		t.DialContext = (&net.Dialer{}).DialContext
	}
	t.DialContext = c.guarded(t.DialContext)
	if t.DialTLSContext != nil {
		t.DialTLSContext = c.guarded(t.DialTLSContext)
	}
	return c
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// guarded refuses to dial once the login depends on the connection it has: a message that answers a challenge is worth
// nothing on another connection.
func (c *connection) guarded(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if c.sealed.Load() {
			return nil, errConnectionGone
		}
		return dial(ctx, network, address)
	}
}

// ask sends a step without body and reads the whole answer, which is what keeps the connection.
func (c *connection) ask(ctx context.Context, authorization string) (*http.Response, error) {
	request, err := c.config.NewRequest(ctx, false)
	if err != nil {
		return nil, err
	}
	response, err := c.roundTrip(request, authorization)
	if err != nil {
		return nil, &TransportError{Err: err}
	}
	if err := buffer(response); err != nil {
		return nil, &TransportError{Err: err}
	}
	return response, nil
}

// send sends the request proper. From here on ctx's cancellation no longer counts, only its deadline and FinalTimeout.
func (c *connection) send(ctx context.Context, authorization string) (*http.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	end := time.Now().Add(c.config.FinalTimeout)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	final, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(final,
		&httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	request, err := c.config.NewRequest(traced, true)
	if err != nil {
		cancel()
		return nil, err
	}
	response, err := c.roundTrip(request, authorization)
	if err != nil {
		cancel()
		if errors.Is(err, errConnectionGone) { // Nothing of it was written, or it would not have dialled again.
			return nil, &TransportError{Err: err}
		}
		return nil, &TransportError{Sent: connected.Load(), Err: err}
	}
	response.Body = &closingBody{ReadCloser: response.Body, after: func() {
		cancel()
		c.close()
	}}
	return response, nil
}

func (c *connection) roundTrip(request *http.Request, authorization string) (*http.Response, error) {
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	c.tls = response.TLS
	return response, nil
}

// seal forbids further connections.
func (c *connection) seal() { c.sealed.Store(true) }

func (c *connection) close() { c.transport.CloseIdleConnections() }

// buffer replaces the body by a copy of its first maxBody bytes.
func buffer(response *http.Response) error {
	length := int64(maxBody)
	if response.StatusCode == http.StatusSwitchingProtocols {
		length = 0 // not a body but the bare connection, of which no deadline ends the reading
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, length))
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

// closingBody runs after once the body is closed.
type closingBody struct {
	io.ReadCloser
	once  sync.Once
	after func()
}

// Close closes the body, then the rest.
func (b *closingBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(b.after)
	return err
}
