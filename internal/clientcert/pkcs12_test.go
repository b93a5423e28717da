package clientcert_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/vedauth/terraform-provider-vedauth/internal/clientcert"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const password = "test-only"

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// chain names the certificates that would be presented, leaf first.
func chain(t *testing.T, cert *tls.Certificate) string {
	t.Helper()
	var names []string
	for _, der := range cert.Certificate {
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, parsed.Subject.CommonName)
	}
	if cert.Leaf == nil || cert.Leaf.Subject.CommonName != names[0] {
		t.Errorf("Leaf is not the first certificate of %v", names)
	}
	return strings.Join(names, " < ")
}

func problemOf(err error) clientcert.Problem {
	var known *clientcert.Error
	if errors.As(err, &known) {
		return known.Problem
	}
	return clientcert.Problem(fmt.Sprintf("untyped %T", err))
}

func TestEveryFormOfPKCS12(t *testing.T) {
	t.Parallel()
	const withIntermediate = "test-only-rsa < Test Only Intermediate"
	for _, test := range []struct{ file, password, want string }{
		{"modern", password, "test-only-rsa"},
		{"aes128", password, "test-only-rsa"},
		{"mac-sha512", password, "test-only-rsa"},
		{"mac-sha1", password, "test-only-rsa"},
		{"ec", password, "test-only-ec"},
		{"ed25519", password, "test-only-ed25519"},
		{"unencrypted", password, "test-only-rsa"},
		{"certpbe-none", password, "test-only-rsa"},
		{"legacy-rc2", password, "test-only-rsa"},
		{"legacy-3des", password, "test-only-rsa"},
		{"legacy-ec", password, "test-only-ec"},
		{"windows-3des", password, "test-only-rsa"},
		{"windows-aes256", password, "test-only-rsa"},
		{"many-iterations", password, "test-only-rsa"},
		{"java", password, "test-only-java"},
		{"chain", password, withIntermediate},
		{"chain-legacy", password, withIntermediate},
		{"empty-password", "", "test-only-rsa"},
		{"empty-password-legacy", "", "test-only-rsa"},
		{"unicode-password", "pässwörd €", "test-only-rsa"},
		{"unicode-password-legacy", "pässwörd €", "test-only-rsa"},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			cert, err := clientcert.FromPKCS12(fixture(t, test.file+".p12"), secret.New(test.password))
			if err != nil {
				t.Fatal(err)
			}
			if got := chain(t, cert); got != test.want {
				t.Errorf("chain %q, want %q", got, test.want)
			}
			_, err = clientcert.FromPKCS12(fixture(t, test.file+".p12"), secret.New("not it"))
			if problemOf(err) != clientcert.WrongPassword {
				t.Errorf("wrong password: %v", err)
			}
		})
	}
}

// TestRootFirst: Windows and Azure Key Vault write the authorities first; the leaf is the one that fits the key.
func TestRootFirst(t *testing.T) {
	t.Parallel()
	leaf, err := clientcert.FromPEM(fixture(t, "rsa.crt"), fixture(t, "rsa.pkcs8.key"), secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := pkcs12.Modern.Encode(leaf.PrivateKey, parse(t, "root.crt"),
		[]*x509.Certificate{parse(t, "intermediate.crt"), leaf.Leaf}, password)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := clientcert.FromPKCS12(data, secret.New(password))
	if err != nil {
		t.Fatal(err)
	}
	if got := chain(t, cert); got != "test-only-rsa < Test Only Intermediate" {
		t.Errorf("chain %q", got)
	}
}

func TestWhatPKCS12CannotBe(t *testing.T) {
	t.Parallel()
	modern := fixture(t, "modern.p12")
	for name, test := range map[string]struct {
		data     []byte
		password string
		want     clientcert.Problem
		says     string
	}{
		"NSS": {fixture(t, "nss-ber.p12"), password, clientcert.BER, "openssl pkcs12 -in old.p12 -nodes | " +
			"openssl pkcs12 -export"},
		"no MAC":   {fixture(t, "no-mac.p12"), password, clientcert.NoMAC, "openssl pkcs12 -export"},
		"two keys": {fixture(t, "two-keys.p12"), password, clientcert.SeveralKeys, "Export only"},
		"no key":   {fixture(t, "certificate-only.p12"), password, clientcert.NoKey, "with its private key"},
		"no certificate": {fixture(t, "key-only.p12"), password, clientcert.NoCertificate, "certificate together " +
			"with its key"},
		"no password": {modern, "", clientcert.PasswordMissing, "Give its password"},
		"emoji":       {modern, "pass\U0001F600word", clientcert.PasswordCharacters, "emoji"},
		"cut short":   {modern[:len(modern)-40], password, clientcert.Damaged, "damaged"},
		"empty":       {nil, password, clientcert.NotPKCS12, "empty"},
		"one byte":    {[]byte{0x30}, password, clientcert.NotPKCS12, "not PKCS#12"},
		"PEM": {fixture(t, "rsa.crt"), password, clientcert.NotPKCS12, "openssl pkcs12 -export -in " +
			"client.crt"},
		"base64 taken as raw": {[]byte(base64.StdEncoding.EncodeToString(modern)), password, clientcert.NotPKCS12,
			"base64 attribute"},
		"a certificate": {fixture(t, "rsa.der.crt"), password, clientcert.Damaged, "not PKCS#12"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := clientcert.FromPKCS12(test.data, secret.New(test.password))
			if problemOf(err) != test.want || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %q: %v; want %q saying %q", problemOf(err), err, test.want, test.says)
			}
			if test.password != "" && strings.Contains(err.Error(), test.password) {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}

func TestDecodeBase64(t *testing.T) {
	t.Parallel()
	data := fixture(t, "modern.p12")
	standard := base64.StdEncoding.EncodeToString(data)
	for name, text := range map[string]string{
		"standard": standard, "unpadded": strings.TrimRight(standard, "="), "URL": base64.URLEncoding.EncodeToString(data),
		"wrapped": standard[:64] + "\r\n" + standard[64:] + "\n",
	} {
		if got, err := clientcert.DecodeBase64(text); err != nil || string(got) != string(data) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "  \n", "§", "client.p12"} {
		if _, err := clientcert.DecodeBase64(text); problemOf(err) != clientcert.NotBase64 {
			t.Errorf("%q: %v", text, err)
		}
	}
}
