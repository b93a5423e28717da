package winauth

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"maps"
	"net/http"
	"testing"
)

func TestParseChallenges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines []string
		want  challenges
	}{
		"a line each":  {[]string{"Negotiate", "NTLM"}, challenges{"negotiate": "", "ntlm": ""}},
		"one line":     {[]string{"Negotiate, NTLM"}, challenges{"negotiate": "", "ntlm": ""}},
		"any case":     {[]string{"nTLM,NEGOTIATE"}, challenges{"negotiate": "", "ntlm": ""}},
		"token":        {[]string{"Negotiate YWJj=="}, challenges{"negotiate": "YWJj=="}},
		"token second": {[]string{"NTLM", "NTLM YWJj"}, challenges{"ntlm": "YWJj"}},
		"quoted commas": {[]string{`Basic realm="a, NTLM, \"b\", c", charset="UTF-8", Negotiate`},
			challenges{"basic": `realm="a, NTLM, \"b\", c"`, "negotiate": ""}},
		"Digest":     {[]string{`Digest realm="x", nonce="y", NTLM`}, challenges{"digest": `realm="x"`, "ntlm": ""}},
		"blanks":     {[]string{" ,, NTLM ,"}, challenges{"ntlm": ""}},
		"open quote": {[]string{`Basic realm="x, NTLM`}, challenges{"basic": `realm="x, NTLM`}},
		"nothing":    {nil, challenges{}},
	} {
		if got := parseChallenges(http.Header{"Www-Authenticate": test.lines}); !maps.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if (challenges{"ntlm": "§§"}).token("ntlm") != nil || string((challenges{"ntlm": "YWJj"}).token("ntlm")) != "abc" {
		t.Error("token")
	}
}

func FuzzParseChallenges(f *testing.F) {
	f.Add(`Basic realm="a, \"b", NTLM abc, Negotiate`)
	f.Fuzz(func(t *testing.T, line string) {
		for scheme := range parseChallenges(http.Header{"Www-Authenticate": {line}}) {
			if scheme == "" {
				t.Error("a scheme without a name")
			}
		}
	})
}

// TestBinding holds the digest against one computed by another program for the three kinds of hash.
func TestBinding(t *testing.T) {
	t.Parallel()
	if binding(nil) != nil || binding(&tls.ConnectionState{}) != nil || digest(nil) != nil {
		t.Error("a binding without TLS")
	}
	for algorithm, want := range map[x509.SignatureAlgorithm]int{
		x509.SHA256WithRSA: 32, x509.ECDSAWithSHA384: 48, x509.SHA512WithRSAPSS: 64, x509.MD5WithRSA: 32,
		x509.SHA1WithRSA: 32, x509.PureEd25519: 32,
	} {
		cert := &x509.Certificate{Raw: []byte("certificate"), SignatureAlgorithm: algorithm}
		bound := binding(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}})
		if got := len(bound) - len("tls-server-end-point:"); got != want {
			t.Errorf("%v: hash of %d bytes, want %d", algorithm, got, want)
		}
	}
	cert := &x509.Certificate{Raw: []byte("certificate"), SignatureAlgorithm: x509.SHA256WithRSA}
	got := hex.EncodeToString(digest(binding(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}})))
	if got != "a8398e96473163fef6cae76013e8ab5a" {
		t.Errorf("digest %s", got)
	}
}
