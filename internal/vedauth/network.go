package vedauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
)

var (
	errNoCertificate = errors.New("it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
	errBadProxy      = errors.New("the proxy address is not usable")
	errTooLarge      = errors.New("the reply is larger than 1 MiB")
	errAbandoned     = errors.New("abandoned before it was sent")
	errBadBearer     = errors.New("the token holds characters that no token has")
)

// proxyRefusal is a proxy's answer to CONNECT when it is not 200.
type proxyRefusal struct{ status int }

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy would not connect to the server: it answered %d %s", e.status, http.StatusText(e.status))
}

// describeNetwork says in plain words why no answer came, and what to do. It composes the text itself, because the
// originals quote addresses, among them that of a proxy with its password. final means that trying again is of no use.
func describeNetwork(err error) (problem, next string, final bool) {
	var (
		dns      *net.DNSError
		verify   *tls.CertificateVerificationError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		op       *net.OpError
		refused  *proxyRefusal
	)
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		problem, _, final = describeNetwork(op.Err)
		return "the proxy could not be used: " + strings.ReplaceAll(problem, "the server", "the proxy"),
			"Check proxy_url (or HTTPS_PROXY; ca_pem and ca_file hold for an https proxy too), and NO_PROXY if the server is to be reached directly.", final
	case errors.Is(err, errBadProxy):
		return err.Error(), "Write proxy_url (or HTTPS_PROXY) as http://host:port, and special characters of a password as %XX.", true
	case errors.As(err, &refused) && refused.status == http.StatusProxyAuthRequired:
		return "the proxy wants a user name and password", "Put them into proxy_url (or HTTPS_PROXY), as http://user:password@host:port.", true
	case errors.As(err, &refused):
		return refused.Error(), "Check that the proxy lets this machine reach the server, or name the server in NO_PROXY.", refused.status < 500
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the host name is unknown", "Check the host in url, and the name resolution of this machine.", false
	case errors.As(err, &dns):
		return "the host name could not be looked up", "Check the name resolution of this machine.", false
	case errors.As(err, &hostname):
		return "the server's certificate is not for this host name", "Use in url the name that the certificate is for, or have the server's certificate replaced.", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate has expired or is not yet valid", "Have the server's certificate renewed; compare the clock of this machine.", true
	case errors.As(err, &verify):
		return "the server's certificate is not trusted", "Give the certificate of the authority that issued it in ca_pem or ca_file (VEDAUTH_CA_FILE); if it is there, the server may not send its intermediate certificates.", true
	case errors.As(err, &record):
		return "the other side does not speak TLS", "Check the port in url: it must be that of the HTTPS binding.", true
	}
	return describeConnection(err)
}

// endsHandshake reports whether the server broke off the TLS handshake. With TLS 1.3 that becomes known only after the
// request has been written; yet the server has not acted on it, because it does not before the handshake is complete.
func endsHandshake(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || op.Err == nil {
		return false
	}
	switch op.Err.Error() {
	case "tls: certificate required", "tls: bad certificate", "tls: handshake failure", "tls: unknown certificate authority",
		"tls: expired certificate", "tls: unsupported certificate", "tls: unknown certificate", "tls: revoked certificate":
		return true
	}
	return false
}

func describeConnection(err error) (problem, next string, final bool) {
	var timeout net.Error
	text := err.Error()
	const look = "Check host and port in url, that the server is running, and firewalls in between."
	switch {
	case strings.Contains(text, "malformed HTTP"): // first, because it quotes the server, which may use any of the words below
		return "the answer is not HTTP", "Check the port in url: it must be that of the HTTPS binding.", false
	case strings.Contains(text, "server response headers exceeded"), strings.Contains(text, "too many 1xx"):
		return "the header of the answer is too large", "Check that url leads to vedauth and not to another application.", false
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(text, "connection refused"), strings.Contains(text, "actively refused"):
		return "the connection was refused", look, false
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer came in time", "An idle server may need more than a minute to wake: try again, or raise request_timeout. " + look, false
	case strings.Contains(text, "protocol version not supported"):
		return "the server speaks none of TLS 1.2 and 1.3", "Have TLS 1.2 or newer enabled on the server.", true
	case endsHandshake(err):
		return "the server broke off the TLS handshake; it may demand a client certificate", "Use vedauth_certificate_token, or have the server accept callers without a client certificate for this path.", true
	case strings.Contains(text, "tls: "):
		return "the TLS handshake failed", "Check that url leads to the server itself, and its TLS settings.", false
	case errors.Is(err, syscall.ECONNRESET), strings.Contains(text, "connection reset"), strings.Contains(text, "forcibly closed"):
		return "the connection was reset", "If this happens every time, the server may demand a client certificate over TLS 1.3, or a firewall cuts the connection. " + look, false
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "the host cannot be reached", look, false
	case errors.Is(err, errTooLarge):
		return err.Error(), "Check that url leads to vedauth and not to another application.", true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(text, "EOF"), strings.Contains(text, "server closed idle connection"):
		return "the connection was closed before the answer was complete", look, false
	case strings.Contains(text, "write: broken pipe"), errors.Is(err, net.ErrClosed):
		return "the connection was closed while the request was sent", look, false
	default:
		return "the request failed on the network", look, false
	}
}
