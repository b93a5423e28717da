// Package kerberos obtains a Kerberos ticket for a web server, from a password, a keytab or a ticket cache, and makes
// the token that an HTTP client shows (SPNEGO, RFC 4559), bound to the TLS connection.
//
// It stands on the messages and ciphers of gokrb5 and on nothing else of it. That library's client repeats a request
// with a wrong password at the next KDC, cannot be cancelled, panics on damaged ticket caches and quotes damaged
// keytabs, with their keys, in its errors. So the conversation with the KDC and the files are read here; the library is
// called behind a recover, in wire.go, password.go and token.go alone.
package kerberos

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Credential is what to log on with. Exactly one of Password, KeytabFile and CCacheFile counts: the last that is set,
// in this order.
type Credential struct {
	// Username is user@REALM or user; DOMAIN\user only if DOMAIN is a realm. It may be empty with a keytab (then its
	// first principal counts) and with a ticket cache.
	Username   string
	Password   secret.String
	KeytabFile string
	CCacheFile string
}

// Client holds one user's tickets. It is for one login at a time and needs no closing: nothing of it runs behind it.
type Client struct {
	config *Config
	user   principal
	// password is set, or keys is, or cache is.
	password secret.String
	keys     []key
	cache    *ticketCache
	now      func() time.Time

	// tgt and service are what has been obtained so far.
	tgt     *ticket
	service map[string]*ticket
}

// ticket is a ticket, the key that goes with it, and the realm of the KDC that it can be shown to (a TGT's) or that
// issued it.
type ticket struct {
	realm string
	der   []byte
	key   key
}

// New prepares a client. It reads keytab or ticket cache but asks no KDC. Errors are *Error.
func New(config *Config, credential Credential) (client *Client, err error) {
	defer guard(&err)
	c := &Client{config: config, now: time.Now, service: map[string]*ticket{}}
	c.user = config.parseUser(credential.Username)
	switch {
	case credential.CCacheFile != "":
		return c, c.fromCache(credential.CCacheFile, credential.Username)
	case credential.KeytabFile != "":
		return c, c.fromKeytab(credential.KeytabFile)
	}
	c.password = credential.Password
	return c, c.needRealm()
}

// parseUser splits a user name. A realm that is missing stays empty.
func (c *Config) parseUser(username string) principal {
	name, realm := username, ""
	if at := strings.LastIndex(username, "@"); at >= 0 {
		name, realm = username[:at], username[at+1:]
	} else if domain, user, found := strings.Cut(username, `\`); found && (strings.Contains(domain, ".") ||
		len(c.profile.all("realms", domain, "kdc")) > 0) {
		name, realm = user, domain
	}
	p := principal{realm: c.realm(realm)}
	if name != "" {
		p.name = strings.Split(name, "/")
	}
	return p
}

func (c *Client) needRealm() error {
	if len(c.user.name) == 0 {
		return problem(UnknownUser, "Set username, as user@REALM.", "there is no user name")
	}
	if strings.Contains(c.user.name[0], `\`) {
		return problem(Realmless, "Write it as user@REALM, with the realm of the Windows domain in capitals (EXAMPLE.COM).",
			"Kerberos needs the realm of %s, which is not the short name of its domain", c.user.name[0])
	}
	if c.user.realm == "" {
		c.user.realm = c.config.DefaultRealm()
	}
	if c.user.realm == "" {
		return problem(Realmless, "Write username as user@REALM, or set default_realm in krb5.conf.",
			"the realm of %s is not known", c.user)
	}
	return nil
}

func (c *Client) fromKeytab(path string) error {
	entries, err := readKeytab(path)
	if err != nil {
		return err
	}
	asked := c.user
	if c.user, c.keys = keysOf(entries, c.user); len(c.keys) == 0 {
		return problem(Keytab,
			"Set username to a principal that it has (klist -k shows them), or leave username out to use its first one.",
			"the keytab has no key of %s", asked)
	}
	supported := slices.DeleteFunc(slices.Clone(c.keys),
		func(k key) bool { return !slices.Contains(c.config.encryption, k.encryption) })
	if len(supported) == 0 {
		return problem(EncryptionType,
			"Make a keytab with AES keys (ktpass -crypto AES256-SHA1), or widen permitted_enctypes in krb5.conf.",
			"the keytab has keys of %s, of no encryption type that is allowed", c.user)
	}
	c.keys = supported
	return c.needRealm()
}

func (c *Client) fromCache(path, username string) error {
	cache, err := readCache(path)
	if err != nil {
		return err
	}
	if len(c.user.name) > 0 &&
		(!slices.Equal(c.user.name, cache.owner.name) || c.user.realm != "" && c.user.realm != cache.owner.realm) {
		return problem(Cache, "Leave username out, or run kinit as that user.", "the ticket cache belongs to %s, not to %s",
			cache.owner, username)
	}
	c.cache, c.user = cache, cache.owner
	return nil
}

// Realm returns the realm in which the user logs on.
func (c *Client) Realm() string { return c.user.realm }

// User returns the user's full name, user@REALM.
func (c *Client) User() string { return c.user.String() }

// Token returns a new token for the service spn ("HTTP/tpp.example.com"), bound to a TLS connection by binding (16
// bytes, nil without TLS). Tokens must not be used twice, as servers remember them; tickets are obtained once and
// kept. Errors are *Error, or ctx's.
func (c *Client) Token(ctx context.Context, spn string, binding []byte) (token []byte, err error) {
	defer guard(&err)
	issued, found := c.service[spn]
	if !found {
		if issued, err = c.serviceTicket(ctx, spn); err != nil {
			return nil, err
		}
		c.service[spn] = issued
	}
	return c.wrapToken(issued, binding)
}
