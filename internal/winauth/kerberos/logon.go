package kerberos

import (
	"context"
	"slices"
	"strings"
)

// maxReferrals bounds the walk from realm to realm.
const maxReferrals = 8

// serviceTicket gets a ticket for spn: from the cache, or by logging on and asking, following referrals to the realm
// that has the service.
func (c *Client) serviceTicket(ctx context.Context, spn string) (*ticket, error) {
	service := principal{name: strings.Split(spn, "/")}
	realm := c.config.realmOf(service.name[len(service.name)-1])
	if cached := c.cachedService(service, realm); cached != nil {
		return cached, nil
	}
	tgt, err := c.logon(ctx)
	if err != nil {
		return nil, err
	}
	if realm != "" && realm != tgt.realm {
		if tgt, err = c.walk(ctx, tgt, principal{realm: tgt.realm, name: []string{"krbtgt", realm}}); err != nil {
			return nil, err
		}
	}
	return c.walk(ctx, tgt, service)
}

// walk asks the KDC of the ticket-granting ticket's realm for a ticket, and goes on to another realm as often as the
// answer is a ticket-granting ticket for one.
func (c *Client) walk(ctx context.Context, tgt *ticket, service principal) (*ticket, error) {
	visited := []string{tgt.realm}
	for range maxReferrals {
		issued, server, err := c.ask(ctx, tgt, service)
		if err != nil {
			return nil, err
		}
		if len(server) != 2 || server[0] != "krbtgt" {
			return issued, nil
		}
		issued.realm = server[1]
		if slices.Equal(server, service.name) {
			return issued, nil
		}
		if slices.Contains(visited, issued.realm) {
			break
		}
		visited, tgt = append(visited, issued.realm), issued
	}
	return nil, problem(UnknownService, "Map the server's name to its realm under domain_realm in krb5.conf.",
		"the KDCs sent the request for %s round in circles: %s", service, strings.Join(visited, ", "))
}

// ask is one TGS exchange. It returns the ticket and the name of its server.
func (c *Client) ask(ctx context.Context, tgt *ticket, service principal) (*ticket, []string, error) {
	request, nonce, err := c.ticketRequest(tgt, service)
	if err != nil {
		return nil, nil, err
	}
	kdcs, err := c.config.kdcs(ctx, tgt.realm)
	if err != nil {
		return nil, nil, err
	}
	// A ticket is shown, not a password: asking a second KDC costs nothing.
	reply, _, err := c.config.send(ctx, tgt.realm, kdcs, request)
	if err != nil {
		return nil, nil, err
	}
	if refusal := parseRefusal(reply); refusal != nil {
		return nil, nil, refused(refusal.code, c.user.String(), service.String(), tgt.realm, refusal.time, c.now())
	}
	return openTicketReply(reply, tgt.key, nonce)
}

// logon returns the ticket-granting ticket of the user's realm.
//
// With a password or keytab that is two requests. The first proves nothing: it finds a KDC that answers and learns how
// the key is to be made. The second carries the proof. It goes to that same KDC, once: whatever becomes of it, no
// second KDC sees it, so that a wrong password is one failed logon.
func (c *Client) logon(ctx context.Context) (*ticket, error) {
	if c.tgt != nil {
		return c.tgt, nil
	}
	if c.cache != nil {
		return c.cachedTGT()
	}
	kdcs, err := c.config.kdcs(ctx, c.user.realm)
	if err != nil {
		return nil, err
	}
	request, err := c.newLogonRequest()
	if err != nil {
		return nil, err
	}
	reply, kdc, err := c.sendLogon(ctx, request, kdcs)
	if err != nil {
		return nil, err
	}
	refusal := parseRefusal(reply)
	if refusal != nil && refusal.code == codePreauthRequired {
		if err := request.prove(refusal.hints); err != nil {
			return nil, err
		}
		if reply, _, err = c.sendLogon(ctx, request, []string{kdc}); err != nil {
			return nil, err
		}
		refusal = parseRefusal(reply)
	}
	if refusal != nil {
		service := "krbtgt/" + c.user.realm
		return nil, refused(refusal.code, c.user.String(), service, c.user.realm, refusal.time, c.now())
	}
	c.tgt, err = request.open(reply)
	return c.tgt, err
}

func (c *Client) sendLogon(ctx context.Context, request *logonRequest,
	kdcs []string) (reply []byte, kdc string, err error) {
	encoded, err := request.encode()
	if err != nil {
		return nil, "", err
	}
	return c.config.send(ctx, c.user.realm, kdcs, encoded)
}

// cachedService returns a ticket for the service from the cache, if it is there and good.
func (c *Client) cachedService(service principal, realm string) *ticket {
	if c.cache == nil {
		return nil
	}
	if realm == "" {
		realm = c.user.realm
	}
	service.realm = realm
	if cached, found := c.cache.find(service); found && cached.end.After(c.now()) {
		return &ticket{realm: realm, der: cached.ticket, key: cached.key}
	}
	return nil
}

// cachedTGT returns the cache's ticket-granting ticket.
func (c *Client) cachedTGT() (*ticket, error) {
	realm := c.user.realm
	cached, found := c.cache.find(principal{realm: realm, name: []string{"krbtgt", realm}})
	switch {
	case !found:
		return nil, problem(CacheNoTGT, "Run kinit again.", "the ticket cache of %s holds no ticket-granting ticket", c.user)
	case !cached.end.After(c.now()):
		return nil, problem(CacheExpired, "Run kinit again, or use a keytab, from which tickets are made as needed.",
			"the ticket of %s expired on %s", c.user, cached.end.UTC().Format("2006-01-02T15:04:05Z07:00"))
	}
	c.tgt = &ticket{realm: realm, der: cached.ticket, key: cached.key}
	return c.tgt, nil
}
