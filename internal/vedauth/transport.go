package vedauth

import (
	"context"
	"crypto/tls"
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
	// idleTimeout is how long a connection is kept for the next request. It is well below what servers and gateways are
	// set to, some of them to 5 seconds: a request should not meet a connection that the other side is just closing.
	idleTimeout = 2 * time.Second
	// idleMost is how many connections are kept, for as many blocks as Terraform may open at a time.
	idleMost = 64
)

// transports are the two ways to send: on a connection that is kept for the next request, and on one for a single
// request.
type transports struct{ kept, single *http.Transport }

func newTransports(kept *http.Transport) transports {
	single := kept.Clone()
	single.DisableKeepAlives = true
	return transports{kept, single}
}

// of chooses the transport for a request. What can be sent only once gets a connection of its own, because a kept one
// may turn out to be closed when it is too late to take the request back.
func (t transports) of(r request) *http.Transport {
	if r.policy == rotatesGrant {
		return t.single
	}
	return t.kept
}

// renew closes the connections that are kept and carry no request, so that the next request begins anew.
func (t transports) renew() { t.kept.CloseIdleConnections() }

// newTransport makes the transport of one client; nothing is shared with http.DefaultTransport. It trusts the anchors
// that config names, and the system's only if it names none: see anchors.
//
// On a connection that is kept, package net/http writes to the standard logger what a server sends unasked, such as the
// second half of a reply, with its refresh token, after a wrong Content-Length: a program that uses this package
// silences that logger.
func newTransport(config Config) (*http.Transport, error) {
	roots, err := namedAnchors(config.CAPEM)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy:       proxyFunc(config.ProxyURL, config.Getenv),
		DialContext: watched((&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext),
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
		DisableCompression:     true, // answers are small, and what comes packed all the same readBody unpacks, with a limit
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    idleMost,
		MaxResponseHeaderBytes: maxReply,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return &proxyRefusal{answer.StatusCode}
			}
			return nil
		},
	}, nil
}

// proxyFunc chooses the proxy for a request: an explicit one, else the environment's. NO_PROXY applies to both. Unlike
// the environment's, an explicit one is used for loopback addresses too, unless NO_PROXY names them.
func proxyFunc(explicit *url.URL, getenv func(string) string) func(*http.Request) (*url.URL, error) {
	env := func(names ...string) string {
		for _, name := range names {
			if value := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	proxy, problem := explicit, error(nil)
	if explicit == nil {
		proxy, problem = parseProxy(env("HTTPS_PROXY", "https_proxy"))
	}
	if proxy == nil && problem == nil {
		return nil
	}
	noProxy := env("NO_PROXY", "no_proxy")
	// Package httpproxy says whether a proxy applies; it gets no real address, because it ignores one that it cannot
	// read, and would then go past the proxy without a word.
	applies := (&httpproxy.Config{HTTPSProxy: "http://proxy.invalid", NoProxy: noProxy}).ProxyFunc()
	return func(r *http.Request) (*url.URL, error) {
		if explicit != nil && isLoopback(r.URL.Hostname()) {
			if exempt(r.URL.Host, r.URL.Hostname(), noProxy) {
				return nil, nil
			}
			return explicit, nil
		}
		if placeholder, err := applies(r.URL); err != nil || placeholder == nil {
			return nil, err
		}
		return proxy, problem
	}
}

// parseProxy reads the address of a proxy as the environment has it: a URL, or host:port. Its error does not quote the
// address, which may hold a password.
func parseProxy(address string) (*url.URL, error) {
	if address == "" {
		return nil, nil
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	proxy, err := url.Parse(address)
	if err != nil || proxy.Hostname() == "" {
		return nil, errBadProxy
	}
	switch proxy.Scheme {
	case "http", "https", "socks5", "socks5h":
		return proxy, nil
	}
	return nil, errBadProxy
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
