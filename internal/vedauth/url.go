package vedauth

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
)

// hostName allows what a DNS name, or a name of an internal network, consists of. Other scripts come as punycode.
var hostName = pattern.New(`^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?$`)

// ParseURL brings the address of a server, in any form that people have it in, into the one form that this package uses:
// "https://host[:port][/prefix]", without the name of an application (vedauth, vedsdk, …) and without a trailing slash.
//
// Accepted are a bare host, host:port, and an https URL with or without application, call, query or trailing slash, in
// any case. Refused are other schemes (http would send the password in clear), user information, and what is not a host.
// The error never quotes the value, which may hold a password.
func ParseURL(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return "", errors.New("it is empty")
	}
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("it is not a URL")
	}
	if u.User != nil {
		return "", errors.New("it holds a user name or password; give credentials in their own attributes")
	}
	switch strings.ToLower(u.Scheme) {
	case "https":
	case "http":
		return "", errors.New("it begins with http://, which would send credentials in clear; use https://")
	default:
		return "", errors.New("its scheme is not https")
	}
	host, err := parseHost(u)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "https", Host: host, Path: parsePrefix(u.Path)}).String(), nil
}

func parseHost(u *url.URL) (string, error) {
	name, port := strings.ToLower(u.Hostname()), u.Port()
	if name == "" {
		return "", errors.New("it names no host")
	}
	if address, err := netip.ParseAddr(name); err == nil {
		if address.Zone() != "" {
			return "", errors.New("an IPv6 zone is not supported")
		}
	} else if strings.Contains(name, ":") || !hostName.MatchString(name) || strings.Contains(name, "..") {
		return "", errors.New("its host is not a host name or IP address (write names in other scripts as punycode, xn--…)")
	}
	if strings.HasSuffix(u.Host, ":") {
		return "", errors.New("its port is empty")
	}
	if port = strings.TrimLeft(port, "0"); port != u.Port() || port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "", errors.New("its port is not a number from 1 to 65535")
		}
	}
	switch {
	case port != "" && port != "443":
		return net.JoinHostPort(name, port), nil
	case strings.Contains(name, ":"):
		return "[" + name + "]", nil
	default:
		return name, nil
	}
}

// parsePrefix returns what stands before the application's name in a path: a reverse proxy may serve the platform below
// a prefix of its own. What stands behind it is a call, which people copy together with the address.
func parsePrefix(p string) string {
	segments := strings.Split(strings.Trim(path.Clean("/"+p), "/"), "/")
	if i := slices.IndexFunc(segments, isApplication); i >= 0 {
		segments = segments[:i]
	}
	if len(segments) == 0 {
		return ""
	}
	return "/" + strings.Join(segments, "/")
}

// isApplication tells the names under which the platform's applications are served, and the empty one.
func isApplication(segment string) bool {
	switch strings.ToLower(segment) {
	case "", "vedauth", "vedsdk", "vedhsm", "vedadmin", "aperture":
		return true
	}
	return false
}
