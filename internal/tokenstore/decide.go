package tokenstore

import (
	"time"
)

// decision is what is to be done for a request.
type decision int

const (
	// use the stored access token.
	use decision = iota + 1
	// refresh the stored grant.
	refresh
	// plant: start a new grant from the configured seed.
	plant
)

// decide looks at a grant's file (nil if there is none) and a request. It is asked twice: before the lock, where only
// "use" counts, and again inside, because another run may have done the work in between. Its error is an Error.
func decide(e *entry, req *Request, now time.Time) (decision, error) {
	if !req.Seed.Value.Empty() && (e == nil || !e.spent(req.Seed.Value)) {
		return plant, nil
	}
	if e == nil || e.Tokens == nil {
		return 0, noGrant(e, req)
	}
	// While a refresh is unconcluded, the access token may be dead: the server ends it with the refresh.
	if !e.rotating() && e.Tokens.fresh(now, req.MinimumValidity) {
		return use, nil
	}
	if e.Tokens.RefreshToken.Empty() {
		return 0, failure(NoGrant, nil, "The stored grant %q has no refresh token, and its access token is good until %s "+
			"only. %s", e.Name, end(e.Tokens), anotherWay)
	}
	if e.Tokens.ended(now) {
		return 0, failure(Expired, nil, "The stored grant %q ended at %s and cannot be refreshed any more (it is %s now by "+
			"this machine's clock). %s", e.Name, stamp(unix(e.Tokens.RefreshUntil)), stamp(now), anotherWay)
	}
	return refresh, nil
}

// noGrant says why there is nothing to use.
func noGrant(e *entry, req *Request) error {
	key := req.Key
	if e == nil {
		return failure(NoGrant, nil, "No grant %q is stored for client_id %q at %s, and no refresh_token is given to start "+
			"one. %s", key.Name, key.ClientID, key.Server, anotherWay)
	}
	why := ""
	if e.Lost != nil {
		why = " It ended at " + stamp(e.Lost.At) + ": " + e.Lost.Reason
	}
	if e.Intent != nil {
		why += " " + e.Intent.explain()
	}
	text := "The stored grant %q for client_id %q at %s is gone.%s %s"
	if !req.Seed.Value.Empty() {
		text = "The stored grant %q for client_id %q at %s is gone, and the configured " + req.Seed.attribute() +
			" has been used up.%s %s"
	}
	err := failure(NoGrant, nil, text, key.Name, key.ClientID, key.Server, why, anotherWay)
	err.Interrupted = e.Intent
	return err
}

// remarkSeed warns of a configured seed that is not the one from which the stored grant grew.
func remarkSeed(e *entry, req *Request) {
	if seed := req.Seed.Value; e != nil && !seed.Empty() && e.spent(seed) && !e.latestSeed(seed) {
		notifier(req.Notify).warn("The configured %s was used up before the stored grant %q was started from another one; "+
			"the stored grant is used. If they are to be two grants, give each a name.", req.Seed.attribute(), e.Name)
	}
}
