package clientcert

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const convertKey = "Convert it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.key -out new.key " +
	"(add -provider legacy -provider default if it reports an unsupported algorithm)."

// FromPEM reads certificates (the leaf and, in any order, its intermediates) and a private key: PKCS#1, PKCS#8 or SEC1,
// plain or encrypted under password. Other blocks in either text are skipped, so one text that holds both can be given
// twice. Errors are *Error.
func FromPEM(certificates, key []byte, password secret.String) (cert *tls.Certificate, err error) {
	defer guard(&err)
	all, err := parseCertificates(certificates)
	if err != nil {
		return nil, err
	}
	block, err := keyBlock(key)
	if err != nil {
		return nil, err
	}
	private, err := parseKey(block, password)
	if err != nil {
		return nil, err
	}
	return assemble(private, all)
}

func parseCertificates(text []byte) ([]*x509.Certificate, error) {
	blocks := pemBlocks(text)
	var all []*x509.Certificate
	for _, block := range blocks {
		if block.Type != "CERTIFICATE" && block.Type != "X509 CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, problem(Damaged, "Export it again, or convert it with: openssl x509 -in client.crt -out new.crt",
				"certificate number %d of the PEM text cannot be read", len(all)+1)
		}
		all = append(all, cert)
	}
	switch {
	case len(all) > 0:
		return all, nil
	case len(blocks) > 0:
		return nil, problem(NoCertificate,
			"Give the client certificate, a block that begins with -----BEGIN CERTIFICATE-----.",
			"the PEM text holds no certificate, only %s", blocks[0].Type)
	}
	return nil, notPEM(text, "certificate", "openssl x509 -inform der -in client.cer -out client.crt")
}

// keyBlock returns the one private key of the text.
func keyBlock(text []byte) (*pem.Block, error) {
	blocks := pemBlocks(text)
	var found *pem.Block
	for _, block := range blocks {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if found != nil {
			return nil, problem(SeveralKeys, "Give only the key of the certificate.",
				"the PEM text holds more than one private key")
		}
		found = block
	}
	switch {
	case found != nil:
		return found, nil
	case len(blocks) > 0:
		return nil, problem(NoKey, "Give the private key, a block that ends with PRIVATE KEY-----.",
			"the PEM text holds no private key, only %s", blocks[0].Type)
	}
	return nil, notPEM(text, "private key", "openssl pkey -inform der -in client.key -out new.key")
}

func parseKey(block *pem.Block, password secret.String) (crypto.PrivateKey, error) {
	der := block.Bytes
	switch {
	case block.Type == "OPENSSH PRIVATE KEY":
		return nil, problem(Unsupported, "Convert a copy of it with: ssh-keygen -p -m PKCS8 -f copy-of-the-key",
			"the private key is in OpenSSH's own format")
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return decryptedKey(password, func() (crypto.PrivateKey, error) { return decryptPKCS8(der, password) })
	case strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return decryptedKey(password, func() (crypto.PrivateKey, error) { return decryptLegacyPEM(block, password) })
	}
	key, err := parsePlainKey(der)
	if err != nil {
		return nil, problem(Damaged, "Check that it was copied whole; "+convertKey, "the private key (%s) cannot be read",
			block.Type)
	}
	return key, nil
}

// decryptedKey adds what every encrypted form has in common: without a password there is nothing to try.
func decryptedKey(password secret.String, decrypt func() (crypto.PrivateKey, error)) (crypto.PrivateKey, error) {
	key, err := decrypt()
	var known *Error
	switch {
	case err == nil:
		return key, nil
	case password.Empty():
		return nil, problem(PasswordMissing, "Give its password.", "the private key is encrypted and no password was given")
	case errors.As(err, &known):
		return nil, err
	}
	return nil, problem(WrongPassword, "Check the password, for example with: openssl pkey -in client.key -noout",
		"the password does not open the private key")
}

// decryptLegacyPEM reads the old form with the headers Proc-Type and DEK-Info.
func decryptLegacyPEM(block *pem.Block, password secret.String) (crypto.PrivateKey, error) {
	//nolint:staticcheck // Deprecated because the form is weak; users have such files, and only the user can change them.
	der, err := x509.DecryptPEMBlock(block, []byte(password.Reveal()))
	if err != nil {
		if strings.Contains(err.Error(), "unknown encryption mode") {
			return nil, problem(Unsupported, convertKey,
				"the private key is encrypted with a cipher that this program does not read")
		}
		return nil, err
	}
	return parsePlainKey(der)
}

func parsePlainKey(der []byte) (crypto.PrivateKey, error) {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	return x509.ParseECPrivateKey(der)
}

func pemBlocks(text []byte) []*pem.Block {
	var blocks []*pem.Block
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // behind Windows' byte order mark no block would begin a line
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		blocks = append(blocks, block)
	}
	return blocks
}

func notPEM(text []byte, what, command string) error {
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return problem(NotPEM, "Check where it comes from: a variable or a file may be empty.",
			"the PEM text of the %s is empty", what)
	case text[0] == 0x30:
		return problem(NotPEM, "Convert it with: "+command+" (or give it as PKCS#12, if it is a .p12 or .pfx file).",
			"the %s is binary (DER), not PEM", what)
	}
	return problem(NotPEM,
		"PEM is the text between -----BEGIN and -----END lines, with its line breaks; a path belongs in the attribute for "+
			"files.", "the %s is not PEM", what)
}
