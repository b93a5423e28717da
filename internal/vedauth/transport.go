package vedauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

const (
	dialTimeout      = 30 * time.Second
	handshakeTimeout = 30 * time.Second
	// idleTimeout is kept well below the idle limit of IIS and of load balancers, so that a POST, which cannot be sent
	// twice, does not meet a connection that the other side has just closed.
	idleTimeout = 5 * time.Second
)

// newTransport makes the transport of one client; nothing is shared with http.DefaultTransport.
func newTransport(config Config) (*http.Transport, error) {
	proxy, err := proxyFunc(config.ProxyURL, config.Getenv)
	if err != nil {
		return nil, err
	}
	roots, err := trustAnchors(config.CAPEM)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy:       proxy,
		DialContext: (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12,
			RootCAs:    roots,
			NextProtos: []string{"http/1.1"},
			// IIS that accepts client certificates for /vedauth renegotiates with every caller, also one that logs in
			// with a password; Go refuses that unless told otherwise.
			Renegotiation: tls.RenegotiateFreelyAsClient,
		},
		TLSHandshakeTimeout: handshakeTimeout,
		// HTTP/2 has no reason phrase, in which vedauth puts its errors, and forbids renegotiation.
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableCompression:     true, // answers are small, and nothing can unpack to a huge one
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxReply,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return &proxyRefusal{answer.StatusCode}
			}
			return nil
		},
	}, nil
}

// trustAnchors returns the system's trust anchors with those of pem added, or nil for the system's alone.
func trustAnchors(pem []byte) (*x509.CertPool, error) {
	if pem == nil {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a machine without trust anchors of its own
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errNoCertificate
	}
	return roots, nil
}

// CheckCA reports whether pem holds at least one certificate that can serve as a trust anchor.
func CheckCA(pem []byte) error {
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return errNoCertificate
	}
	return nil
}

// proxyFunc chooses the proxy for a request: an explicit one, else the environment's. NO_PROXY applies to both. Unlike
// the environment's, an explicit one is used for loopback addresses too, unless NO_PROXY names them.
func proxyFunc(explicit *url.URL, getenv func(string) string) (func(*http.Request) (*url.URL, error), error) {
	env := func(names ...string) string {
		for _, name := range names {
			if value := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	config := httpproxy.Config{
		HTTPSProxy: env("HTTPS_PROXY", "https_proxy"),
		NoProxy:    env("NO_PROXY", "no_proxy"),
	}
	if explicit != nil {
		config.HTTPSProxy = explicit.String()
	}
	choose := config.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) {
		if explicit != nil && isLoopback(r.URL.Hostname()) {
			if exempt(r.URL.Host, r.URL.Hostname(), config.NoProxy) {
				return nil, nil
			}
			return explicit, nil
		}
		proxy, err := choose(r.URL)
		if err != nil {
			return nil, errBadProxy // the original quotes the address, which may hold a password
		}
		return proxy, nil
	}, nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}

// exempt applies NO_PROXY to a loopback host, for which package httpproxy does not look at it.
func exempt(hostPort, host, noProxy string) bool {
	for _, entry := range strings.Split(noProxy, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "*" || strings.EqualFold(entry, host) || strings.EqualFold(entry, hostPort) {
			return true
		}
		prefix, err := netip.ParsePrefix(entry)
		address, notAddress := netip.ParseAddr(host)
		if err == nil && notAddress == nil && prefix.Contains(address) {
			return true
		}
	}
	return false
}

// httpClient wraps a transport so that no redirect is followed: it could carry credentials to another host.
func httpClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// wait pauses for d or until ctx is done.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
