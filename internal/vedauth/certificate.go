package vedauth

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// CertificateRequest is a login with the client certificate of [Client.WithCertificate], at Authorize/Certificate.
type CertificateRequest struct {
	// ClientID is the Application ID of the API integration; case-sensitive. Required.
	ClientID string
	// Scope is what the token is to be used for, as in "certificate:manage". Required.
	Scope string
}

// Certificate logs in with the client's certificate. The server takes the identity from it.
func (c *Client) Certificate(ctx context.Context, r CertificateRequest) (*Token, error) {
	body := struct {
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
	}{r.ClientID, r.Scope}
	return c.authorize(ctx, refusal.Certificate, makesGrant, r.ClientID, body)
}

// WithCertificate returns a client for the same server that presents cert on every connection that asks for one. Verify
// and Revoke of a grant that was made with a certificate need that client too.
func (c *Client) WithCertificate(cert *tls.Certificate) *Client {
	other := *c
	other.presenter = newPresenter(c.transport, cert)
	return &other
}

// presenter sends requests with a client certificate. A server asks for one in the handshake or, as IIS does for single
// paths, when it has read what is wanted. Over TLS 1.2 Go can answer both. Over TLS 1.3 only the first: a connection on
// which nobody asked during the handshake is of no use, and the request goes over TLS 1.2 instead.
type presenter struct {
	modern, old *http.Transport // TLS 1.2 and 1.3; TLS 1.2 alone
	onlyOld     atomic.Bool     // what this server has shown
}

// errNotAsked stops a request before it is written to a connection that cannot ask for the certificate any more.
var errNotAsked = errors.New("the server did not ask for a certificate in a TLS 1.3 handshake")

// askedKey is where the context of a request keeps whether its connection was asked for a certificate.
type askedKey struct{}

func newPresenter(base *http.Transport, cert *tls.Certificate) *presenter {
	presenting := func(maxVersion uint16) *http.Transport {
		transport := base.Clone()
		transport.TLSClientConfig.MaxVersion = maxVersion
		// Config.Certificates would hold the certificate back if its issuer is not on the server's list, silently.
		transport.TLSClientConfig.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if asked, ok := info.Context().Value(askedKey{}).(*atomic.Bool); ok {
				asked.Store(true)
			}
			return cert, nil
		}
		return transport
	}
	return &presenter{modern: presenting(tls.VersionTLS13), old: presenting(tls.VersionTLS12)}
}

// send sends the request once, on a connection that can carry the certificate.
func (p *presenter) send(ctx context.Context, c *Client, r request, state *atomic.Int32) (*answer, error) {
	if p.onlyOld.Load() {
		return c.sendOn(ctx, p.old, r, state, nil)
	}
	var asked, tooLate atomic.Bool
	traced := httptrace.WithClientTrace(context.WithValue(ctx, askedKey{}, &asked), &httptrace.ClientTrace{
		TLSHandshakeDone: func(connection tls.ConnectionState, err error) {
			tooLate.Store(err == nil && connection.Version == tls.VersionTLS13 && !asked.Load())
		},
	})
	got, err := c.sendOn(traced, p.modern, r, state, func() error {
		if tooLate.Load() {
			return errNotAsked
		}
		return nil
	})
	switch {
	case errors.Is(err, errNotAsked):
		p.onlyOld.Store(true)
		return c.sendOn(ctx, p.old, r, state, nil)
	case err == nil && got.status == http.StatusForbidden && got.tls == tls.VersionTLS13,
		r.body == nil && tooLate.Load() && (err != nil || got.status >= http.StatusInternalServerError):
		return p.askAgain(ctx, c, r, got, err)
	default:
		return got, err
	}
}

// askAgain sends over TLS 1.2 what over TLS 1.3 came to got or err: a 403, or for a request without a body, which nothing
// can stop, also a server that failed or hung up. Either may mean that the path wanted to ask for the certificate, and
// neither has changed anything. The second result counts only if the server speaks TLS 1.2 at all; and only if it is
// better does it say that TLS 1.3 is of no use here, because a 403 may as well be about the scope.
func (p *presenter) askAgain(ctx context.Context, c *Client, r request, got *answer, err error) (*answer, error) {
	var state atomic.Int32
	again, errAgain := c.sendOn(ctx, p.old, r, &state, nil)
	switch {
	case errAgain != nil && state.Load() != written:
		return got, err
	case errAgain != nil:
		return nil, errAgain
	case again.status != http.StatusForbidden && again.status < http.StatusInternalServerError:
		p.onlyOld.Store(true)
	}
	return again, nil
}

// describe says in plain words why the server broke off, if it was for the certificate.
func (p *presenter) describe(err error) (problem, next string, known bool) {
	text := err.Error()
	switch {
	case strings.Contains(text, "protocol version not supported") && p.onlyOld.Load():
		return "the server speaks only TLS 1.3 and did not ask for the certificate in the handshake",
			"If it asks for certificates only for the path /vedauth, that needs TLS 1.3 post-handshake authentication, which this program cannot do. " +
				"Have an administrator either enable \"Negotiate Client Certificate\" on the IIS binding, so that it asks in the handshake, or allow TLS 1.2.", true
	case strings.Contains(text, "tls: unknown certificate authority"):
		return "the server does not trust the client certificate",
			"Give the intermediate certificates together with the certificate, and have the issuing authority added to the server's trusted ones.", true
	case strings.Contains(text, "tls: expired certificate"), strings.Contains(text, "tls: certificate expired"):
		return "the server found the client certificate expired", "Renew the certificate; compare the clocks of this machine and of the server.", true
	case strings.Contains(text, "tls: revoked certificate"):
		return "the client certificate has been revoked", "Use another certificate.", true
	case strings.Contains(text, "remote error: tls: internal error"):
		return "the server could not check the client certificate",
			"Its chain may be longer than the server allows, or its list of revoked certificates cannot be had. Look in the server's log.", true
	case endsHandshake(err):
		return "the server did not accept the client certificate",
			"Check that the certificate is for client authentication, and that its issuer is one that the server takes.", true
	}
	return "", "", false
}
