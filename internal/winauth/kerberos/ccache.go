package kerberos

import (
	"os"
	"slices"
	"strings"
	"time"
)

// cachedTicket is one credential of a ticket cache.
type cachedTicket struct {
	client, server principal
	key            key
	end            time.Time
	// ticket is DER.
	ticket []byte
}

// ticketCache is what kinit leaves behind.
type ticketCache struct {
	owner   principal
	tickets []cachedTicket
}

// readCache reads a cache, which may be written FILE:/path; no other kind can be read.
func readCache(path string) (*ticketCache, error) {
	path, err := plainPath(path, CacheType, "ticket cache")
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{
			Problem: Cache,
			Detail:  "the ticket cache cannot be read",
			Next:    "Check ccache_file or KRB5CCNAME, and run kinit.",
			Err:     err,
		}
	}
	cache, fault := parseCache(data)
	if fault != "" {
		return nil, problem(Cache, "Run kinit again.", "%s %s", path, fault)
	}
	return cache, nil
}

// parseCache parses versions 3 and 4 of the format; the older ones ended with the 1990s. fault is what is wrong.
func parseCache(data []byte) (cache *ticketCache, fault string) {
	r := &reader{data: data}
	switch magic, version := r.uint8(), r.uint8(); {
	case len(data) == 0:
		return nil, "is empty"
	case r.short || magic != 5:
		return nil, "is not a ticket cache"
	case version == 4:
		r.bytes(int(r.uint16())) // Offset of the KDC's clock and the like.
	case version != 3:
		return nil, "is not a ticket cache of version 3 or 4 (a keytab belongs in keytab_file)"
	}
	three := data[1] == 3
	cache = &ticketCache{owner: parseCachePrincipal(r)}
	for len(r.data) > 0 && !r.short {
		ticket := parseCachedTicket(r, three)
		if r.short {
			break
		}
		if !strings.HasPrefix(ticket.server.realm, "X-CACHECONF") { // Not a ticket but a note of the library's.
			cache.tickets = append(cache.tickets, ticket)
		}
	}
	if r.short || len(cache.owner.name) == 0 || cache.owner.realm == "" {
		return nil, "is cut short or damaged"
	}
	return cache, ""
}

func parseCachePrincipal(r *reader) principal {
	r.uint32() // Type of the name.
	components := r.uint32()
	p := principal{realm: string(r.data32())}
	for range components {
		if r.short {
			break
		}
		p.name = append(p.name, string(r.data32()))
	}
	return p
}

func parseCachedTicket(r *reader, three bool) cachedTicket {
	t := cachedTicket{client: parseCachePrincipal(r), server: parseCachePrincipal(r)}
	t.key.encryption = int32(r.uint16())
	if three {
		r.uint16() // Version 3 has it twice.
	}
	t.key.value = slices.Clone(r.data32())
	r.time() // When the user logged on.
	r.time() // From when it is valid.
	t.end = r.time()
	r.time()  // Until when it can be renewed.
	r.uint8() // Whether it is encrypted under a session key.
	r.uint32()
	for range 2 { // Addresses, then authorization data: a type and a value each.
		for range r.uint32() {
			if r.short {
				break
			}
			r.uint16()
			r.data32()
		}
	}
	t.ticket = slices.Clone(r.data32())
	r.data32() // A second ticket, for user-to-user.
	return t
}

// find returns the ticket for a service that lasts longest.
func (c *ticketCache) find(server principal) (cachedTicket, bool) {
	var best cachedTicket
	for _, ticket := range c.tickets {
		if ticket.server.equal(server) && ticket.client.equal(c.owner) && ticket.end.After(best.end) {
			best = ticket
		}
	}
	return best, best.ticket != nil
}
