package kerberos

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Config is how to find and talk to KDCs: what krb5.conf says, or what DNS says without one.
type Config struct {
	profile   profile
	dnsLookup bool
	// encryption holds the encryption types to ask for, best first.
	encryption []int32

	// dial and lookup are the network, for tests to replace.
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	lookup func(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

// SplitPaths splits the value of KRB5_CONFIG into files, by the separator of the system's path lists.
func SplitPaths(value string) []string {
	return slices.DeleteFunc(strings.Split(value, string(os.PathListSeparator)), func(s string) bool { return s == "" })
}

// DefaultFiles returns the system's configuration file, or nothing where there is none.
func DefaultFiles() []string {
	const file = "/etc/krb5.conf"
	if runtime.GOOS == "windows" {
		return nil
	}
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	return []string{file}
}

// LoadConfig reads krb5.conf files: of a single-valued setting the first file's counts, of KDCs all. Of several files
// some may be missing, as MIT has it, but not all. Without files the realm is the user's and its KDCs are found in DNS.
// The error is an *Error (ConfigFile).
func LoadConfig(files []string) (config *Config, err error) {
	defer guard(&err)
	c := &Config{dial: (&net.Dialer{}).DialContext, lookup: net.DefaultResolver.LookupSRV}
	var missing error
	found := 0
	for _, file := range files {
		if err := c.profile.read(file); err != nil {
			if len(files) == 1 || !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			missing = err
			continue
		}
		found++
	}
	if found == 0 && missing != nil {
		return nil, missing
	}
	if c.dnsLookup, err = c.boolean("dns_lookup_kdc", true); err != nil {
		return nil, err
	}
	if c.encryption, err = c.encryptionTypes(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Config) boolean(name string, otherwise bool) (bool, error) {
	switch value := strings.ToLower(c.profile.first("libdefaults", name)); value {
	case "":
		return otherwise, nil
	case "y", "yes", "true", "t", "1", "on":
		return true, nil
	case "n", "no", "false", "nil", "0", "off":
		return false, nil
	default:
		return false, problem(ConfigFile, "Write true or false.", "krb5.conf: %s = %s is not a truth value", name, value)
	}
}

// DefaultRealm is libdefaults.default_realm, or "".
func (c *Config) DefaultRealm() string { return c.profile.first("libdefaults", "default_realm") }

// realm returns the realm in the spelling of krb5.conf, or in capitals: that is how realms are written, and how
// Active Directory's are, however users write them.
func (c *Config) realm(given string) string {
	if given == "" || len(c.profile.all("realms", given, "kdc")) > 0 {
		return given
	}
	return strings.ToUpper(given)
}

// realmOf maps a host to its realm by domain_realm; "" if nothing says.
func (c *Config) realmOf(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if realm := c.profile.first("domain_realm", host); realm != "" {
		return realm
	}
	for rest := host; ; {
		_, parent, found := strings.Cut(rest, ".")
		if !found {
			return ""
		}
		if realm := c.profile.first("domain_realm", "."+parent); realm != "" {
			return realm
		}
		rest = parent
	}
}

// HasKDC reports whether a KDC is known for realm, from krb5.conf or DNS. It does not try to reach one.
func (c *Config) HasKDC(ctx context.Context, realm string) bool {
	kdcs, err := c.kdcs(ctx, c.realm(realm))
	return err == nil && len(kdcs) > 0
}

// kdcs returns the addresses of a realm's KDCs in the order to try them.
func (c *Config) kdcs(ctx context.Context, realm string) ([]string, error) {
	var addresses []string
	for _, name := range []string{"kdc", "primary_kdc", "master_kdc"} {
		for _, value := range c.profile.all("realms", realm, name) {
			if address := kdcAddress(value); address != "" && !slices.Contains(addresses, address) {
				addresses = append(addresses, address)
			}
		}
	}
	if len(addresses) > 0 || !c.dnsLookup {
		return addresses, nil
	}
	for _, proto := range []string{"tcp", "udp"} {
		_, records, err := c.lookup(ctx, "kerberos", proto, realm)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, record := range records {
			address := net.JoinHostPort(strings.TrimSuffix(record.Target, "."), strconv.Itoa(int(record.Port)))
			if !slices.Contains(addresses, address) {
				addresses = append(addresses, address)
			}
		}
	}
	return addresses, nil
}

// kdcAddress turns a kdc setting (host, host:port, [v6]:port, tcp/host) into an address; "" for one that needs UDP or
// an HTTPS proxy.
func kdcAddress(value string) string {
	value = strings.TrimSpace(strings.TrimSuffix(value, "*"))
	if strings.Contains(value, "://") || strings.HasPrefix(value, "udp/") {
		return ""
	}
	value = strings.TrimPrefix(value, "tcp/")
	if host, port, err := net.SplitHostPort(value); err == nil {
		return net.JoinHostPort(host, port)
	}
	return net.JoinHostPort(strings.Trim(value, "[]"), "88")
}
