package tokenstore

import (
	"context"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// secondTry allows one more request where the answer to the first never came. If the server carried out the first, the
// second is refused, and we know that the token is lost; if it never saw the first, the second saves the grant. It
// would do harm only on a server that punishes the second use of a token by ending the whole grant, and even there
// only to a grant whose tokens nobody holds.
const secondTry = true

// rotation is one exchange of a refresh token or seed for new tokens, under the exclusive lock.
type rotation struct {
	s      *Store
	p      files
	req    *Request
	notify notifier
	// e is what is stored; never nil.
	e *entry
	// op and token say what is spent.
	op    string
	token secret.String
	// earlier is the request of a former run with the same token, whose outcome is unknown.
	earlier *Intent
	// unanswered: the first request of this run had no answer.
	unanswered bool
	// room is the file that waits for the new tokens.
	room *scratch
	// unclaim ends the exclusive lease, if there is one.
	unclaim func()
}

func (s *Store) newRotation(p files, req *Request, e *entry, what decision) *rotation {
	if e == nil {
		e = newEntry(req.Key)
	}
	r := &rotation{s: s, p: p, req: req, notify: req.Notify, e: e, unclaim: func() {}}
	if what == plant {
		r.op, r.token = opSeed, req.Seed.Value
	} else {
		r.op, r.token = opRefresh, e.Tokens.RefreshToken.String
	}
	r.earlier = e.interruptedBy(r.op, e.seedID(r.token))
	return r
}

// run does it: claim, prepare, spend, keep. Nothing is at stake before spend.
func (r *rotation) run(ctx context.Context, overdue bool) (*Lease, error) {
	if err := r.claim(overdue); err != nil {
		return nil, err
	}
	defer func() { r.unclaim() }()
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	defer r.room.discard()
	tokens, started, err := r.spend(ctx)
	if err != nil && tokens.AccessToken.Empty() {
		return nil, r.fail(err)
	}
	if err != nil {
		r.notify.warn("The answer of the server was damaged; the access token in it could be read: %v.", err)
	}
	return r.keep(tokens, started)
}

// claim takes the lease for the refresher alone, unless nobody can be hurt: a seed belongs to a grant that no run has
// a token of, and an access token that has expired is of no use to its holders.
func (r *rotation) claim(overdue bool) error {
	if r.op == opSeed || r.e.Tokens.expired(r.s.now()) {
		return nil
	}
	release, ok, err := r.s.exclude(r.p)
	switch {
	case err != nil:
		return err
	case ok:
		r.unclaim = release
	case r.req.IfLeased == Refuse:
		busy := failure(Leased, nil, "The stored grant %q is due for a refresh, but other runs use its access token, which "+
			"the refresh would kill. It was not refreshed. Run again when they have ended, or use another credential.", r.e.Name)
		busy.Until = r.e.Tokens.AccessExpires
		return busy
	case !overdue:
		return errInUse
	default:
		r.notify.warn("The stored grant %q was refreshed after waiting %s for other runs that use its access token. "+
			"That token is now invalid, and what they still do with it will fail.", r.e.Name, r.s.lockTimeout)
	}
	return nil
}

// prepare makes sure, before anything is spent, that there is room for the answer and a server to give it, and then
// announces the request in the file.
func (r *rotation) prepare(ctx context.Context) error {
	data, err := r.e.encode()
	if err != nil {
		return cannotWrite(r.s.dir, err)
	}
	r.room, err = r.s.newScratch(r.p.next, max(reserveSize, 2*len(data)))
	if err != nil {
		return cannotWrite(r.s.dir, err)
	}
	if err := r.req.Server.Ping(ctx); err != nil {
		r.room.discard()
		return failure(Kept, err, "The server %s could not be reached, so the refresh token was not sent and stays good.",
			r.req.Key.Server)
	}
	if err := ctx.Err(); err != nil {
		r.room.discard()
		return context.Cause(ctx)
	}
	if err := r.s.write(r.p, r.announced()); err != nil {
		r.room.discard()
		r.restore()
		return cannotWrite(r.s.dir, err)
	}
	return nil
}

// announced is the entry with this run's intent.
func (r *rotation) announced() *entry {
	next := *r.e
	next.Intent = &Intent{
		Op: r.op, Generation: r.e.Generation, At: r.s.now().UTC(), PID: r.s.pid, Host: r.s.host,
		Before: r.e.Intent.without(r.op),
	}
	if r.op == opSeed {
		next.Intent.Seed = r.e.seedID(r.token)
	}
	return &next
}

// restore puts back what was stored before the announcement. A failure leaves the announcement, which only makes the
// next run more careful.
func (r *rotation) restore() {
	if r.e.blank() {
		_ = r.s.fs.remove(r.p.data)
		return
	}
	_ = r.s.write(r.p, r.e)
}

// spend sends the token, and sends it once more if no answer came. It returns the start of the request that counts.
func (r *rotation) spend(ctx context.Context) (Tokens, time.Time, error) {
	tokens, started, err := r.post(ctx)
	if err == nil || outcomeOf(err) != Ambiguous || !tokens.AccessToken.Empty() {
		return tokens, started, err
	}
	// A former run has had the first try. Somebody who interrupts is not kept waiting; the next run goes on.
	if !secondTry || r.earlier != nil || ctx.Err() != nil {
		return tokens, started, err
	}
	r.unanswered = true
	r.notify.info("The server did not answer (%v). The same token is sent once more, to learn whether it was used.", err)
	return r.post(ctx)
}

// post sends one request that an interrupt does not cut off: the new token must not be thrown away with the answer.
func (r *rotation) post(ctx context.Context) (Tokens, time.Time, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.s.requestTimeout)
	defer cancel()
	exchange := r.req.Server.Refresh
	if r.op == opSeed && r.req.Seed.Exchange != nil {
		exchange = r.req.Seed.Exchange
	}
	started := r.s.now()
	tokens, err := exchange(ctx, r.token)
	if err == nil && tokens.AccessToken.Empty() {
		err = &OutcomeError{Outcome: Ambiguous, Err: errNoToken}
	}
	return tokens, started, err
}
