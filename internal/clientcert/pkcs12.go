package clientcert

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// maxIterations bounds the work that a file can ask for before its password is known to be right: some seconds.
// Files in the wild say 2,000 to 1,000,000.
const maxIterations = 5_000_000

const convert = "Convert it with: openssl pkcs12 -in old.p12 -nodes | openssl pkcs12 -export -out new.p12 " +
	"(add -legacy to the first command if it reports an unsupported algorithm)."

// FromPKCS12 reads a PKCS#12 (.p12, .pfx) file with its password, which may be empty. Its certificates may be in any
// order. Errors are *Error.
func FromPKCS12(data []byte, password secret.String) (cert *tls.Certificate, err error) {
	defer guard(&err)
	if err := recognise(data); err != nil {
		return nil, err
	}
	key, first, rest, err := pkcs12.DecodeChain(data, password.Reveal())
	if err != nil {
		return nil, explain(err, password)
	}
	return assemble(key, append([]*x509.Certificate{first}, rest...))
}

// recognise sorts out, before any password is tried, what the library could not read anyway.
func recognise(data []byte) error {
	switch {
	case len(data) == 0:
		return problem(NotPKCS12, "Check the path and how the file got there.", "the PKCS#12 file is empty")
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("-----BEGIN")):
		return problem(NotPKCS12, "Give PEM as a certificate and a private key instead, or convert it with: "+
			"openssl pkcs12 -export -in client.crt -inkey client.key -out client.p12", "the PKCS#12 file holds PEM text")
	case data[0] != 0x30 || len(data) < 2:
		return problem(NotPKCS12,
			"Give a .p12 or .pfx file as it was exported; text that is base64 belongs in the base64 attribute.",
			"the file is not PKCS#12")
	case data[1] == 0x80:
		return errBER()
	}
	if largestInteger(macData(data)) > maxIterations {
		return problem(Unsupported, "Export it with fewer iterations.",
			"the PKCS#12 file asks for more than %d key derivation iterations", maxIterations)
	}
	return nil
}

func errBER() error {
	return problem(BER, convert, "the PKCS#12 file is in the indefinite-length (BER) encoding, as NSS, Firefox and some "+
		"certificate authorities write it, which this program cannot read")
}

// explain turns an error of the library into one of ours. Of the library's texts only those about algorithms are
// passed on; they hold object identifiers and nothing else.
func explain(err error, password secret.String) error {
	var missing pkcs12.NotImplementedError
	text := err.Error()
	contains := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword) && password.Empty():
		return problem(PasswordMissing, "Give its password.",
			"the PKCS#12 file is protected by a password and none was given")
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return problem(WrongPassword, "Check the password, for example with: openssl pkcs12 -in client.p12 -noout",
			"the password does not open the PKCS#12 file")
	case contains("incorrect padding"):
		return problem(WrongPassword, convert, "the password opens the PKCS#12 file but not the private key in it")
	case contains("UCS-2"):
		return problem(PasswordCharacters, "Export it again with a password without such characters.",
			"the password has a character (an emoji, for example) that PKCS#12 passwords cannot have")
	case contains("indefinite length"):
		return errBER()
	case contains("no MAC in data"):
		return problem(NoMAC, convert, "the PKCS#12 file has no integrity protection (MAC), which this program insists on")
	case contains("exactly one key bag"):
		return problem(SeveralKeys, "Export only the certificate that is to be used, with its key.",
			"the PKCS#12 file holds more than one private key")
	case contains("private key missing"):
		return problem(NoKey, "Export it again with its private key; on Windows choose \"Yes, export the private key\".",
			"the PKCS#12 file holds no private key")
	case contains("certificate missing"):
		return problem(NoCertificate, "Export the certificate together with its key.",
			"the PKCS#12 file holds no certificate")
	case errors.As(err, &missing):
		return problem(Unsupported, convert, "the PKCS#12 file uses something this program cannot read (%s)", string(missing))
	}
	return problem(Damaged, "Export it again. "+convert, "the PKCS#12 file is damaged, or is not PKCS#12")
}

// macData returns the third element of the outer sequence: how the file's integrity is protected. The library runs its
// key derivation first, so that nothing else in the file can cost time to one who does not know the password.
func macData(data []byte) []byte {
	var pfx struct {
		Version  asn1.RawValue
		AuthSafe asn1.RawValue
		MacData  asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(data, &pfx); err != nil {
		return nil
	}
	return pfx.MacData.FullBytes
}

// largestInteger walks DER and returns the largest INTEGER in it, maxIterations+1 for one that does not fit.
func largestInteger(der []byte) int64 {
	var largest int64
	for len(der) > 0 {
		var value asn1.RawValue
		rest, err := asn1.Unmarshal(der, &value)
		if err != nil {
			return largest
		}
		der = rest
		found := int64(0)
		if value.IsCompound {
			found = largestInteger(value.Bytes)
		} else if value.Class == asn1.ClassUniversal && value.Tag == asn1.TagInteger {
			if _, err := asn1.Unmarshal(value.FullBytes, &found); err != nil {
				found = maxIterations + 1
			}
		}
		largest = max(largest, found)
	}
	return largest
}
