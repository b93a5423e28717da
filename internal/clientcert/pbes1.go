package clientcert

import (
	"crypto/des"  // The scheme is what users' files have.
	"crypto/sha1" // Likewise.
	"encoding/asn1"
	"encoding/binary"
	"unicode/utf16"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// What the PKCS#12 key derivation makes (RFC 7292, appendix B.3).
const (
	purposeKey byte = 1
	purposeIV  byte = 2
)

// decryptPBES1 opens pbeWithSHAAnd3-KeyTripleDES-CBC, the one scheme of the PKCS#12 family that PEM keys still have
// (openssl pkcs8 -v1 PBE-SHA1-3DES).
func decryptPBES1(parameters, data []byte, password secret.String) ([]byte, error) {
	var params struct {
		Salt       []byte
		Iterations int
	}
	if _, err := asn1.Unmarshal(parameters, &params); err != nil || params.Iterations < 1 {
		return nil, errGarbled
	}
	if params.Iterations > maxIterations || len(params.Salt) == 0 {
		return nil, unsupportedKey(oidPBES1Des3)
	}
	var encoded []byte
	for _, unit := range append(utf16.Encode([]rune(password.Reveal())), 0) {
		encoded = binary.BigEndian.AppendUint16(encoded, unit)
	}
	block, err := des.NewTripleDESCipher(pkcs12KDF(purposeKey, encoded, params.Salt, params.Iterations, 24))
	if err != nil {
		return nil, errGarbled
	}
	return decryptCBC(block, pkcs12KDF(purposeIV, encoded, params.Salt, params.Iterations, des.BlockSize), data)
}

// pkcs12KDF derives length bytes from a password in big-endian UTF-16 with its closing zero, using SHA-1.
func pkcs12KDF(purpose byte, password, salt []byte, iterations, length int) []byte {
	const blockLength = 64
	diversifier := make([]byte, blockLength)
	for i := range diversifier {
		diversifier[i] = purpose
	}
	input := append(repeatTo(salt, blockLength), repeatTo(password, blockLength)...)
	var out []byte
	for {
		digest := sha1.Sum(append(append([]byte{}, diversifier...), input...))
		for range iterations - 1 {
			digest = sha1.Sum(digest[:])
		}
		out = append(out, digest[:]...)
		if len(out) >= length {
			return out[:length]
		}
		addToBlocks(input, repeatTo(digest[:], blockLength)[:blockLength])
	}
}

// repeatTo repeats b until its length is a multiple of block.
func repeatTo(b []byte, block int) []byte {
	length := (len(b) + block - 1) / block * block
	out := make([]byte, 0, length+len(b))
	for len(out) < length {
		out = append(out, b...)
	}
	return out[:length]
}

// addToBlocks adds the number b+1 to each block of input, big-endian, modulo the block's size.
func addToBlocks(input, b []byte) {
	for start := 0; start < len(input); start += len(b) {
		carry := 1
		for i := len(b) - 1; i >= 0; i-- {
			carry += int(input[start+i]) + int(b[i])
			input[start+i] = byte(carry)
			carry >>= 8
		}
	}
}
