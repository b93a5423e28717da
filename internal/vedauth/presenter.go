package vedauth

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// presenter sends requests with a client certificate. A server asks for one in the handshake or, as IIS does for single
// paths, when it has read what is wanted. Over TLS 1.2 Go can answer both. Over TLS 1.3 only the first: a connection on
// which nobody asked during the handshake is of no use, and the request goes over TLS 1.2 instead.
type presenter struct {
	cert        *tls.Certificate
	modern, old transports  // TLS 1.2 and 1.3; TLS 1.2 alone
	onlyOld     atomic.Bool // what this server has shown
}

// errNotAsked stops a request before it is written to a connection that cannot ask for the certificate any more.
var errNotAsked = errors.New("the server did not ask for a certificate in a TLS 1.3 handshake")

// trip is what is known of a connection. It travels in the context of the request for which the connection is made; one
// that has been kept has its own already.
type trip struct {
	// toProxy: the handshake is with a proxy, to which the certificate is none of its business.
	toProxy atomic.Bool
	// asked: the server has asked for the certificate.
	asked atomic.Bool
	// tooLate: the handshake is over and the server cannot ask any more. See watchedConn.
	tooLate atomic.Bool
}

type tripKey struct{}

func tripOf(ctx context.Context) *trip {
	if found, ok := ctx.Value(tripKey{}).(*trip); ok {
		return found
	}
	return &trip{}
}

func newPresenter(base *http.Transport, cert *tls.Certificate) *presenter {
	p := &presenter{cert: cert}
	p.modern = newTransports(p.transport(base, tls.VersionTLS13))
	p.old = newTransports(p.transport(base, tls.VersionTLS12))
	return p
}

func (p *presenter) renew() {
	p.modern.renew()
	p.old.renew()
}

// transport returns a copy of base that presents the certificate and speaks no newer TLS than newest.
func (p *presenter) transport(base *http.Transport, newest uint16) *http.Transport {
	t := base.Clone()
	t.TLSClientConfig.MaxVersion = newest
	// Config.Certificates would hold the certificate back if its issuer is not on the server's list, silently.
	t.TLSClientConfig.GetClientCertificate = p.present
	if choose := t.Proxy; choose != nil {
		t.Proxy = func(r *http.Request) (*url.URL, error) {
			proxy, err := choose(r)
			tripOf(r.Context()).toProxy.Store(proxy != nil && proxy.Scheme == "https")
			return proxy, err
		}
	}
	check := t.OnProxyConnectResponse
	t.OnProxyConnectResponse = func(ctx context.Context, proxy *url.URL, r *http.Request, answer *http.Response) error {
		tripOf(ctx).toProxy.Store(false)
		return check(ctx, proxy, r, answer)
	}
	return t
}

// present answers whoever asks for a certificate.
func (p *presenter) present(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	t := tripOf(info.Context())
	if t.toProxy.Load() {
		return &tls.Certificate{}, nil
	}
	t.asked.Store(true)
	return p.cert, nil
}

// send sends the request once, on a connection that can carry the certificate.
func (p *presenter) send(ctx context.Context, c *Client, r request, state *progress) (*answer, error) {
	if p.onlyOld.Load() {
		return p.sendOld(ctx, c, r, state)
	}
	got, err := p.sendModern(ctx, c, r, state)
	switch {
	case errors.Is(err, errNotAsked):
		p.onlyOld.Store(true)
		return p.sendOld(ctx, c, r, state)
	case err == nil && got.status == http.StatusForbidden && got.tls == tls.VersionTLS13:
		return p.insist(ctx, c, r, got)
	}
	return got, err
}

func (p *presenter) sendOld(ctx context.Context, c *Client, r request, state *progress) (*answer, error) {
	return c.sendOn(context.WithValue(ctx, tripKey{}, &trip{}), p.old, r, state)
}

// sendModern ends with errNotAsked if the connection is of no use; nothing has been written to it then.
func (p *presenter) sendModern(ctx context.Context, c *Client, r request, state *progress) (*answer, error) {
	t := &trip{}
	traced := httptrace.WithClientTrace(context.WithValue(ctx, tripKey{}, t), &httptrace.ClientTrace{
		TLSHandshakeDone: func(connection tls.ConnectionState, err error) {
			if !t.toProxy.Load() {
				t.tooLate.Store(err == nil && connection.Version == tls.VersionTLS13 && !t.asked.Load())
			}
		},
	})
	return c.sendOn(traced, p.modern, r, state)
}

// insist sends a request that was forbidden over TLS 1.3 once more, over TLS 1.2: a path may want to ask again although
// the handshake has asked. A 403 has changed nothing. It stands if the server does not speak TLS 1.2.
func (p *presenter) insist(ctx context.Context, c *Client, r request, forbidden *answer) (*answer, error) {
	var state progress
	got, err := p.sendOld(ctx, c, r, &state)
	if err != nil && !state.sent() {
		return forbidden, nil
	}
	if err == nil && got.status != http.StatusForbidden {
		p.onlyOld.Store(true)
	}
	return got, err
}
