package tokenstore

import (
	"errors"
	"io/fs"
	"time"
)

// errNoToken: the Refresher reported a success without an access token.
var errNoToken = errors.New("the answer holds no access token")

// keep stores the new tokens, before anything else is done with them, and hands them out.
func (r *rotation) keep(tokens Tokens, started time.Time) (*Lease, error) {
	next := *r.e
	next.Tokens = newPair(tokens, started)
	next.Generation++
	next.Intent, next.Lost = r.e.Intent.without(r.op), nil
	var replaced *Grant
	if r.op == opSeed {
		next.Intent = nil // what happened to the pair before no longer matters
		next.markSpent(r.token)
		if r.e.Tokens != nil {
			old := r.e.grant()
			replaced = &old
		}
	} else {
		next.Tokens.inherit(r.e.Tokens)
	}
	unsaved := r.store(&next)
	next.Tokens.remark(tokens, r.s.now(), r.notify)
	if replaced != nil {
		r.notify.warn("The configured %s has not been seen before: the stored grant %q starts anew from it. The grant that "+
			"was stored before is no longer used; it ends on the server by itself.", r.req.Seed.attribute(), r.e.Name)
	}
	r.unclaim()
	r.unclaim = func() {}
	lease := r.s.lease(r.p, &next, r.req.Run, r.notify)
	lease.Refreshed, lease.Replaced, lease.Unsaved = true, replaced, unsaved
	if unsaved {
		lease.release = r.s.flushAfter(r.p, r.req.Key, lease.release)
	}
	return lease, nil
}

// store saves the new tokens. Where that fails they are still handed out, with a warning: an error would lose the
// access token as well. It reports whether they are in memory only.
func (r *rotation) store(next *entry) (unsaved bool) {
	err := r.s.save(r.p, next, r.room)
	switch {
	case err == nil:
		localState(r.p).unsaved = nil
		return false
	case errors.Is(err, errNotDurable):
		localState(r.p).unsaved = nil
		r.notify.warn("The new refresh token is stored in %s, but the system did not confirm that it is on the disk: %v.",
			r.p.data, err)
		return false
	default:
		localState(r.p).unsaved = next
		r.notify.warn("The new refresh token could not be saved in %s: %v. This run goes on, and tries again when it ends; "+
			"if that fails too, the stored grant is lost, and the next run needs another one. %s", r.p.data, err, anotherWay)
		return true
	}
}

// fail turns a failed request into an error, and writes down what is known of the token.
func (r *rotation) fail(err error) error {
	interrupted := r.interrupted()
	outcome := outcomeOf(err)
	if outcome == Refused {
		return r.refused(err, interrupted)
	}
	if outcome == Ambiguous {
		// The announcement stays in the file: whether the token was spent is for the next run to find out.
		failed := failure(Unknown, err, "The server %s gave no answer that tells whether the %s was used. "+
			"What is stored is kept, and the next run tries it once more.", r.req.Key.Server, r.spentName())
		failed.Interrupted = interrupted
		return failed
	}
	if !r.unanswered {
		r.restore()
	}
	next := "The " + r.spentName() + " was not used and stays good. "
	if outcome == Misconfigured {
		next += "Check client_id and the API integration on the server."
	} else {
		next += "Try again later."
	}
	failed := failure(Kept, err, "The server %s did not refresh the grant %q. %s", r.req.Key.Server, r.e.Name, next)
	if interrupted != nil {
		failed = failure(Unknown, err, "The server %s did not refresh the grant %q, and an earlier request with the same "+
			"token had no answer. %s The stored grant is kept, and the next run tries it once more.",
			r.req.Key.Server, r.e.Name, r.story(interrupted))
		failed.Interrupted = interrupted
	}
	return failed
}

// interrupted is the request whose answer is missing, of a former run or of this one.
func (r *rotation) interrupted() *Intent {
	if r.earlier == nil && r.unanswered {
		return r.announced().Intent
	}
	return r.earlier
}

// refused clears what the server no longer knows: only the token that was sent, and only if it is still the one in
// the file.
func (r *rotation) refused(err error, interrupted *Intent) error {
	if r.op == opRefresh {
		stored, readErr := r.s.read(r.p.data)
		if readErr != nil {
			return failure(Rejected, errors.Join(err, readErr), "The server refused the stored refresh token, and the file of "+
				"the grant could not be read again.")
		}
		if stored == nil || stored.Generation != r.e.Generation || stored.Tokens == nil ||
			!stored.Tokens.RefreshToken.Equal(r.token) {
			return errChanged
		}
	}
	kind, why := r.refusal(interrupted)
	next := *r.e
	next.Intent = r.e.Intent.without(r.op)
	if r.op == opRefresh {
		next.Tokens = nil
	} else if interrupted != nil {
		next.markSpent(r.token) // so that it is not sent a third time
	}
	if next.Tokens == nil && (r.op == opRefresh || interrupted != nil) {
		next.Lost = &Loss{At: r.s.now().UTC(), Reason: why}
	}
	r.clear(&next)
	kept := ""
	if next.Tokens != nil {
		kept = " The grant that was stored before is unchanged: to use it, leave " + r.req.Seed.attribute() + " out."
	}
	failed := failure(kind, err, "%s%s %s", why, kept, anotherWay)
	failed.Interrupted = interrupted
	return failed
}

func (r *rotation) clear(next *entry) {
	var err error
	if next.blank() {
		if err = r.s.fs.remove(r.p.data); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	} else {
		err = r.s.write(r.p, next)
	}
	if err != nil {
		r.notify.warn("That the refresh token is no longer good could not be written to %s: %v.", r.p.data, err)
	}
}

// refusal says what was refused and why that may be.
func (r *rotation) refusal(interrupted *Intent) (Kind, string) {
	what := "the " + r.spentName()
	if interrupted == nil {
		return Rejected, "The server refused " + what + ": it was used before, by another program or machine, or was " +
			"revoked, or has expired."
	}
	return Lost, "The server refused " + what + ". " + r.story(interrupted) + " The server had carried that request out " +
		"and replaced the token, and the replacement was lost."
}

// spentName names what is spent, in a message.
func (r *rotation) spentName() string {
	if r.op == opSeed {
		return "configured " + r.req.Seed.attribute()
	}
	return "stored refresh token"
}

// story says how an answer went missing.
func (r *rotation) story(interrupted *Intent) string {
	if r.earlier == nil {
		return "The answer to a first request never arrived."
	}
	return interrupted.explain()
}
