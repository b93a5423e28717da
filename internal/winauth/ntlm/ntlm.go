// Package ntlm makes the client's two messages of an NTLMv2 logon (MS-NLMP): the opening one and the answer to the
// server's challenge, with message integrity code, target name and channel binding, as Windows itself sends them.
//
// It knows neither HTTP nor TLS. LM and NTLMv1 do not exist here.
package ntlm

import (
	"crypto/hmac"
	"crypto/md5" // NTLM is made of it.
	"encoding/binary"
	"errors"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck // Likewise: the NT hash is MD4.
)

// Negotiation flags (MS-NLMP 2.2.2.5).
const (
	flagUnicode          uint32 = 1 << 0
	flagRequestTarget    uint32 = 1 << 2
	flagNTLM             uint32 = 1 << 9
	flagAlwaysSign       uint32 = 1 << 15
	flagExtendedSecurity uint32 = 1 << 19
	flagTargetInfo       uint32 = 1 << 23
	flagVersion          uint32 = 1 << 25
	flag128              uint32 = 1 << 29
	flagKeyExchange      uint32 = 1 << 30
	flag56               uint32 = 1 << 31
)

const (
	signature       = "NTLMSSP\x00"
	negotiateLength = 40
	typeNegotiate   = 1
	typeChallenge   = 2
	typeAnswer      = 3
)

// version is what a current Windows says of itself; servers do not look at it.
var version = []byte{10, 0, 0x61, 0x4a, 0, 0, 0, 15}

// ErrChallenge says that the server's message is not an NTLM challenge that can be answered.
var ErrChallenge = errors.New("the server's NTLM challenge is malformed")

// Negotiate returns the opening message. It asks for the target's description: without it a server may send none, and
// with it comes the timestamp that allows the message integrity code.
func Negotiate() []byte {
	m := make([]byte, negotiateLength)
	copy(m, signature)
	m[8] = typeNegotiate
	binary.LittleEndian.PutUint32(m[12:], flagUnicode|flagRequestTarget|flagNTLM|flagAlwaysSign|flagExtendedSecurity|
		flagTargetInfo|flagVersion|flag128|flag56)
	copy(m[32:], version)
	return m
}

// utf16le encodes text as NTLM does.
func utf16le(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

func ntHash(password string) []byte {
	h := md4.New()
	h.Write(utf16le(password))
	return h.Sum(nil)
}
