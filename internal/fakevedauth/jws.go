package fakevedauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
)

// jws is a signed JWT in its parts.
type jws struct {
	algorithm string
	keyID     string
	claims    map[string]any
	signed    []byte
	signature []byte
}

// parseJWS takes a compact JWS apart, without checking anything but its shape.
func parseJWS(compact string) (jws, error) {
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return jws{}, errors.New("a JWT has three parts")
	}
	if strings.ContainsAny(compact, "\r\n") {
		return jws{}, errors.New("a JWT is one line") // package base64 would pass over them
	}
	var decoded [3][]byte
	for i, part := range parts {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return jws{}, err
		}
		decoded[i] = raw
	}
	var header struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}
	if err := json.Unmarshal(decoded[0], &header); err != nil {
		return jws{}, err
	}
	token := jws{algorithm: header.Algorithm, keyID: header.KeyID, signature: decoded[2]}
	token.signed = []byte(parts[0] + "." + parts[1])
	if err := json.Unmarshal(decoded[1], &token.claims); err != nil {
		return jws{}, err
	}
	return token, nil
}

// texts returns a claim as texts: one, or those of a list.
func (t jws) texts(name string) []string {
	switch value := t.claims[name].(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, each := range value {
			if text, ok := each.(string); ok {
				all = append(all, text)
			}
		}
		return all
	default:
		return nil
	}
}

// seconds returns a claim that is a time.
func (t jws) seconds(name string) (float64, bool) {
	value, ok := t.claims[name].(float64)
	return value, ok
}

// verifier checks signatures with one public key.
type verifier struct {
	keyID     string
	algorithm string
	check     func(digest, signature []byte) bool
}

// verifies reports whether one of the keys made the signature.
func (t jws) verifies(keys []verifier) bool {
	digest := sha256.Sum256(t.signed)
	for _, key := range keys {
		if key.algorithm == t.algorithm && (t.keyID == "" || key.keyID == t.keyID) && key.check(digest[:], t.signature) {
			return true
		}
	}
	return false
}

// parseJWKS reads a key set. Keys of kinds it does not know are passed over, as the standard demands.
func parseJWKS(text []byte) ([]verifier, error) {
	var set struct {
		Keys []struct {
			Kty, Kid, Use, Crv, N, E, X, Y string
		}
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, err
	}
	var keys []verifier
	for _, k := range set.Keys {
		switch {
		case k.Use != "" && k.Use != "sig":
		case k.Kty == "RSA":
			public := &rsa.PublicKey{N: number(k.N), E: int(number(k.E).Int64())}
			keys = append(keys, verifier{k.Kid, "RS256", func(digest, signature []byte) bool {
				return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest, signature) == nil
			}})
		case k.Kty == "EC" && k.Crv == "P-256":
			if check := es256(k.X, k.Y); check != nil {
				keys = append(keys, verifier{k.Kid, "ES256", check})
			}
		}
	}
	return keys, nil
}

// es256 checks signatures that are two numbers of 32 bytes.
func es256(x, y string) func(digest, signature []byte) bool {
	point := append([]byte{4}, number(x).FillBytes(make([]byte, 32))...)
	point = append(point, number(y).FillBytes(make([]byte, 32))...)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil
	}
	return func(digest, signature []byte) bool {
		if len(signature) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(public, digest, r, s)
	}
}

// number reads a big-endian number; one that is too long or unreadable is 0, which no signature fits.
func number(encoded string) *big.Int {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(raw) > 1024 {
		return new(big.Int)
	}
	return new(big.Int).SetBytes(raw)
}
