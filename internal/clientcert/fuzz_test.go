package clientcert_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/clientcert"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// FuzzLoad feeds both loaders; the corpus is every fixture. No input may panic, and no error may be untyped or show
// the password or a piece of the input that looks like a key.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	certificate := fixture(f, "rsa.crt")
	const unusual = "Un-usual-Pa55word"
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, try := range []secret.String{secret.New(password), secret.New(unusual), {}} {
			_, p12Err := clientcert.FromPKCS12(data, try)
			_, keyErr := clientcert.FromPEM(certificate, data, try)
			_, certErr := clientcert.FromPEM(data, fixture(t, "rsa.pkcs8.key"), try)
			for _, err := range []error{p12Err, keyErr, certErr} {
				if err == nil {
					continue
				}
				if strings.HasPrefix(string(problemOf(err)), "untyped") || strings.Contains(err.Error(), unusual) {
					t.Errorf("%v", err)
				}
			}
		}
	})
}
