// Package secret holds the one type that passwords, tokens and keys travel in.
//
// A plain string ends up in a log, an error or a state file by one careless format verb. A String does not: every
// print, log and encoding form of it is the same fixed word, also when it sits unexported inside another struct.
// The value comes out only through Reveal, so a review needs to read nothing but the callers of Reveal.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what stands in place of every secret.
const Redacted = "(sensitive)"

// String is a secret string. The zero value is the empty, absent secret.
//
// The value sits behind a function, because package fmt prints unexported fields by reflection without asking for
// their String method; of a function it can print only the address.
type String struct {
	reveal func() string
}

// New wraps value.
func New(value string) String {
	if value == "" {
		return String{}
	}
	return String{reveal: func() string { return value }}
}

// Each wraps every one of values.
func Each(values ...string) []String {
	list := make([]String, 0, len(values))
	for _, value := range values {
		list = append(list, New(value))
	}
	return list
}

// Reveal returns the value. Call it only where the value leaves the process by design: a request, a result, a store.
func (s String) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Empty reports whether there is no value.
func (s String) Empty() bool { return s.reveal == nil }

// Equal compares two secrets in constant time.
func (s String) Equal(other String) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns Redacted.
func (s String) String() string { return Redacted }

// GoString returns Redacted.
func (s String) GoString() string { return Redacted }

// Format writes Redacted for every verb.
func (s String) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, Redacted) }

// MarshalText returns Redacted, for every text encoding, JSON included.
func (s String) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON returns Redacted as a JSON string.
func (s String) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// GobEncode returns Redacted; a secret does not survive the trip, on purpose.
func (s String) GobEncode() ([]byte, error) { return []byte(Redacted), nil }

// LogValue returns Redacted to package log/slog.
func (s String) LogValue() slog.Value { return slog.StringValue(Redacted) }
