package identity

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// newClient makes the client for a platform's identity service: the proxy of env, the trust anchors of the system
// (roots is nil but in tests), no redirects. It shares nothing with the client for the vedauth server, whose proxy
// and trust anchors are the user's choice for that server alone.
func newClient(env Environment, roots *x509.CertPool) *http.Client {
	proxy := proxyOf(env)
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: func(request *http.Request) (*url.URL, error) { return proxy(request.URL) },
			OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
				if answer.StatusCode != http.StatusOK {
					return proxyRefusal{answer.StatusCode}
				}
				return nil
			},
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
}

// proxyOf reads the proxy variables from env, as net/http reads them from the process.
func proxyOf(env Environment) func(*url.URL) (*url.URL, error) {
	either := func(name, other string) string {
		if value := env.lookup(name); value != "" {
			return value
		}
		return env.lookup(other)
	}
	_, cgi := env("REQUEST_METHOD")
	config := httpproxy.Config{
		HTTPProxy:  either("HTTP_PROXY", "http_proxy"),
		HTTPSProxy: either("HTTPS_PROXY", "https_proxy"),
		NoProxy:    either("NO_PROXY", "no_proxy"),
		CGI:        cgi,
	}
	return config.ProxyFunc()
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// proxyRefusal is the status with which a proxy refused to connect.
type proxyRefusal struct{ status int }

func (e proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy refused to connect: %d %s", e.status, http.StatusText(e.status))
}

// isFinal tells an error that the next attempt would meet again.
func isFinal(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var refusal proxyRefusal
	return errors.As(err, &untrusted) || errors.As(err, &refusal) && refusal.status < 500
}

// networkError words an error of the client. Only errors whose text is known to hold nothing of the request or the
// answer are repeated.
func (c call) networkError(err error, target *url.URL, timeout time.Duration) *Error {
	what, next := "the answer is not HTTP", "Check the variable "+c.urlVariable+" and the proxy."
	var name *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var refusal proxyRefusal
	var operation *net.OpError
	var record tls.RecordHeaderError
	var timed interface{ Timeout() bool }
	switch {
	case errors.As(err, &untrusted):
		what = show(untrusted.Error())
		next = "Only the trust anchors of the system count here: ca_pem and ca_file are for the vedauth server. " +
			"If a proxy opens TLS, add its CA to the system."
	case errors.As(err, &refusal):
		what, next = refusal.Error(), "Check HTTPS_PROXY and NO_PROXY, and whether the proxy lets this host through."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		what = fmt.Sprintf("no answer within %s", words(timeout))
		next = "Check that this machine reaches it, and the variables HTTPS_PROXY and NO_PROXY."
	case errors.As(err, &name):
		what = fmt.Sprintf("the name %s could not be resolved", show(name.Name))
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		what = "the other side does not speak TLS"
	case errors.As(err, &operation):
		what = show(operation.Error())
		next = "Check that this machine reaches it, and the variables HTTPS_PROXY and NO_PROXY."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		what = "the connection was closed before the answer was complete"
	}
	return c.fail(fmt.Sprintf("at %s could not be asked: %s", show(target.Host), what), next)
}
