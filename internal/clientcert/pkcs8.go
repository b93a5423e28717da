package clientcert

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // Keys that users have are encrypted with it.
	"crypto/pbkdf2"
	"crypto/sha1" // Likewise.
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"hash"

	"golang.org/x/crypto/scrypt"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Object identifiers of RFC 8018 (PBES2, PBKDF2, ciphers), RFC 7914 (scrypt) and RFC 7292 (the PKCS#12 scheme).
const (
	oidPBES2      = "1.2.840.113549.1.5.13"
	oidPBKDF2     = "1.2.840.113549.1.5.12"
	oidScrypt     = "1.3.6.1.4.1.11591.4.11"
	oidPBES1Des3  = "1.2.840.113549.1.12.1.3"
	maxScryptByte = 256 << 20
)

// prfs are the functions that PBKDF2 may use, by object identifier.
func prfs() map[string]func() hash.Hash {
	return map[string]func() hash.Hash{
		"":                    sha1.New, // The default when the field is left out.
		"1.2.840.113549.2.7":  sha1.New,
		"1.2.840.113549.2.8":  sha256.New224,
		"1.2.840.113549.2.9":  sha256.New,
		"1.2.840.113549.2.10": sha512.New384,
		"1.2.840.113549.2.11": sha512.New,
		"1.2.840.113549.2.12": sha512.New512_224,
		"1.2.840.113549.2.13": sha512.New512_256,
	}
}

type blockCipher struct {
	keyLength int
	make      func([]byte) (cipher.Block, error)
}

// ciphers are those that PBES2 may use, by object identifier.
func ciphers() map[string]blockCipher {
	return map[string]blockCipher{
		"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
		"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
		"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
		"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
	}
}

type encryptedPrivateKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2Params struct{ KDF, Encryption pkix.AlgorithmIdentifier }

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

type scryptParams struct {
	Salt                      []byte
	Cost, BlockSize, Parallel int
	KeyLength                 int `asn1:"optional"`
}

var (
	errGarbled       = errors.New("garbled")
	errWrongPassword = errors.New("decryption gave no key")
)

// decryptPKCS8 opens an EncryptedPrivateKeyInfo. Algorithms it does not know, and garbled structures, are *Error;
// every other error means that the password is wrong.
func decryptPKCS8(der []byte, password secret.String) (crypto.PrivateKey, error) {
	var info encryptedPrivateKeyInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, problem(Damaged, "Check that it was copied whole.", "the encrypted private key cannot be read")
	}
	plain, err := decryptPBE(info, password)
	if errors.Is(err, errGarbled) {
		return nil, problem(Damaged, "Check that it was copied whole.",
			"the parameters of the encrypted private key cannot be read")
	}
	if err != nil {
		return nil, err
	}
	key, err := parsePlainKey(plain)
	if err != nil {
		return nil, errWrongPassword
	}
	return key, nil
}

func decryptPBE(info encryptedPrivateKeyInfo, password secret.String) ([]byte, error) {
	parameters := info.Algorithm.Parameters.FullBytes
	switch scheme := info.Algorithm.Algorithm.String(); scheme {
	case oidPBES2:
		var params pbes2Params
		if _, err := asn1.Unmarshal(parameters, &params); err != nil {
			return nil, errGarbled
		}
		return decryptPBES2(params, info.Data, password)
	case oidPBES1Des3:
		return decryptPBES1(parameters, info.Data, password)
	default:
		return nil, unsupportedKey(scheme)
	}
}

func decryptPBES2(params pbes2Params, data []byte, password secret.String) ([]byte, error) {
	scheme, known := ciphers()[params.Encryption.Algorithm.String()]
	if !known {
		return nil, unsupportedKey(params.Encryption.Algorithm.String())
	}
	var iv []byte
	if _, err := asn1.Unmarshal(params.Encryption.Parameters.FullBytes, &iv); err != nil {
		return nil, errGarbled
	}
	key, err := deriveKey(params.KDF, scheme.keyLength, password)
	if err != nil {
		return nil, err
	}
	block, err := scheme.make(key)
	if err != nil {
		return nil, errGarbled
	}
	return decryptCBC(block, iv, data)
}

func deriveKey(kdf pkix.AlgorithmIdentifier, length int, password secret.String) ([]byte, error) {
	switch algorithm := kdf.Algorithm.String(); algorithm {
	case oidPBKDF2:
		var params pbkdf2Params
		if _, err := asn1.Unmarshal(kdf.Parameters.FullBytes, &params); err != nil || params.Iterations < 1 {
			return nil, errGarbled
		}
		prf, known := prfs()[params.PRF.Algorithm.String()]
		if !known || params.Iterations > maxIterations {
			return nil, unsupportedKey(params.PRF.Algorithm.String())
		}
		return pbkdf2.Key(prf, password.Reveal(), params.Salt, params.Iterations, length)
	case oidScrypt:
		var params scryptParams
		if _, err := asn1.Unmarshal(kdf.Parameters.FullBytes, &params); err != nil || !affordable(params) {
			return nil, errGarbled
		}
		return scrypt.Key([]byte(password.Reveal()), params.Salt, params.Cost, params.BlockSize, params.Parallel, length)
	default:
		return nil, unsupportedKey(algorithm)
	}
}

// affordable bounds scrypt's memory (128 * N * r bytes) and time.
func affordable(p scryptParams) bool {
	return p.Cost > 1 && p.BlockSize > 0 && p.Parallel > 0 && p.Parallel <= 16 && p.BlockSize <= 1024 &&
		p.Cost <= maxScryptByte/128/p.BlockSize
}

func decryptCBC(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errGarbled
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size {
		return nil, errWrongPassword
	}
	for _, b := range plain[len(plain)-padding:] {
		if int(b) != padding {
			return nil, errWrongPassword
		}
	}
	return plain[:len(plain)-padding], nil
}

func unsupportedKey(oid string) error {
	return problem(Unsupported, convertKey,
		"the private key is encrypted in a way that this program does not read (object identifier %s)", oid)
}
