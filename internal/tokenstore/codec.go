package tokenstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// maxFile bounds what is read of a file; a grant has a few hundred bytes.
const maxFile = 1 << 20

var (
	// errCorrupt: the content is not an entry. The text of the decoder is left out: it quotes what it stumbles over.
	errCorrupt = errors.New("the content is not a stored grant")
	// errNewer: the content is of a later format.
	errNewer = errors.New("the content is of a later version")
)

// kept is a secret whose JSON form is its value. It exists for the file alone; every other form of it stays redacted.
type kept struct{ secret.String }

// MarshalJSON reveals the secret, for the file.
func (k kept) MarshalJSON() ([]byte, error) { return json.Marshal(k.Reveal()) }

// UnmarshalJSON takes the secret from the file.
func (k *kept) UnmarshalJSON(data []byte) error {
	var value string
	if err := json.Unmarshal(data, &value); err != nil {
		return errCorrupt
	}
	k.String = secret.New(value)
	return nil
}

// fields are the members of an object that this version does not know.
type fields map[string]json.RawMessage

// decode reads the content of a file. Its errors are errCorrupt and errNewer.
func decode(data []byte) (*entry, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return nil, errCorrupt
	}
	var version int
	if json.Unmarshal(members["version"], &version) != nil || version < 1 {
		return nil, errCorrupt
	}
	if version > formatVersion {
		return nil, fmt.Errorf("%w: %d, and this program knows %d", errNewer, version, formatVersion)
	}
	e := new(entry)
	if json.Unmarshal(data, e) != nil || !e.sound() {
		return nil, errCorrupt
	}
	return e, nil
}

// sound reports whether the parts fit together.
func (e *entry) sound() bool {
	if e.Server == "" || e.ClientID == "" || e.Name == "" || len(e.Salt) < 16 {
		return false
	}
	return e.Tokens == nil || !e.Tokens.AccessToken.Empty() || !e.Tokens.RefreshToken.Empty()
}

// encode writes the content of a file.
func (e *entry) encode() ([]byte, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, errors.New("the grant cannot be written as JSON")
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, data, "", "  "); err != nil {
		return nil, errors.New("the grant cannot be written as JSON")
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

// The types below have the fields of the records and none of their methods, so that encoding/json does not recurse.
type (
	plainEntry  entry
	plainPair   pair
	plainIntent Intent
	plainLoss   Loss
)

// MarshalJSON writes known and unknown fields.
func (e entry) MarshalJSON() ([]byte, error) { return encodeKeeping(plainEntry(e), e.extra) }

// UnmarshalJSON keeps unknown fields.
func (e *entry) UnmarshalJSON(data []byte) (err error) {
	e.extra, err = decodeKeeping(data, (*plainEntry)(e))
	return err
}

// MarshalJSON writes known and unknown fields.
func (p pair) MarshalJSON() ([]byte, error) { return encodeKeeping(plainPair(p), p.extra) }

// UnmarshalJSON keeps unknown fields.
func (p *pair) UnmarshalJSON(data []byte) (err error) {
	p.extra, err = decodeKeeping(data, (*plainPair)(p))
	return err
}

// MarshalJSON writes known and unknown fields.
func (i Intent) MarshalJSON() ([]byte, error) { return encodeKeeping(plainIntent(i), i.extra) }

// UnmarshalJSON keeps unknown fields.
func (i *Intent) UnmarshalJSON(data []byte) (err error) {
	i.extra, err = decodeKeeping(data, (*plainIntent)(i))
	return err
}

// MarshalJSON writes known and unknown fields.
func (l Loss) MarshalJSON() ([]byte, error) { return encodeKeeping(plainLoss(l), l.extra) }

// UnmarshalJSON keeps unknown fields.
func (l *Loss) UnmarshalJSON(data []byte) (err error) {
	l.extra, err = decodeKeeping(data, (*plainLoss)(l))
	return err
}

// decodeKeeping decodes an object into the struct behind target and returns the members that it has no field for.
// Names count exactly: encoding/json alone would take "VERSION" for "version" and lose one of the two.
func decodeKeeping(data []byte, target any) (fields, error) {
	var members fields
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, errCorrupt
	}
	known := make(fields)
	for _, name := range fieldNames(reflect.TypeOf(target).Elem()) {
		if value, ok := members[name]; ok {
			known[name] = value
			delete(members, name)
		}
	}
	data, err := json.Marshal(known)
	if err != nil || json.Unmarshal(data, target) != nil {
		return nil, errCorrupt
	}
	if len(members) == 0 {
		return nil, nil
	}
	return members, nil
}

// encodeKeeping encodes a struct together with the members that decodeKeeping had no field for.
func encodeKeeping(value any, extra fields) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil || len(extra) == 0 {
		return data, err
	}
	members := maps.Clone(extra)
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// fieldNames lists the JSON names of a struct's fields, embedded structs included.
func fieldNames(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		if field.Anonymous {
			names = append(names, fieldNames(field.Type)...)
		} else if field.IsExported() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}
