package matrix

// impossible says why a cell cannot be, or nothing if it can. These are not exceptions from a promise: there is nothing
// to promise.
func (c Cell) impossible() string {
	f := c.Fault
	if c.Call == Keep || c.Call == Logon {
		if f.Disk == LostBefore && c.Grant == Remembered {
			return "nobody looks at the server between the look at the store and the login"
		}
		return ""
	}
	withBody := c.Call != Ping && c.Call != Revoke
	switch {
	case f.Damaged && !withBody:
		return "the answer has no body that could be damaged"
	case f.Readable && !c.tokens() && f.Slow:
		return "there are no tokens in the answer to come first"
	case f.Wire == NobodyListens && !c.first():
		return "the server has just been there; a reset stands in for it"
	case f.Slow && !f.Once && c.Call == Poll:
		return "the login would be polled for five minutes of real time"
	case c.Call == Renew && f.Once && f.Class != Unconnected && f.Class != Unnoticed:
		return "the refresh is sent once, so a fault that strikes once is one that always strikes"
	case c.Call == Recheck && f.Committed:
		return "looking changes nothing that could be committed"
	case (c.Call == Verify || c.Call == Ping || c.Call == Start || c.Call == Identity) && f.Committed && !f.Damaged:
		return "looking changes nothing that could be committed"
	case c.Call == Identity && f.certificateProblem():
		return "the identity service of the tests speaks plain HTTP on loopback; its TLS is tested in package identity"
	}
	return ""
}

// first reports whether the call is the first that goes to its server.
func (c Cell) first() bool {
	switch c.Call {
	case Token, Start, Ping, Verify, Identity:
		return true
	default:
		return false
	}
}

// tokens reports whether a good answer holds the tokens of a grant.
func (c Cell) tokens() bool {
	switch c.Call {
	case Token, Poll, Spend, Renew:
		return true
	default:
		return false
	}
}

// certificateProblem reports whether the server's certificate is at fault, which trying again does not cure.
func (f Fault) certificateProblem() bool {
	return f.Wire == NotTrusted || f.Wire == Expired || f.Wire == OtherName
}

// CannotHold says why a promise cannot be kept in a cell, or nothing if all are kept. It is the one table of exceptions.
func CannotHold(c Cell) string {
	f := c.Fault
	lost := f.Class == Unclear && f.Committed && !f.Readable
	switch {
	case lost && (c.Call == Token || c.Call == Poll):
		return "The server made a grant and its answer never came: nobody knows the token, so nobody can revoke it. " +
			"The message says that there may be one; it ends by itself."
	case lost && c.Call == Spend:
		return "The server replaced the token and its answer never came: nobody has the new one. " +
			"The store notes it, and the next run says what happened; a new grant is needed."
	case c.Call == Keep && f.Class == Spoilt && c.Grant == Stored:
		return "Something else has damaged the file of a stored grant: nobody can read the tokens in it any more. " +
			"It is moved aside, and the message says where to; a new grant is needed."
	case lost && c.Call == Renew:
		return "The access token had expired, the server replaced the refresh token, and its answer never came: " +
			"nothing that anybody holds can revoke the grant. A warning says so; it ends by itself."
	}
	return ""
}
