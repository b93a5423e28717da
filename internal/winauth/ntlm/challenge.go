package ntlm

import (
	"bytes"
	"encoding/binary"
)

// Kinds of attribute-value pairs in a target's description (MS-NLMP 2.2.2.1).
const (
	avEOL             uint16 = 0
	avFlags           uint16 = 6
	avTimestamp       uint16 = 7
	avTargetName      uint16 = 9
	avChannelBindings uint16 = 10
)

// avFlagMIC says that the answer carries a message integrity code.
const avFlagMIC uint32 = 2

type avPair struct {
	id    uint16
	value []byte
}

// challenge is the part of the server's message that the answer needs.
type challenge struct {
	raw       []byte
	flags     uint32
	nonce     []byte
	target    []avPair
	timestamp []byte
}

// IsChallenge reports whether message looks like the second message of NTLM.
func IsChallenge(message []byte) bool {
	return len(message) >= 12 && string(message[:8]) == signature &&
		binary.LittleEndian.Uint32(message[8:]) == typeChallenge
}

func parseChallenge(raw []byte) (*challenge, error) {
	if !IsChallenge(raw) || len(raw) < 48 {
		return nil, ErrChallenge
	}
	c := &challenge{raw: raw, flags: binary.LittleEndian.Uint32(raw[20:]), nonce: raw[24:32]}
	if c.flags&flagUnicode == 0 {
		return nil, ErrChallenge
	}
	if c.flags&flagTargetInfo == 0 {
		return c, nil
	}
	length, offset := int64(binary.LittleEndian.Uint16(raw[40:])), int64(binary.LittleEndian.Uint32(raw[44:]))
	if offset+length > int64(len(raw)) {
		return nil, ErrChallenge
	}
	var err error
	if c.target, err = parsePairs(raw[offset : offset+length]); err != nil {
		return nil, err
	}
	for _, pair := range c.target {
		if pair.id == avTimestamp && len(pair.value) == 8 {
			c.timestamp = pair.value
		}
	}
	return c, nil
}

func parsePairs(raw []byte) ([]avPair, error) {
	var pairs []avPair
	for len(raw) >= 4 {
		id, length := binary.LittleEndian.Uint16(raw), int(binary.LittleEndian.Uint16(raw[2:]))
		if id == avEOL {
			return pairs, nil
		}
		if 4+length > len(raw) {
			return nil, ErrChallenge
		}
		pairs = append(pairs, avPair{id, raw[4 : 4+length]})
		raw = raw[4+length:]
	}
	if len(raw) > 0 {
		return nil, ErrChallenge
	}
	return pairs, nil
}

// answered returns the target's description as the answer repeats it: with the flag for the code, the name of the
// service and, if there is one, the channel binding. Pairs of these kinds that the server sent are replaced.
func (c *challenge) answered(spn string, binding []byte) []byte {
	var out bytes.Buffer
	flags := avFlagMIC
	for _, pair := range c.target {
		switch pair.id {
		case avFlags:
			if len(pair.value) == 4 {
				flags |= binary.LittleEndian.Uint32(pair.value)
			}
		case avTargetName, avChannelBindings:
		default:
			writePair(&out, pair.id, pair.value)
		}
	}
	writePair(&out, avFlags, binary.LittleEndian.AppendUint32(nil, flags))
	writePair(&out, avTargetName, utf16le(spn))
	if len(binding) > 0 {
		writePair(&out, avChannelBindings, binding)
	}
	writePair(&out, avEOL, nil)
	return out.Bytes()
}

func writePair(out *bytes.Buffer, id uint16, value []byte) {
	header := binary.LittleEndian.AppendUint16(nil, id)
	out.Write(binary.LittleEndian.AppendUint16(header, uint16(len(value)))) // Bounded by the callers.
	out.Write(value)
}
