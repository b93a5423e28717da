package tokenstore

import (
	"fmt"
	"time"
)

// Kind says what became of an operation, for callers that decide by it: after NoGrant, Expired, Rejected and Lost the
// stored grant is of no use and another way to a token may be taken; after the others it may still be good.
type Kind int

// The kinds of failure.
const (
	// NoStore: there is no directory, or it cannot be written. Nothing was spent.
	NoStore Kind = iota + 1
	// Unsafe: a file or the directory is not as a store of secrets must be. Nothing was spent.
	Unsafe
	// Newer: the file was written by a later version of this program. Nothing was spent.
	Newer
	// Locked: another run held the grant for the whole of the lock timeout. Nothing was spent.
	Locked
	// Leased: other runs use the access token, and the request said not to wait. Nothing was spent.
	Leased
	// NoGrant: nothing usable is stored and there is no unspent seed.
	NoGrant
	// Expired: the end of the grant has passed.
	Expired
	// Rejected: the server refused the refresh token or seed. A stored grant was cleared.
	Rejected
	// Lost: as Rejected, because the answer to an earlier request never arrived here.
	Lost
	// Kept: the request failed, and the refresh token was certainly not spent.
	Kept
	// Unknown: the request was sent and no answer came. The next run finds out.
	Unknown
	// Unsaved: a grant made elsewhere could not be stored.
	Unsaved
)

// Error is a failure of the store. Its text says what happened and what to do; it holds no secret.
type Error struct {
	Kind Kind
	// Text is the message without the error beneath.
	Text string
	// Interrupted is the request of an earlier run whose outcome was never learnt, if there was one.
	Interrupted *Intent
	// Until is the time at which waiting ends by itself (Leased: the end of the access token); else zero.
	Until time.Time
	// Err is the error beneath, of the system or of the Refresher; may be nil.
	Err error
}

// Error returns the whole message.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Text
	}
	return e.Text + " (" + e.Err.Error() + ")"
}

// Unwrap returns the error beneath.
func (e *Error) Unwrap() error { return e.Err }

// Definitive reports whether the stored grant is certainly of no use, so that another credential may take its place.
func (e *Error) Definitive() bool {
	switch e.Kind {
	case NoGrant, Expired, Rejected, Lost:
		return true
	default:
		return false
	}
}

func failure(kind Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: kind, Err: err, Text: fmt.Sprintf(format, args...)}
}

// withoutStore is the way out where a store cannot be had.
const withoutStore = "Where nothing can be kept between runs, use a credential that needs no store instead: " +
	"jwt, certificate, integrated or oauth."

// anotherWay is the way out where a grant is gone.
const anotherWay = "Give a new refresh_token, log in again with vedauth_device_token, or use another credential: " +
	"jwt, certificate, integrated or oauth."

func cannotWrite(dir string, err error) *Error {
	return failure(NoStore, err, "The token store %s cannot be written. A refresh token works once, so it was not sent: "+
		"its successor could not have been kept. Set token_store.path to a directory on a persistent volume that this "+
		"user can write. %s", dir, withoutStore)
}

// Notice is something that happened on the way to a success or a failure.
type Notice struct {
	// Warning tells a warning from information.
	Warning bool
	// Text is a message without secrets.
	Text string
}

// notifier is the callback for notices; nil is allowed.
type notifier func(Notice)

func (n notifier) warn(format string, args ...any) { n.send(true, format, args...) }
func (n notifier) info(format string, args ...any) { n.send(false, format, args...) }

func (n notifier) send(warning bool, format string, args ...any) {
	if n != nil {
		n(Notice{Warning: warning, Text: fmt.Sprintf(format, args...)})
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
