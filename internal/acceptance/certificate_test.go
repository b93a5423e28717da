package acceptance_test

import (
	"crypto/tls"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// keyPassword opens every fixture that has a password.
const keyPassword = "test-only"

// fixture is the path of one of package clientcert's files: a certificate or key in a form that users have.
func fixture(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "clientcert", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// certificateWorld is a world whose server asks for client certificates, and knows those of the fixtures and "alice".
func certificateWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, fakevedauth.Options{ClientAuth: tls.RequestClientCert})
	for _, name := range []string{"test-only-rsa", "test-only-ec", "test-only-ed25519"} {
		w.fake.AddUser(fakevedauth.User{Names: []string{name}, Identity: "local:" + name}, fakevedauth.DefaultClientID)
	}
	w.password(keyPassword)
	return w
}

// token writes a configuration with one token of a type.
func (w *world) token(kind, content string) {
	const block = "ephemeral \"vedauth_%s_token\" \"t\" {\n  scope = \"certificate\"\n  %s\n}\n"
	w.write("main.tf", fmt.Sprintf(block, kind, content))
}

// TestEveryFormOfACertificate logs in with each and revokes with it too.
func TestEveryFormOfACertificate(t *testing.T) {
	t.Parallel()
	p12 := func(name string) string { return fmt.Sprintf("pkcs12_file = %q\n", fixture(t, name)) }
	files := func(cert, key string) string {
		return fmt.Sprintf("certificate_file = %q\n  private_key_file = %q\n", fixture(t, cert), fixture(t, key))
	}
	pem := func(cert, key string) string {
		return fmt.Sprintf("certificate_pem = file(%q)\n  private_key_pem = file(%q)\n", fixture(t, cert), fixture(t, key))
	}
	const opened, keyOpened = "  pkcs12_password = var.password", "  private_key_password = var.password"
	for name, test := range map[string]struct {
		block, as string
		env       map[string]string
	}{
		"pkcs12_file":                 {block: p12("modern.p12") + opened},
		"pkcs12_file, legacy":         {block: p12("legacy-rc2.p12") + opened},
		"pkcs12_file with a chain":    {block: p12("chain.p12") + opened},
		"pkcs12_file, no password":    {block: p12("empty-password.p12")},
		"pkcs12_file, empty password": {block: p12("empty-password-legacy.p12") + `  pkcs12_password = ""`},
		"pkcs12_base64": {
			block: fmt.Sprintf("pkcs12_base64 = filebase64(%q)\n", fixture(t, "ec.p12")) + opened,
			as:    "test-only-ec",
		},
		"PEM":                        {block: pem("rsa.crt", "rsa.pkcs1.key")},
		"PEM, the authorities first": {block: pem("rsa.root-first.crt", "rsa.pkcs8.key")},
		"PEM, encrypted":             {block: pem("ec.crt", "ec.aes128.key") + keyOpened, as: "test-only-ec"},
		"files":                      {block: files("ed25519.crt", "ed25519.pkcs8.key"), as: "test-only-ed25519"},
		"files, old encryption":      {block: files("rsa.crt", "rsa.legacy-des3.key") + keyOpened},
		"VEDAUTH_PKCS12_FILE": {
			env: map[string]string{"VEDAUTH_PKCS12_FILE": fixture(t, "modern.p12"), "VEDAUTH_PKCS12_PASSWORD": keyPassword},
		},
		"VENAFI_P12_CERTIFICATE": {
			env: map[string]string{"VENAFI_P12_CERTIFICATE": fixture(t, "modern.p12"), "VENAFI_P12_PASSWORD": keyPassword},
		},
		"the block before the variables": {
			block: files("ec.crt", "ec.sec1.key"), as: "test-only-ec",
			env: map[string]string{"VEDAUTH_PKCS12_FILE": "/no/such"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := certificateWorld(t)
			for name, value := range test.env {
				w.space.Setenv(name, value)
			}
			if test.as == "" {
				test.as = "test-only-rsa"
			}
			w.token("certificate", test.block)
			w.must("plan")
			w.nothingLeft()
			if grants := w.fake.Grants(); len(grants) != 1 || grants[0].Identity != "local:"+test.as {
				t.Errorf("%+v, want one grant of %s", grants, test.as)
			}
			for _, request := range w.fake.Requests() {
				if !strings.Contains(request.ClientCertificate, "CN="+test.as) || request.TLSVersion != tls.VersionTLS13 {
					t.Errorf("%s came with %q over %x", request.Path, request.ClientCertificate, request.TLSVersion)
				}
			}
		})
	}
}

// TestCertificateInTheProviderBlock serves the ephemeral resource and the data source, each with a grant of its own.
func TestCertificateInTheProviderBlock(t *testing.T) {
	t.Parallel()
	w := certificateWorld(t)
	w.write("main.tf", fmt.Sprintf(`
provider "vedauth" {
  alias       = "c"
  url         = %q
  client_id   = "terraform"
  scope       = "certificate"
  ca_file     = "${path.module}/ca.pem"
  certificate = { pkcs12_file = %q, pkcs12_password = var.password }
}

ephemeral "vedauth_certificate_token" "t" {
  provider = vedauth.c
}

data "vedauth_certificate_token" "t" {
  provider = vedauth.c
}

output "identity" {
  value = data.vedauth_certificate_token.t.identity
}
`, w.fake.URL(), fixture(t, "modern.p12")))
	w.must("apply")
	if got := w.must("output", "-raw", "identity").Stdout; got != "local:test-only-rsa" {
		t.Errorf("identity %q", got)
	}
	if ledger := w.fake.Ledger(); ledger.Live != 1 || ledger.Issued < 2 {
		t.Errorf("%v, want one live: that of the data source", ledger)
	}
}

// TestHalfACertificate: what does not belong together is said by validate, without a request.
func TestHalfACertificate(t *testing.T) {
	t.Parallel()
	w := certificateWorld(t)
	for block, says := range map[string][]string{
		`certificate_pem = "x"`:                               {"certificate_pem", "private_key_pem"},
		`private_key_file = "x"`:                              {"private_key_file", "certificate_file"},
		"pkcs12_file = \"x\"\n  pkcs12_base64 = \"x\"":        {"pkcs12_file", "pkcs12_base64"},
		"pkcs12_file = \"x\"\n  certificate_file = \"x\"":     {"pkcs12_file", "certificate_file"},
		"pkcs12_file = \"x\"\n  private_key_password = \"x\"": {"pkcs12_file", "private_key_password"},
		"certificate_pem = \"x\"\n  private_key_file = \"x\"": {"certificate_pem", "private_key_file"},
		"private_key_pem = \"x\"\n  pkcs12_password = \"x\"":  {"private_key_pem", "pkcs12_password"},
		`pkcs12_file = ""`:                                    {"pkcs12_file", "empty"},
	} {
		w.token("certificate", block)
		w.mustFail([]string{"validate"}, says...)
	}
	if requests := w.fake.Requests(); len(requests) != 0 {
		t.Errorf("%d requests", len(requests))
	}
}

// TestACertificateThatCannotBeUsed is told apart from one that the server does not like, before anything is sent.
func TestACertificateThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	clients, err := fakevedauth.NewAuthority("clients")
	if err != nil {
		t.Fatal(err)
	}
	issue := func(spec fakevedauth.ClientSpec) (string, string) {
		pair, err := clients.IssueClient(spec)
		if err != nil {
			t.Fatal(err)
		}
		cert, key, err := fakevedauth.PairPEM(pair)
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	yesterday, tomorrow := time.Now().AddDate(0, 0, -1), time.Now().AddDate(0, 0, 1)
	before := yesterday.AddDate(0, 0, -1)
	expired, expiredKey := issue(fakevedauth.ClientSpec{CommonName: "alice", NotBefore: before, NotAfter: yesterday})
	early, earlyKey := issue(fakevedauth.ClientSpec{CommonName: "alice", NotBefore: tomorrow})
	p12 := func(name string) string {
		return fmt.Sprintf("pkcs12_file = %q\n  pkcs12_password = var.password", fixture(t, name))
	}
	files := func(cert, key string) string {
		return fmt.Sprintf("certificate_file = %q\n  private_key_file = %q\n  ", fixture(t, cert), fixture(t, key))
	}
	blocks := map[string]struct {
		block string
		says  []string
	}{
		"wrong_password": {
			fmt.Sprintf("pkcs12_file = %q\n  pkcs12_password = \"wr0ng-passw0rd\"", fixture(t, "modern.p12")),
			[]string{"pkcs12_password", "does not open the PKCS#12 file"},
		},
		"no_password": {
			fmt.Sprintf("pkcs12_file = %q", fixture(t, "modern.p12")),
			[]string{"pkcs12_password", "Give its password"},
		},
		"no_file":   {p12("none.p12"), []string{"pkcs12_file", "no such file"}},
		"no_key":    {p12("certificate-only.p12"), []string{"holds no private key"}},
		"two_keys":  {p12("two-keys.p12"), []string{"more than one private key"}},
		"no_mac":    {p12("no-mac.p12"), []string{"openssl pkcs12"}},
		"ber":       {p12("nss-ber.p12"), []string{"openssl pkcs12 -in"}},
		"no_base64": {`pkcs12_base64 = "§"`, []string{"pkcs12_base64", "base64"}},
		"another_key": {
			files("rsa.crt", "other.pkcs8.key"),
			[]string{"private key"},
		},
		"wrong_key_password": {
			files("rsa.crt", "rsa.scrypt.key") + `private_key_password = "wr0ng-passw0rd"`,
			[]string{"private_key_password"},
		},
		"expired": {
			fmt.Sprintf("certificate_pem = %q\n  private_key_pem = %q", expired, expiredKey),
			[]string{"certificate_pem", "expired"},
		},
		"early": {
			fmt.Sprintf("certificate_pem = %q\n  private_key_pem = %q", early, earlyKey),
			[]string{"certificate_pem", "not valid before"},
		},
		"nothing": {
			"",
			[]string{
				"Missing pkcs12_file", "VEDAUTH_PKCS12_FILE and VEDAUTH_PKCS12_PASSWORD",
				"VENAFI_P12_CERTIFICATE and VENAFI_P12_PASSWORD",
			},
		},
	}
	w := certificateWorld(t)
	var main strings.Builder
	for name, test := range blocks {
		const block = "ephemeral \"vedauth_certificate_token\" %q {\n  scope = \"certificate\"\n  %s\n}\n"
		fmt.Fprintf(&main, block, name, test.block)
	}
	w.write("main.tf", main.String())
	result := w.mustFail([]string{"plan"})
	for name, test := range blocks {
		message := unwrap(about(result.Stderr, "vedauth_certificate_token."+name))
		for _, text := range test.says {
			if !strings.Contains(message, text) {
				t.Errorf("%s: %q does not say %q", name, message, text)
			}
		}
	}
	if strings.Contains(unwrap(result.Stderr), "PRIVATE KEY-----") || strings.Contains(result.Stderr, keyPassword+"\"") {
		t.Errorf("a secret in:\n%s", result.Stderr)
	}
	if requests := w.fake.Requests(); len(requests) != 0 {
		t.Errorf("%d requests", len(requests))
	}
}
