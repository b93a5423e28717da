package matrix_test

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

const (
	audience       = "https://tpp.example.com/vedauth"
	issuerURI      = "https://issuer.example.com"
	platformBearer = "bearer-of-the-job-4711"
	scope          = "certificate:manage"
)

// issuer issues the JWTs of all cells; making its keys takes long.
var issuer = sync.OnceValue(func() *fakevedauth.Issuer {
	made, err := fakevedauth.StartIssuer(nil)
	must(err)
	return made
})

// clientCertificate is that of alice.
var clientCertificate = sync.OnceValue(func() (pair struct{ certificate, key string }) {
	authority, err := fakevedauth.NewAuthority("clients")
	must(err)
	issued, err := authority.IssueClient(fakevedauth.ClientSpec{CommonName: fakevedauth.DefaultUser})
	must(err)
	pair.certificate, pair.key, err = fakevedauth.PairPEM(issued)
	must(err)
	return pair
})

// optionsOf are those of the server that a cell needs.
func optionsOf(cell matrix.Cell) fakevedauth.Options {
	var options fakevedauth.Options
	if cell.Grant == matrix.Certificate {
		options.ClientAuth = tls.RequestClientCert
	}
	options.TrustProxyHeaders = cell.Windows() // of the front
	return options
}

// jwt makes a JWT that the server accepts.
func (w *world) jwt() string {
	w.t.Helper()
	err := w.fake.AddJWTMapping(fakevedauth.JWTMapping{
		Name: "pipelines", IssuerURI: issuerURI, JWKS: issuer().JWKS(), PurposeField: "aud", PurposeMatch: "^" + audience + "$",
		IDField: "sub", IDMatch: "^repo:", Grantee: fakevedauth.DefaultIdentity,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	minted := issuer().Mint(fakevedauth.ES256, fakevedauth.Claims{"iss": issuerURI, "aud": audience, "sub": "repo:example/infrastructure"})
	w.secrets = append(w.secrets, minted, platformBearer)
	return minted
}

// providerBlock is the provider block of a cell.
func (w *world) providerBlock() block {
	b := block{
		"url": w.url(), "ca_pem": w.fake.CAPEM() + badCertificates().authority.PEM(),
		"client_id": fakevedauth.DefaultClientID, "scope": scope, "request_timeout": "30s",
		"token_store": w.storeBlock(),
	}
	if w.cell.Fault.Slow {
		b["request_timeout"] = "2s"
		if w.cell.Windows() { // there is more to be done within it
			b["request_timeout"] = "4s"
		}
	}
	password := block{"username": fakevedauth.DefaultUser, "password": fakevedauth.DefaultPassword}
	switch w.cell.Grant {
	case matrix.OAuth, matrix.OAuthKept, matrix.OAuthData:
		b["oauth"] = password
	case matrix.Any:
		b["oauth"], b["jwt"] = password, block{"jwt": w.jwt()}
	case matrix.Info:
		b["access_token"] = w.issue().Access
	}
	return b
}

// url is where the provider finds the server: at the gate, or where nobody listens.
func (w *world) url() string {
	if w.cell.Fault.Wire == matrix.NobodyListens {
		return "https://127.0.0.1:1"
	}
	return w.gate.url()
}

// issue makes a grant that the user has already.
func (w *world) issue() fakevedauth.Tokens {
	w.t.Helper()
	tokens, err := w.fake.Issue(fakevedauth.DefaultClientID, fakevedauth.DefaultUser, scope)
	if err != nil {
		w.t.Fatal(err)
	}
	return tokens
}

// block is the block of a grant: its type and attributes.
func (w *world) block(grant matrix.Grant) (typeName string, config block) {
	w.t.Helper()
	switch grant {
	case matrix.OAuthKept:
		return "vedauth_oauth_token", block{"revoke_on_close": false}
	case matrix.JWT:
		return "vedauth_jwt_token", block{"jwt": w.seed(w.jwt)}
	case matrix.GitHub:
		return "vedauth_jwt_token", block{"github_actions": block{"audience": audience}}
	case matrix.Azure:
		return "vedauth_jwt_token", block{"azure_devops": block{"service_connection_id": "11111111-2222-3333-4444-555555555555"}}
	case matrix.Certificate:
		pair := clientCertificate()
		return "vedauth_certificate_token", block{"certificate_pem": pair.certificate, "private_key_pem": pair.key}
	case matrix.Any:
		return "vedauth_token", block{}
	case matrix.Refreshed, matrix.Stored:
		return "vedauth_refreshed_token", block{"refresh_token": w.seed(func() string { return w.issue().Refresh })}
	case matrix.DeviceCode:
		return "vedauth_device_token", block{"device_code": w.seed(w.confirmedCode)}
	case matrix.Device:
		return "vedauth_device_token", block{}
	case matrix.Remembered:
		return "vedauth_device_token", block{"remember": true}
	case matrix.Info:
		return "vedauth_token_info", block{}
	case matrix.Kerberos, matrix.AutoLogon:
		mechanism := map[matrix.Grant]string{matrix.Kerberos: "kerberos", matrix.AutoLogon: "auto"}[grant]
		return "vedauth_integrated_token", block{
			"mechanism": mechanism, "username": account, "password": accountPassword, "krb5_conf_file": w.krb5Conf,
		}
	default:
		return "vedauth_oauth_token", block{}
	}
}

// platform is what a pipeline gives its jobs: variables with the address of the identity service and the token for it,
// and the field of its answer that holds the JWT.
type platform struct{ address, bearer, field string }

var platforms = map[matrix.Grant]platform{
	matrix.GitHub: {"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "value"},
	matrix.Azure:  {"SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", "oidcToken"},
}

// getenv is the environment: that of a job in a pipeline, if the cell is about one.
func (w *world) getenv(name string) string {
	job, found := platforms[w.cell.Grant]
	switch {
	case !found:
		return ""
	case name == job.address && w.cell.Fault.Wire == matrix.NobodyListens:
		return "http://127.0.0.1:1/"
	case name == job.address:
		return w.service.URL() + "/token?api-version=2.0"
	case name == job.bearer:
		return platformBearer
	}
	return ""
}

// predecessor is the call before the one that a fault of the wire is to strike, if there is one in the same run.
func predecessor(call matrix.Call) refusal.Endpoint {
	switch call {
	case matrix.Spend:
		return fakevedauth.IsAuthServer
	case matrix.Recheck:
		return refusal.Revoke
	default:
		return ""
	}
}

// seed makes what a block is configured with, once for the cell.
func (w *world) seed(fresh func() string) string {
	if w.seeded == "" {
		w.seeded = fresh()
	}
	return w.seeded
}

// confirmedCode is a device code that the person has confirmed elsewhere.
func (w *world) confirmedCode() string {
	w.t.Helper()
	form := url.Values{"client_id": {fakevedauth.DefaultClientID}, "scope": {scope}}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.fake.URL()+"/vedauth/Authorize/Device",
		strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := w.fake.Client().Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var reply struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
	}
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		w.t.Fatal(err)
	}
	if err := w.fake.Approve(reply.UserCode, fakevedauth.DefaultUser); err != nil {
		w.t.Fatal(err)
	}
	return reply.DeviceCode
}
