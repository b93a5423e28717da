package provider_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const (
	anyToken  = "vedauth_token"
	issuerURI = "https://pipelines.example.com"
)

// everywhere is a bench whose provider block has every credential; what of them is there is for the test to say.
type everywhere struct {
	*bench
	provider    config
	issuer      *fakevedauth.Issuer
	store, cert string
}

func newEverywhere(t *testing.T) *everywhere {
	t.Helper()
	folder := t.TempDir()
	e := &everywhere{
		bench: newBench(
			t,
			fakevedauth.Options{ClientAuth: tls.RequestClientCert},
			map[string]string{},
		),
		store: filepath.Join(folder, "store"),
		cert:  filepath.Join(folder, "client.pem"),
	}
	e.issuer = fakevedauth.StartIssuerForTest(t, e.fake.Now)
	err := e.fake.AddJWTMapping(fakevedauth.JWTMapping{
		Name: "pipelines", IssuerURI: issuerURI, JWKS: e.issuer.JWKS(), PurposeField: "aud", PurposeMatch: "^vedauth$",
		IDField: "sub", IDMatch: "^repo", Grantee: fakevedauth.DefaultIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	e.provider = e.block(config{
		"token_store": config{"path": e.store, "lock_timeout": "1s"},
		"jwt":         config{"jwt_env": "ID_TOKEN"},
		"certificate": config{"certificate_file": e.cert, "private_key_file": e.cert},
		"integrated":  config{"keytab_file": filepath.Join(folder, "keytab")},
		"oauth":       alice(nil),
	})
	return e
}

// have puts credentials there.
func (e *everywhere) have(names ...string) {
	e.t.Helper()
	for _, name := range names {
		switch name {
		case "jwt":
			e.env["ID_TOKEN"] = e.issuer.Mint(
				fakevedauth.RS256,
				fakevedauth.Claims{"iss": issuerURI, "aud": "vedauth", "sub": "repo"},
			)
		case "refused jwt":
			e.env["ID_TOKEN"] = e.issuer.Mint(
				fakevedauth.RS256,
				fakevedauth.Claims{"iss": issuerURI, "aud": "another", "sub": "repo"},
			)
		case "refresh":
			e.provider["refresh"] = config{"refresh_token": e.seed("certificate:manage")}
		case "dead refresh":
			e.provider["refresh"] = config{"refresh_token": "a refresh token that never was"}
			e.secrets = append(e.secrets, "a refresh token that never was")
		case "certificate", "unknown certificate":
			spec := fakevedauth.ClientSpec{CommonName: fakevedauth.DefaultUser}
			if name != "certificate" {
				spec.CommonName = "mallory"
			}
			e.issueCertificate(spec)
		case "no oauth":
			delete(e.provider, "oauth")
		case "wrong password":
			e.provider["oauth"] = alice(config{"password": "not alice's password"})
			e.secrets = append(e.secrets, "not alice's password")
		case "integrated":
			e.provider["integrated"] = config{
				"username":  `EXAMPLE\alice`,
				"password":  "another of her passwords",
				"mechanism": "ntlm",
			}
			e.secrets = append(e.secrets, "another of her passwords")
		}
	}
}

func (e *everywhere) issueCertificate(spec fakevedauth.ClientSpec) {
	e.t.Helper()
	authority, err := fakevedauth.NewAuthority("Clients")
	if err != nil {
		e.t.Fatal(err)
	}
	pair, err := authority.IssueClient(spec)
	if err != nil {
		e.t.Fatal(err)
	}
	certificate, key, err := fakevedauth.PairPEM(pair)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(e.cert, []byte(certificate+key), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// asked lists the authorize calls, and refreshes, that the server got, in order and without repetition.
func (e *everywhere) asked() string {
	var endpoints []string
	for _, request := range e.fake.Requests() {
		if name, ok := strings.CutPrefix(
			string(request.Endpoint),
			"authorize/",
		); ok && name != "isauthserver" &&
			name != "verify" {
			endpoints = append(endpoints, name)
		}
	}
	return strings.Join(slices.Compact(endpoints), " ")
}
