package clientcert_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/clientcert"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

func parse(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(fixture(t, name))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestEveryFormOfKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key, certificate string
		encrypted        bool
	}{
		{"rsa.pkcs1", "rsa", false},
		{"rsa.pkcs8", "rsa", false},
		{"ec.sec1", "ec", false},
		{"ec.pkcs8", "ec", false},
		{"ed25519.pkcs8", "ed25519", false},
		{"rsa.aes256-sha256", "rsa", true},
		{"rsa.aes256-sha1", "rsa", true},
		{"rsa.aes192-sha384", "rsa", true},
		{"rsa.aes256-sha512", "rsa", true},
		{"rsa.des3-sha256", "rsa", true},
		{"rsa.scrypt", "rsa", true},
		{"ec.aes128", "ec", true},
		{"ed25519.aes256", "ed25519", true},
		{"rsa.pbes1-3des", "rsa", true},
		{"rsa.legacy-aes128", "rsa", true},
		{"rsa.legacy-des3", "rsa", true},
		{"ec.legacy-aes256", "ec", true},
	} {
		t.Run(test.key, func(t *testing.T) {
			t.Parallel()
			key, certificate := fixture(t, test.key+".key"), fixture(t, test.certificate+".crt")
			cert, err := clientcert.FromPEM(certificate, key, secret.New(password))
			if err != nil {
				t.Fatal(err)
			}
			if got := chain(t, cert); got != "test-only-"+test.certificate {
				t.Errorf("chain %q", got)
			}
			if !test.encrypted {
				return
			}
			if _, err := clientcert.FromPEM(certificate, key, secret.String{}); problemOf(err) != clientcert.PasswordMissing {
				t.Errorf("without a password: %v", err)
			}
			// Several wrong ones: about one in 256 gives padding that looks right, and must still not give a key.
			for _, wrong := range []string{"not it", "a", "b", "c", "d", "e", "f", "g"} {
				if _, err := clientcert.FromPEM(certificate, key, secret.New(wrong)); problemOf(err) != clientcert.WrongPassword {
					t.Errorf("password %q: %v", wrong, err)
				}
			}
		})
	}
}

func TestPEMChainInAnyOrder(t *testing.T) {
	t.Parallel()
	key := fixture(t, "rsa.pkcs8.key")
	leaf, middle, root := fixture(t, "rsa.crt"), fixture(t, "intermediate.crt"), fixture(t, "root.crt")
	for name, parts := range map[string][][]byte{
		"root first":    {root, middle, leaf},
		"leaf first":    {leaf, middle, root},
		"middle first":  {middle, leaf, root},
		"with the key":  {key, leaf, middle},
		"with a second": {leaf, middle, fixture(t, "ec.crt")},
	} {
		cert, err := clientcert.FromPEM(bytes.Join(parts, []byte("\n")), key, secret.String{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := chain(t, cert); got != "test-only-rsa < Test Only Intermediate" {
			t.Errorf("%s: chain %q", name, got)
		}
	}
}

// TestPEMAsWindowsWritesIt has a byte order mark before it, and ends its lines its own way.
func TestPEMAsWindowsWritesIt(t *testing.T) {
	t.Parallel()
	asWindows := func(name string) []byte {
		return append([]byte("\xef\xbb\xbf"), bytes.ReplaceAll(fixture(t, name), []byte("\n"), []byte("\r\n"))...)
	}
	cert, err := clientcert.FromPEM(asWindows("rsa.crt"), asWindows("rsa.pkcs8.key"), secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	if got := chain(t, cert); got != "test-only-rsa" {
		t.Errorf("chain %q", got)
	}
}

func TestWhatPEMCannotBe(t *testing.T) {
	t.Parallel()
	leaf, key := fixture(t, "rsa.crt"), fixture(t, "rsa.pkcs8.key")
	publicKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1}})
	garbled := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte{0x30, 0x03, 1, 2, 3}})
	for name, test := range map[string]struct {
		certificate, key []byte
		want             clientcert.Problem
		says             string
	}{
		"another's key":   {leaf, fixture(t, "other.pkcs8.key"), clientcert.Mismatch, "none of the 1 certificates"},
		"two keys":        {leaf, fixture(t, "two.key"), clientcert.SeveralKeys, "more than one"},
		"no key":          {leaf, leaf, clientcert.NoKey, "only CERTIFICATE"},
		"public key":      {leaf, publicKey, clientcert.NoKey, "only PUBLIC KEY"},
		"no certificate":  {key, key, clientcert.NoCertificate, "only PRIVATE KEY"},
		"DER certificate": {fixture(t, "rsa.der.crt"), key, clientcert.NotPEM, "openssl x509 -inform der"},
		"DER key":         {leaf, fixture(t, "rsa.der.key"), clientcert.NotPEM, "openssl pkey -inform der"},
		"a path":          {leaf, []byte("client.key"), clientcert.NotPEM, "attribute for files"},
		"empty":           {leaf, nil, clientcert.NotPEM, "is empty"},
		"OpenSSH":         {leaf, fixture(t, "openssh.key"), clientcert.Unsupported, "ssh-keygen -p -m PKCS8"},
		"PBES1 MD5 DES":   {leaf, fixture(t, "rsa.pbes1-md5-des.key"), clientcert.Unsupported, "-provider legacy"},
		"camellia":        {leaf, fixture(t, "rsa.camellia.key"), clientcert.Unsupported, "openssl pkcs8 -topk8"},
		"garbled":         {leaf, garbled, clientcert.Damaged, "cannot be read"},
		"key that is not one": {leaf, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}),
			clientcert.Damaged, "cannot be read"},
		"certificate likewise": {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), key,
			clientcert.Damaged, "number 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := clientcert.FromPEM(test.certificate, test.key, secret.New(password))
			if problemOf(err) != test.want || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %q: %v; want %q saying %q", problemOf(err), err, test.want, test.says)
			}
		})
	}
}

func TestCheckValidity(t *testing.T) {
	t.Parallel()
	cert, err := clientcert.FromPEM(fixture(t, "rsa.crt"), fixture(t, "rsa.pkcs8.key"), secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	from, to := cert.Leaf.NotBefore, cert.Leaf.NotAfter
	for _, good := range []time.Time{from, from.Add(time.Hour), to} {
		if err := clientcert.CheckValidity(cert, good); err != nil {
			t.Errorf("at %v: %v", good, err)
		}
	}
	var invalid *clientcert.ValidityError
	if err := clientcert.CheckValidity(cert, to.Add(time.Second)); !errors.As(err, &invalid) || !invalid.Expired() ||
		!strings.Contains(err.Error(),
			"expired on "+to.UTC().Format(time.RFC3339)) || !strings.Contains(err.Error(), "CN=test-only-rsa") {
		t.Errorf("after: %v", err)
	}
	if err := clientcert.CheckValidity(cert, from.Add(-time.Second)); !errors.As(err, &invalid) || invalid.Expired() ||
		!strings.Contains(err.Error(), "not valid before "+from.UTC().Format(time.RFC3339)) {
		t.Errorf("before: %v", err)
	}
}
