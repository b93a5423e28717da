package matrix

import (
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// End is what a block comes to: when it opens, or for a call in Close, when it closes.
type End int

// The ends.
const (
	Works End = iota
	Warns
	Fails
)

// Outcome is what to expect of a cell.
type Outcome struct {
	End End
	// Min and Max bound the requests that reach the endpoint, until the block has ended.
	Min, Max int
	// Told are in what the user reads, in any case of letters.
	Told []string
	// Left means that a grant lives on that is the provider's, after all that the provider can do. See CannotHold.
	Left bool
	// Recovers says, of a grant in the token store, whether the next run gets a token from it.
	Recovers bool
}

const (
	// attempts is the first and the three that max_retries allows.
	attempts = 4
	// identityAttempts is for the identity service, whose number of attempts is not configurable.
	identityAttempts = 3
)

// What is said of a grant.
const (
	mayExist    = "the server may have made a grant whose token nobody knows"
	undone      = "has been revoked"
	notUsed     = "was not used and stays good"
	notSent     = "was not sent and stays good"
	triedAgain  = "the next run tries it once more"
	replaced    = "the replacement was lost"
	spentOrNot  = "what was sent is used up and the new tokens are lost"
	notRevoked  = "token not revoked"
	codeEnded   = "the code ended before anybody confirmed the login"
	anotherUsed = "another credential was used"
)

// Expect works out what becomes of a cell, by the design's table of what may be sent again (2.5), the life of a token
// (2.4) and the rules of the token store.
func Expect(c Cell) Outcome {
	if c.Fault.Class == Unnoticed && c.Call != Keep && c.Call != Logon {
		return Outcome{End: Works, Min: 1, Max: 1, Recovers: true}
	}
	o := expect(c)
	if c.Grant == Certificate && c.Fault.Status == 403 && o.Max > 0 {
		o.Max = 2 * o.Max // over TLS 1.3, once more over TLS 1.2
	}
	return o
}

func expect(c Cell) Outcome {
	switch c.Call {
	case Token:
		return makesGrant(c)
	case Spend:
		return spends(c)
	case Renew:
		return renews(c)
	case Poll:
		return polls(c)
	case Identity:
		return asksPlatform(c)
	case Keep:
		return keeps(c)
	case Logon:
		return logsOn(c)
	default:
		return harmless(c)
	}
}

// tried is a request that is sent again, at most so many times.
func (f Fault) tried(most int) Outcome {
	switch {
	case f.Class == Unconnected && f.Once:
		return Outcome{End: Works, Min: 1, Max: 1}
	case f.Class == Unconnected:
		return Outcome{End: Fails}
	case f.Once:
		return Outcome{End: Works, Min: 2, Max: 2}
	case f.Slow: // three times request_timeout is all the time there is
		return Outcome{End: Fails, Min: min(2, most), Max: min(3, most)}
	default:
		return Outcome{End: Fails, Min: most, Max: most}
	}
}

// sentOnce is a request that is not sent again.
func sentOnce(end End) Outcome { return Outcome{End: end, Min: 1, Max: 1} }

// says adds what the user is told, if there is anything to tell.
func (o Outcome) says(texts ...string) Outcome {
	if o.End != Works {
		for _, text := range texts {
			if text != "" {
				o.Told = append(o.Told, text)
			}
		}
	}
	return o
}

// makesGrant is the first column: each success is a new grant, so only what certainly made none is sent again.
func makesGrant(c Cell) Outcome {
	f := c.Fault
	switch f.Class {
	case Unconnected:
		o := f.tried(attempts).says(f.Says)
		if o.End == Fails && !f.certificateProblem() {
			o = o.says("after 4 attempts")
		}
		return o
	case Busy:
		return f.tried(attempts).says(f.Says, "after 4 attempts", "Try again later")
	case Unclear:
		if f.Readable {
			return sentOnce(Fails).says(f.Says, undone)
		}
		o := sentOnce(Fails).says(f.Says, mayExist)
		o.Left = f.Committed
		return o
	case Refused:
		o := sentOnce(Fails).says(f.Says, f.Row.Next)
		if c.Grant == Any { // the next credential is tried
			o = sentOnce(Warns).says(f.Says, anotherUsed)
		}
		return o
	default:
		return sentOnce(Fails).says(f.Says)
	}
}

// harmless is the last column: what can be asked any number of times.
func harmless(c Cell) Outcome {
	o := asked(c)
	if c.Fault.Patience && c.InClose() { // a Close cannot wait so long
		o = sentOnce(Fails).says(c.Fault.Says)
	}
	if o.End == Fails {
		switch {
		case c.InClose():
			o.End = Warns
			o = o.says(notRevoked)
		case c.Call == Ping:
			o = o.says(notSent)
		}
	}
	o.Recovers = true
	return o
}

func asked(c Cell) Outcome {
	f := c.Fault
	if f.Complete && (c.Call == Verify || c.Call == Recheck || c.Call == Start) {
		return sentOnce(Fails).says("the reply")
	}
	switch f.Class {
	case Unconnected, Busy, Unclear:
		return f.tried(attempts).says(f.Says)
	case Refused:
		return askedInVain(c)
	default:
		return sentOnce(Fails).says(f.Says)
	}
}

// askedInVain is what a refusal of a harmless call means.
func askedInVain(c Cell) Outcome {
	f := c.Fault
	switch {
	case c.Call == Verify && f.Status == 401: // the token is worth nothing, which is an answer
		return sentOnce(Works)
	case c.Call == Recheck && f.Row.Class == refusal.Bearer: // it is gone
		return sentOnce(Works)
	case c.Call == Revoke && f.Row.Class == refusal.Bearer:
		// With the new tokens of a refresh it is tried once more.
		return Outcome{End: Fails, Min: 2, Max: 2}.says("did not accept a token that it had just issued")
	default:
		return sentOnce(Fails).says(f.Says, f.Row.Next)
	}
}

// spends is the second column: what is sent works once. The store sends it a second time if no answer came, to learn
// whether it has been used.
func spends(c Cell) Outcome {
	f := c.Fault
	switch f.Class {
	case Unconnected:
		o := f.tried(attempts).says(f.Says, notUsed)
		o.Recovers = true
		return o
	case Busy:
		o := sentOnce(Fails).says(f.Says, notUsed)
		o.Recovers = true
		return o
	case Unclear:
		return spendsUnclear(f)
	case Refused:
		return spendsInVain(c)
	default:
		o := sentOnce(Fails).says(f.Says, notUsed)
		o.Recovers = true
		return o
	}
}

func spendsUnclear(f Fault) Outcome {
	switch {
	case f.Readable: // as good as a whole answer
		o := sentOnce(Warns).says("damaged")
		o.Recovers = true
		return o
	case f.Once && f.Committed: // the second request is refused
		return Outcome{End: Fails, Min: 2, Max: 2, Left: true}.says(replaced)
	case f.Once:
		return Outcome{End: Works, Min: 2, Max: 2, Recovers: true}
	default:
		return Outcome{End: Fails, Min: 2, Max: 2, Left: f.Committed, Recovers: !f.Committed}.says(triedAgain)
	}
}

func spendsInVain(c Cell) Outcome {
	f := c.Fault
	if f.Row.Class != refusal.Grant || f.Wordless { // what does not blame the token has not used it up
		o := sentOnce(Fails).says(f.Says, notUsed)
		o.Recovers = true
		return o
	}
	o := sentOnce(Fails).says(f.Says, "The server refused")
	// What is stored and dead is forgotten; what the user configured is the user's to change.
	o.Recovers = c.Grant != Stored
	return o
}

// renews is the refresh without which an expired token cannot be revoked. It is the second column, without a store.
func renews(c Cell) Outcome {
	f := c.Fault
	warned := func(o Outcome) Outcome {
		if o.End == Fails {
			o.End = Warns
		}
		return o.says(notRevoked, f.Says)
	}
	switch f.Class {
	case Unconnected:
		return warned(f.tried(attempts))
	case Unclear:
		if f.Readable {
			return sentOnce(Works)
		}
		o := warned(sentOnce(Warns)).says(spentOrNot)
		o.Left = f.Committed
		return o
	case Refused:
		if f.Row.Class == refusal.Grant { // the grant is gone
			return sentOnce(Works)
		}
		return warned(sentOnce(Warns)).says(f.Row.Next)
	default:
		return warned(sentOnce(Warns))
	}
}

// polls is a device login that the person has confirmed: each poll that fails makes the next one wait longer, until the
// code ends.
func polls(c Cell) Outcome {
	o := pollsOnce(c)
	o.Recovers = true // the person is asked again
	return o
}

func pollsOnce(c Cell) Outcome {
	f := c.Fault
	switch f.Class {
	case Unconnected:
		return f.tried(attempts).says(codeEnded)
	case Busy, Unclear:
		if f.Readable {
			return sentOnce(Fails).says(f.Says, undone)
		}
		if f.Class == Unclear && f.Committed { // the poll after it learns that the code has been used
			o := Outcome{End: Fails, Min: 2, Max: 2, Left: true}.says(spentOrNot)
			if !f.Once {
				o.Max = pollsUntilTheEnd()
			}
			return o
		}
		o := f.tried(pollsUntilTheEnd())
		if f.Class == Busy {
			o = o.says(codeEnded)
		}
		return o
	default:
		return sentOnce(Fails).says(f.Says, f.Row.Next)
	}
}

// pollsUntilTheEnd counts the polls that fit into the life of a code, if each failure adds five seconds to the pause
// (RFC 8628, 3.5), with the vendor's five minutes and five seconds.
func pollsUntilTheEnd() int {
	const step = 5 * time.Second
	polls, pause, now := 0, step, time.Duration(0)
	for now+pause <= 5*time.Minute {
		now += pause
		pause += step
		polls++
	}
	return polls
}

// asksPlatform is the identity service: asking twice does no harm, but only a broken service is asked again.
func asksPlatform(c Cell) Outcome {
	f := c.Fault
	o := sentOnce(Fails)
	switch {
	case f.Class == Unconnected, f.Class == Unclear && !f.Complete, f.Class == Busy && (f.Says != "429"):
		o = f.tried(identityAttempts)
	}
	source := map[Grant]string{GitHub: "github_actions", Azure: "azure_devops"}[c.Grant]
	return o.says(source)
}
