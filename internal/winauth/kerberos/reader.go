package kerberos

import (
	"encoding/binary"
	"strings"
	"time"
)

// reader takes big-endian values off the front of a file. After the first value that is not there, everything reads as
// zero and short is set: parsers check once, at the end of a record.
type reader struct {
	data  []byte
	short bool
}

func (r *reader) bytes(length int) []byte {
	if r.short || length < 0 || length > len(r.data) {
		r.short = true
		return nil
	}
	out := r.data[:length]
	r.data = r.data[length:]
	return out
}

func (r *reader) uint8() uint8 {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) time() time.Time { return time.Unix(int64(r.uint32()), 0) }

// data32 reads a length of four bytes and that much.
func (r *reader) data32() []byte { return r.bytes(int(r.uint32())) }

// key is a Kerberos key.
type key struct {
	encryption int32
	value      []byte
}

// principal is a user or a service.
type principal struct {
	realm string
	name  []string
}

func (p principal) String() string {
	if p.realm == "" {
		return strings.Join(p.name, "/")
	}
	return strings.Join(p.name, "/") + "@" + p.realm
}

func (p principal) equal(other principal) bool { return p.String() == other.String() }
