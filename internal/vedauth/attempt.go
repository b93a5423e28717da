package vedauth

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// maxReply is how much of an answer is read; the largest that vedauth sends has about 1 KiB.
const maxReply = 1 << 20

// gzipMagic begins whatever gzip has packed.
const gzipMagic = "\x1f\x8b"

// answer is what a server sent, read to its end or to where it broke.
type answer struct {
	status int
	// reason, oauth and body are the server's words as they came: clean them before they are shown.
	reason    string
	oauth     oauthError
	body      []byte
	header    http.Header
	requested time.Time
	// tls is the TLS version of the connection.
	tls uint16
	// attempts is how many requests it took to get this answer.
	attempts int
	// broken is why the body could not be read to its end, or nil.
	broken error
}

// isPage reports whether the answer is a web page. vedauth sends JSON or plain text, which never begins with a "<".
func (a *answer) isPage() bool {
	start := bytes.TrimSpace(a.body)
	if len(start) == 0 || start[0] == '{' {
		return false
	}
	return start[0] == '<' || strings.Contains(strings.ToLower(a.header.Get("Content-Type")), "html")
}

// served is the server's clock at the time of the answer, zero if it did not say.
func (a *answer) served() time.Time {
	at, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// redirectHost names where a redirect leads, by host only: the rest may hold credentials.
func (a *answer) redirectHost(secrets []secret.String) string {
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || to.Scheme == "" || to.Hostname() == "" {
		return ""
	}
	return " to " + strings.ToLower(clean(to.Scheme+"://"+to.Host, secrets))
}

// guardedBody is a request body whose first read is the point of no return: before it the request can be abandoned for
// certain, after it the server may have the whole request. It also tells whether anything was sent at all.
type guardedBody struct {
	state  *progress
	reader *bytes.Reader
}

func (b guardedBody) Read(p []byte) (int, error) {
	if !b.state.CompareAndSwap(waiting, written) && b.state.Load() == abandoned {
		return 0, errAbandoned
	}
	return b.reader.Read(p)
}

func (guardedBody) Close() error { return nil }

// attempt sends the request once. ctx is the caller's; all bounds the call with all its attempts.
func (c *Client) attempt(ctx, all context.Context, r request, number int) outcome {
	began := c.config.Now()
	each, cancel := context.WithTimeout(all, c.config.Timeout)
	defer cancel()
	var state progress
	stop := context.AfterFunc(ctx, func() {
		if state.CompareAndSwap(waiting, abandoned) {
			cancel()
		}
	})
	defer stop()

	got, err := (*answer)(nil), errAbandoned
	if ctx.Err() == nil { // the callback above has its own goroutine and may be late
		got, err = c.send(each, r, &state)
	}
	if err == nil {
		got.requested, got.attempts = began, number
	}
	// What has not been written by now must never be: it counts as not sent, and may be sent again.
	sent := !state.CompareAndSwap(waiting, abandoned) && state.sent()
	result := c.judge(ctx, r, got, err, sent)
	if result.failure != nil && result.failure.Kind != Refused {
		c.renewConnections() // whatever is wrong may be wrong with where the others lead, too
	}
	event := Event{Endpoint: r.endpoint, Attempt: number, Duration: c.config.Now().Sub(began)}
	if got != nil {
		event.Status = got.status
	}
	if result.failure != nil && event.Status == 0 {
		event.Problem = result.failure.problem
	}
	c.config.Log(ctx, event)
	return result
}

// send writes the request, in whatever way this client or this request sends, and reads the answer.
func (c *Client) send(ctx context.Context, r request, state *progress) (*answer, error) {
	switch {
	case r.exchange != nil:
		return r.exchange(ctx, r, state)
	case c.presenter != nil:
		return c.presenter.send(ctx, c, r, state)
	default:
		return c.sendTrusting(ctx, r, state)
	}
}

// renewConnections makes the next request begin on a new connection.
func (c *Client) renewConnections() {
	c.direct.renew()
	c.anchors.renew()
	if c.presenter != nil {
		c.presenter.renew()
	}
}

// sendOn writes the request to a connection and reads the answer.
func (c *Client) sendOn(ctx context.Context, by transports, r request, state *progress) (*answer, error) {
	httpRequest, err := c.newRequest(ctx, r, state)
	if err != nil {
		return nil, err
	}
	// Not through an http.Client: it would follow redirects, or fail on one that it cannot follow, and it hides why a
	// TLS handshake failed.
	response, err := by.of(r).RoundTrip(httpRequest)
	if err != nil && state.kept.Load() && !state.sent() { // the server had closed it, which is no failure
		if httpRequest, err = c.newRequest(ctx, r, state); err == nil {
			response, err = by.single.RoundTrip(httpRequest)
		}
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	return readAnswer(response), nil
}

// newRequest makes the HTTP request; writing it to a connection changes state.
func (c *Client) newRequest(ctx context.Context, r request, state *progress) (*http.Request, error) {
	httpRequest, err := c.bareRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	httpRequest = httpRequest.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { state.got(info, r.body != nil) },
	}))
	if r.body != nil {
		open := func() (io.ReadCloser, error) { return guardedBody{state, bytes.NewReader(r.body)}, nil }
		httpRequest.Body, _ = open()
		httpRequest.GetBody = open
		httpRequest.ContentLength = int64(len(r.body))
		httpRequest.Header.Set("Content-Type", "application/json")
		if r.form {
			httpRequest.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	} else {
		// A body that is empty, and that cannot be had again: without one, net/http would by itself repeat a request on a
		// kept connection that gets no answer, and send more requests than max_retries allows.
		httpRequest.Body, httpRequest.TransferEncoding = io.NopCloser(bytes.NewReader(nil)), []string{"identity"}
	}
	if !r.bearer.Empty() {
		token := r.bearer.Reveal()
		if strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
			return nil, errBadBearer
		}
		httpRequest.Header.Set("Authorization", "Bearer "+token)
	}
	return httpRequest, nil
}

// bareRequest is the request without its body and its token.
func (c *Client) bareRequest(ctx context.Context, r request) (*http.Request, error) {
	httpRequest, err := http.NewRequestWithContext(ctx, r.method, c.config.Server+pathOf(r.endpoint), http.NoBody)
	if err != nil {
		return nil, errors.New("the address of the server is not usable")
	}
	httpRequest.Header.Set("Accept", "application/json")
	httpRequest.Header.Set("User-Agent", c.config.UserAgent)
	return httpRequest, nil
}

func readAnswer(response *http.Response) *answer {
	body, err := readBody(response)
	_, reason, _ := strings.Cut(response.Status, " ")
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // some .NET writers begin with a byte order mark
	got := &answer{
		status: response.StatusCode, reason: reason, header: response.Header, body: body, broken: err,
		oauth: parseOAuthError(body),
	}
	if response.TLS != nil {
		got.tls = response.TLS.Version
	}
	return got
}

// readBody reads what follows the header, unpacked and up to maxReply. No request asks for a packed reply, but there are
// gateways that pack every one, and a token that cannot be read is a grant that nobody can revoke.
func readBody(response *http.Response) ([]byte, error) {
	if response.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil // not a body but the bare connection, of which no deadline ends the reading
	}
	packed := bufio.NewReader(response.Body)
	plain := io.Reader(packed)
	if magic, _ := packed.Peek(len(gzipMagic)); string(magic) == gzipMagic { // what vedauth sends is text
		unpacked, err := gzip.NewReader(packed)
		if err != nil {
			return nil, err
		}
		plain = unpacked
	}
	body, err := io.ReadAll(io.LimitReader(plain, maxReply+1))
	if err == nil && len(body) > maxReply {
		body, err = body[:maxReply], errTooLarge
	}
	return body, err
}
