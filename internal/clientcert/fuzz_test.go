package clientcert_test

import (
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/clientcert"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// FuzzLoad feeds both loaders, beginning with the fixtures that take no long key derivation. No input may panic, and no
// error may be untyped or show the password.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{
		"quick.p12", "quick-legacy.p12", "nss-ber.p12", "no-mac.p12", "rsa.quick.key", "rsa.pkcs1.key", "ec.sec1.key",
		"ed25519.pkcs8.key", "rsa.legacy-aes128.key", "openssh.key", "rsa.root-first.crt", "rsa.der.crt",
	} {
		f.Add(fixture(f, name))
	}
	certificate, key := fixture(f, "rsa.crt"), fixture(f, "rsa.pkcs8.key")
	f.Fuzz(func(t *testing.T, data []byte) {
		_, p12Err := clientcert.FromPKCS12(data, secret.New(password))
		_, keyErr := clientcert.FromPEM(certificate, data, secret.New(password))
		_, certErr := clientcert.FromPEM(data, key, secret.New(password))
		for _, err := range []error{p12Err, keyErr, certErr} {
			if err == nil {
				continue
			}
			if strings.HasPrefix(string(problemOf(err)), "untyped") || strings.Contains(err.Error(), password) {
				t.Errorf("%v", err)
			}
		}
	})
}
