package ntlm

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// newChallenge writes a server's message with the given pairs.
func newChallenge(flags uint32, pairs ...avPair) []byte {
	m := make([]byte, 48)
	copy(m, signature)
	m[8] = typeChallenge
	binary.LittleEndian.PutUint32(m[20:], flags)
	copy(m[24:], "\x01\x23\x45\x67\x89\xab\xcd\xef")
	var target bytes.Buffer
	for _, pair := range pairs {
		writePair(&target, pair.id, pair.value)
	}
	writePair(&target, avEOL, nil)
	return appendField(m, 40, target.Bytes())
}

func field(m []byte, at int) []byte {
	length, offset := int(binary.LittleEndian.Uint16(m[at:])), int(binary.LittleEndian.Uint32(m[at+4:]))
	return m[offset : offset+length]
}

func find(t *testing.T, blob []byte, id uint16) []byte {
	t.Helper()
	pairs, err := parsePairs(blob[28 : len(blob)-4])
	if err != nil {
		t.Fatal(err)
	}
	var found []byte
	for _, pair := range pairs {
		if pair.id == id {
			if found != nil {
				t.Errorf("pair %d is there twice", id)
			}
			found = pair.value
		}
	}
	return found
}

// TestKeys holds the two key functions against the worked example of MS-NLMP 4.2.2.1.1 and 4.2.4.1.1 (user "User",
// domain "Domain", password "Password").
func TestKeys(t *testing.T) {
	t.Parallel()
	if got := hex.EncodeToString(ntHash("Password")); got != "a4f49c406510bdcab6824ee7c30fd852" {
		t.Errorf("NT hash %s", got)
	}
	key := hmacMD5(ntHash("Password"), utf16le("USER"+"Domain"))
	if got := hex.EncodeToString(key); got != "0c868a403bfd7a93a3001ef22ef02e3f" {
		t.Errorf("NTLMv2 key %s", got)
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	m := Negotiate()
	if len(m) != 40 || !bytes.HasPrefix(m, []byte(signature)) || m[8] != 1 || IsChallenge(m) {
		t.Errorf("not an opening message: %x", m)
	}
	if flags := binary.LittleEndian.Uint32(m[12:]); flags&flagRequestTarget == 0 || flags&flagKeyExchange != 0 {
		t.Errorf("flags %x", flags)
	}
}

// TestAnswer checks the message as a server does: it derives the keys itself and recomputes proof and code.
func TestAnswer(t *testing.T) {
	t.Parallel()
	stamp := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	raw := newChallenge(flagUnicode|flagTargetInfo|flagKeyExchange, avPair{2, utf16le("EXAMPLE")},
		avPair{avTimestamp, stamp}, avPair{avFlags, []byte{1, 0, 0, 0}}, avPair{avTargetName, []byte("xx")},
		avPair{avChannelBindings, make([]byte, 16)})
	binding := bytes.Repeat([]byte{7}, 16)
	logon := Logon{
		Domain:         "EXAMPLE",
		User:           "älice",
		Password:       secret.New("Sécret"),
		SPN:            "HTTP/tpp.example.com",
		ChannelBinding: binding,
	}
	opening := Negotiate()
	m, err := answer(logon, opening, raw, []byte("nonce678"), now)
	if err != nil {
		t.Fatal(err)
	}
	key := hmacMD5(ntHash("Sécret"), utf16le("ÄLICE"+"EXAMPLE"))
	response := field(m, fieldNT)
	proof, blob := response[:16], response[16:]
	if !hmac.Equal(proof, hmacMD5(key, raw[24:32], blob)) {
		t.Error("the proof is wrong")
	}
	code := bytes.Clone(m[offsetMIC : offsetMIC+16])
	zeroed := bytes.Clone(m)
	clear(zeroed[offsetMIC : offsetMIC+16])
	if !hmac.Equal(code, hmacMD5(hmacMD5(key, proof), opening, raw, zeroed)) {
		t.Error("the message integrity code is wrong")
	}
	for id, want := range map[uint16][]byte{
		2: utf16le("EXAMPLE"), avTimestamp: stamp, avFlags: {3, 0, 0, 0},
		avTargetName: utf16le("HTTP/tpp.example.com"), avChannelBindings: binding,
	} {
		if got := find(t, blob, id); !bytes.Equal(got, want) {
			t.Errorf("pair %d = %x, want %x", id, got, want)
		}
	}
	if !bytes.Equal(field(m, fieldLM), make([]byte, 24)) || !bytes.Equal(blob[8:16], stamp) {
		t.Error("with a timestamp the LM answer is empty and the time is the server's")
	}
	if binary.LittleEndian.Uint32(m[offsetFlags:])&flagKeyExchange != 0 {
		t.Error("key exchange was accepted")
	}
	if string(field(m, fieldDomain)) != string(utf16le("EXAMPLE")) ||
		string(field(m, fieldUser)) != string(utf16le("älice")) {
		t.Error("names")
	}
}

func TestAnswerWithoutTimestampAndBinding(t *testing.T) {
	t.Parallel()
	raw := newChallenge(flagUnicode)
	m, err := answer(Logon{User: "alice@example.test", Password: secret.New("x")}, Negotiate(), raw, []byte("nonce678"),
		now)
	if err != nil {
		t.Fatal(err)
	}
	blob := field(m, fieldNT)[16:]
	ticks := int64(binary.LittleEndian.Uint64(blob[8:16]) - windowsEpoch)
	if got := time.Unix(0, ticks*100).UTC(); !got.Equal(now) {
		t.Errorf("time %v", got)
	}
	if lm := field(m, fieldLM); string(lm[16:]) != "nonce678" {
		t.Errorf("LM answer %x", lm)
	}
	if find(t, blob, avChannelBindings) != nil {
		t.Error("a binding without TLS")
	}
	if len(field(m, fieldDomain)) != 0 {
		t.Error("a user principal name goes with an empty domain")
	}
}

func TestHostileChallenges(t *testing.T) {
	t.Parallel()
	outside := newChallenge(flagUnicode | flagTargetInfo)
	binary.LittleEndian.PutUint32(outside[44:], 0xffffffff)
	overlong := newChallenge(flagUnicode|flagTargetInfo, avPair{2, []byte("ab")})
	binary.LittleEndian.PutUint16(overlong[50:], 500)
	for name, raw := range map[string][]byte{
		"empty": nil, "short": []byte(signature), "own opening": Negotiate(), "no Unicode": newChallenge(0),
		"target outside": outside, "pair too long": overlong, "cut": newChallenge(flagUnicode)[:47],
	} {
		if _, err := Answer(Logon{User: "u"}, Negotiate(), raw); !errors.Is(err, ErrChallenge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Answer(Logon{User: strings.Repeat("u", 600)}, Negotiate(), newChallenge(flagUnicode)); err == nil {
		t.Error("a user name of 600 characters")
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(newChallenge(flagUnicode|flagTargetInfo, avPair{2, utf16le("EXAMPLE")}, avPair{avTimestamp, make([]byte, 8)}))
	f.Add(newChallenge(flagUnicode))
	f.Add(Negotiate())
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Answer(
			Logon{User: "u", Domain: "d", Password: secret.New("p"), SPN: "HTTP/h", ChannelBinding: make([]byte, 16)},
			Negotiate(), raw)
		if err == nil && (len(field(m, fieldNT)) < 16 || len(field(m, fieldUser)) != 2) {
			t.Errorf("answer %x", m)
		}
	})
}
