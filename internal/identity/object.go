package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
)

// object is a JSON object whose members are decoded one by one, so that one of a wrong type does not hide the others.
type object map[string][]json.RawMessage

var (
	errNotJSON   = errors.New("is not JSON")
	errNotObject = errors.New("is JSON, but not an object")
)

// parseObject keeps every occurrence of a member: which one counts is for the server to say. Its errors repeat
// nothing of data.
func parseObject(data []byte) (object, error) {
	if !json.Valid(data) {
		return nil, errNotJSON
	}
	if bytes.TrimSpace(data)[0] != '{' {
		return nil, errNotObject
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, err := decoder.Token(); err != nil {
		return nil, errNotJSON
	}
	found := object{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, errNotJSON
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil && !errors.Is(err, io.EOF) {
			return nil, errNotJSON
		}
		if name, ok := name.(string); ok {
			found[name] = append(found[name], value)
		}
	}
	return found, nil
}

// last is the last occurrence of a member, which is the one that most parsers take; nil if there is none or it is
// null.
func (o object) last(name string) json.RawMessage {
	values := o[name]
	if len(values) == 0 || string(values[len(values)-1]) == "null" {
		return nil
	}
	return values[len(values)-1]
}

// text returns a member that is text. found tells whether the member is there, good whether it is text.
func (o object) text(name string) (value string, found, good bool) {
	raw := o.last(name)
	if raw == nil {
		return "", false, true
	}
	err := json.Unmarshal(raw, &value)
	return value, true, err == nil
}

// texts returns a member that is text or a list of texts.
func (o object) texts(name string) (values []string, found, good bool) {
	value, found, good := o.text(name)
	if !found || good {
		if found {
			values = []string{value}
		}
		return values, found, good
	}
	err := json.Unmarshal(o.last(name), &values)
	return values, true, err == nil
}

// Limits of the years 1 and 9999, in Unix seconds: what time.Time can print as RFC 3339.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// number is what JSON has for one; maxNumber is far more than a moment needs.
var number = pattern.New(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,9})?$`)

const maxNumber = 400

// date is a moment as a JWT writes it: seconds since 1970, with or without a fraction.
type date struct {
	at time.Time
	// problem is what is unusual: empty for a plain number. at is zero unless the date can be used in spite of it.
	problem string
}

// date returns a member that is a date; nil if there is none.
func (o object) date(name string) *date {
	raw := o.last(name)
	if raw == nil {
		return nil
	}
	digits, quoted := string(raw), false
	if err := json.Unmarshal(raw, &digits); err == nil {
		quoted = true
	}
	seconds, err := strconv.ParseFloat(digits, 64)
	switch {
	case len(digits) > maxNumber, !number.MatchString(digits):
		return &date{problem: "is not a number"}
	case err != nil, math.IsNaN(seconds), seconds < firstSecond, seconds > lastSecond:
		return &date{problem: "is not a moment that a calendar has (it counts seconds, not milliseconds)"}
	}
	found := &date{at: time.Unix(int64(seconds), 0).UTC()}
	if quoted {
		found.problem = "is text instead of a number"
	}
	return found
}
