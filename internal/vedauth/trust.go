package vedauth

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync"
	"sync/atomic"
)

// anchors decides which trust anchors the plain requests of a client are sent with. Those that the user named are
// trusted in addition to the system's; but reading the system's takes longer, and more memory, than all else that a
// request needs, and nearly every server for which a user names an anchor is trusted by it. So the system's are read
// only when the named ones do not do.
type anchors struct {
	// wide makes, once, transports that trust all anchors.
	wide func() transports
	// onlyWide: the named anchors have failed once, or there are none.
	onlyWide atomic.Bool
}

// newAnchors is for transports that trust the named anchors alone, or the system's if none are named.
func newAnchors(direct transports, named []byte) *anchors {
	if named == nil {
		a := &anchors{wide: func() transports { return direct }}
		a.onlyWide.Store(true)
		return a
	}
	return &anchors{wide: sync.OnceValue(func() transports {
		wide := direct.kept.Clone()
		wide.TLSClientConfig.RootCAs = allAnchors(named)
		return newTransports(wide)
	})}
}

// renew closes the connections that are kept by transports that there are already.
func (a *anchors) renew() {
	if a.onlyWide.Load() {
		a.wide().renew()
	}
}

// sendTrusting sends the request on a connection to a server that one of the anchors vouches for. A server that the
// named ones do not vouch for is asked again with all of them: it has been sent nothing but the beginning of a
// handshake.
func (c *Client) sendTrusting(ctx context.Context, r request, state *progress) (*answer, error) {
	if !c.anchors.onlyWide.Load() {
		got, err := c.sendOn(ctx, c.direct, r, state)
		if !distrusts(err) {
			return got, err
		}
		c.anchors.onlyWide.Store(true)
	}
	return c.sendOn(ctx, c.anchors.wide(), r, state)
}

// distrusts reports whether a handshake failed in a way that other anchors could mend. A certificate for another host
// is none.
func distrusts(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var hostname x509.HostnameError
	return errors.As(err, &untrusted) && !errors.As(err, &hostname)
}

// namedAnchors returns the trust anchors of pem, or nil for the system's if pem is nil.
func namedAnchors(pem []byte) (*x509.CertPool, error) {
	if pem == nil {
		return nil, nil
	}
	roots := x509.NewCertPool()
	if !appendAnchors(roots, pem) {
		return nil, errNoCertificate
	}
	return roots, nil
}

// allAnchors returns the system's trust anchors with those of pem added.
func allAnchors(pem []byte) *x509.CertPool {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a machine without trust anchors of its own
	}
	appendAnchors(roots, pem)
	return roots
}

// CheckCA reports whether pem holds at least one certificate that can serve as a trust anchor.
func CheckCA(pem []byte) error {
	if !appendAnchors(x509.NewCertPool(), pem) {
		return errNoCertificate
	}
	return nil
}

// appendAnchors adds what pem holds, also where Windows has put a byte order mark before the first certificate, which
// would then not begin a line and be passed over.
func appendAnchors(pool *x509.CertPool, pem []byte) bool {
	return pool.AppendCertsFromPEM(bytes.TrimPrefix(pem, []byte("\ufeff")))
}
