package ntlm

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Offsets in the answer's header (MS-NLMP 2.2.1.3).
const (
	fieldLM          = 12
	fieldNT          = 20
	fieldDomain      = 28
	fieldUser        = 36
	fieldWorkstation = 44
	fieldSessionKey  = 52
	offsetFlags      = 60
	offsetVersion    = 64
	offsetMIC        = 72
	headerLength     = 88
)

// windowsEpoch is the distance, in 100 ns, between 1601 and 1970.
const windowsEpoch = 116444736000000000

// Logon is who logs on, and to what.
type Logon struct {
	// Domain may be empty: for a bare user name, and for a user principal name (user@realm) in User.
	Domain, User string
	Password     secret.String
	// SPN names the service, as in HTTP/tpp.example.com: a server may compare it with its own name.
	SPN string
	// ChannelBinding is the 16 bytes of the connection's binding; nil without TLS. Then the pair is left out: servers
	// that look at it refuse an empty one.
	ChannelBinding []byte
}

// Answer returns the third message: the reply to challenge, given the opening message that went out before it. The
// error is ErrChallenge, or says that a name is too long.
func Answer(logon Logon, negotiate, rawChallenge []byte) ([]byte, error) {
	nonce := make([]byte, 8)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return answer(logon, negotiate, rawChallenge, nonce, time.Now())
}

func answer(logon Logon, negotiate, rawChallenge, nonce []byte, now time.Time) ([]byte, error) {
	c, err := parseChallenge(rawChallenge)
	if err != nil {
		return nil, err
	}
	domain, user := utf16le(logon.Domain), utf16le(logon.User)
	target := c.answered(logon.SPN, logon.ChannelBinding)
	if len(domain) > 1024 || len(user) > 1024 || len(logon.SPN) > 4096 || len(target) > math.MaxUint16-1024 {
		return nil, errors.New("the user's, the domain's or the service's name is too long for NTLM")
	}
	key := hmacMD5(ntHash(logon.Password.Reveal()), utf16le(strings.ToUpper(logon.User)+logon.Domain))
	lm, stamp := make([]byte, 24), c.timestamp
	if stamp == nil {
		stamp = binary.LittleEndian.AppendUint64(nil, uint64(now.UnixNano()/100)+windowsEpoch) // After 1970.
		lm = append(hmacMD5(key, c.nonce, nonce), nonce...)
	}
	blob := append([]byte{1, 1, 0, 0, 0, 0, 0, 0}, stamp...)
	blob = append(blob, nonce...)
	blob = append(blob, 0, 0, 0, 0)
	blob = append(blob, target...)
	blob = append(blob, 0, 0, 0, 0)
	proof := hmacMD5(key, c.nonce, blob)

	m := make([]byte, headerLength)
	copy(m, signature)
	m[8] = typeAnswer
	m = appendField(m, fieldDomain, domain)
	m = appendField(m, fieldUser, user)
	m = appendField(m, fieldWorkstation, nil)
	m = appendField(m, fieldLM, lm)
	m = appendField(m, fieldNT, append(proof, blob...))
	m = appendField(m, fieldSessionKey, nil)
	// Without key exchange the session key is the one of the exchange itself; over HTTP nothing else is ever signed.
	binary.LittleEndian.PutUint32(m[offsetFlags:], c.flags&^flagKeyExchange)
	copy(m[offsetVersion:], version)
	copy(m[offsetMIC:], hmacMD5(hmacMD5(key, proof), negotiate, rawChallenge, m))
	return m, nil
}

// appendField appends a payload and enters its place in the header.
func appendField(m []byte, at int, payload []byte) []byte {
	length := uint16(len(payload)) // Bounded in answer.
	binary.LittleEndian.PutUint16(m[at:], length)
	binary.LittleEndian.PutUint16(m[at+2:], length)
	binary.LittleEndian.PutUint32(m[at+4:], uint32(len(m))) // Likewise.
	return append(m, payload...)
}
