package provider_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// contents are what people put where the path of a file belongs. All but the first are secrets.
func contents() map[string]string {
	filling := strings.Repeat("0123456789abcdef", 8)
	return map[string]string{
		"a certificate":  "-----BEGIN CERTIFICATE-----\nMIIB" + filling + "\n-----END CERTIFICATE-----\n",
		"a key":          "-----BEGIN PRIVATE KEY-----\nMIIE" + filling + "\n-----END PRIVATE KEY-----\n",
		"a PKCS#12 file": base64.StdEncoding.EncodeToString([]byte("\x30\x82\x09\xa9\x02\x01\x03" + filling)),
		"a keytab":       base64.StdEncoding.EncodeToString([]byte("\x05\x02\x00\x00\x00\x47" + filling)),
		"a ticket cache": base64.URLEncoding.EncodeToString([]byte("\x05\x04\x00\x0c\x00\x01" + filling)),
	}
}

// TestContentInPlaceOfAPath: the text goes into no message, as the name of a file that does not exist would.
func TestContentInPlaceOfAPath(t *testing.T) {
	t.Parallel()
	for name, content := range contents() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fakevedauth.Options{}, nil)
			b.secrets = append(b.secrets, content)
			const certificate, integrated = "certificate", "integrated"
			for _, at := range []struct{ grant, attribute, beside string }{
				{certificate, "pkcs12_file", "pkcs12_password"}, {certificate, "certificate_file", "private_key_file"},
				{certificate, "private_key_file", "certificate_file"}, {integrated, "keytab_file", "spn"},
				{integrated, "ccache_file", "spn"}, {integrated, "krb5_conf_file", "spn"},
			} {
				block := config{at.attribute: content, at.beside: "x"}
				b.wantError(b.validateEphemeral("vedauth_"+at.grant+"_token", block), at.attribute, "content of a file", "give the path")
				b.wantError(b.validate(config{at.grant: block}), at.grant+"."+at.attribute, "content of a file", "give the path")
			}
			b.wantError(b.validate(config{"ca_file": content}), "ca_file", "content of a file", "give the path")
		})
	}
}

// TestContentInPlaceOfAPathInTheEnvironment is found when the credential is needed.
func TestContentInPlaceOfAPathInTheEnvironment(t *testing.T) {
	t.Parallel()
	for name, content := range contents() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, of := range []struct{ variable, beside, typeName, attribute, any string }{
				{"VEDAUTH_PKCS12_FILE", "VEDAUTH_PKCS12_PASSWORD", "certificate", "pkcs12_file", "pkcs12_file"},
				{"VENAFI_P12_CERTIFICATE", "VENAFI_P12_PASSWORD", "certificate", "pkcs12_file", "pkcs12_file"},
				{"KRB5_KTNAME", "KRB5_CONFIG", "integrated", "keytab_file", "grants"},
				{"KRB5CCNAME", "KRB5_CONFIG", "integrated", "ccache_file", "grants"},
			} {
				b := newBench(t, fakevedauth.Options{}, map[string]string{of.variable: content, of.beside: "x"})
				b.secrets = append(b.secrets, content)
				b.must(b.configure(b.block(nil)))
				b.wantError(b.read("vedauth_"+of.typeName+"_token", nil).diags, of.attribute, of.variable, "content of a file")
				b.wantError(b.read("vedauth_token", nil).diags, of.any)
			}
		})
	}
}

// TestPathsThatLookOdd are paths all the same.
func TestPathsThatLookOdd(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	for _, path := range []string{
		"MI", "MIIB.p12", "/" + strings.Repeat("MIIBabcd/", 20) + "x", "BQI", "C:\\keys\\client.p12", "über ./a=b.p12",
		strings.Repeat("a", 300), "FILE:/tmp/krb5cc_0",
	} {
		b.must(b.validateEphemeral("vedauth_certificate_token", config{"pkcs12_file": path}))
		b.must(b.validateEphemeral("vedauth_integrated_token", config{"ccache_file": path}))
	}
}

// TestVariablesThatAreNoUTF8: what would be sent is another password than the one that was meant, and a failed logon.
func TestVariablesThatAreNoUTF8(t *testing.T) {
	t.Parallel()
	const latin1 = "p\xe4ssword of alice"
	b := newBench(t, fakevedauth.Options{}, map[string]string{"VEDAUTH_USERNAME": "alice", "VEDAUTH_PASSWORD": latin1})
	b.secrets = append(b.secrets, latin1, "ssword of alice")
	b.must(b.configure(b.block(nil)))
	b.wantError(b.open(nil).diags, "password", "VEDAUTH_PASSWORD", "not text in UTF-8")
	b.wantRequests(fakevedauth.OAuth, 0)
}
