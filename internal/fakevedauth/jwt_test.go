package fakevedauth_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const pathJWT = "/vedauth/authorize/jwt"

func jwtLogin(jwt string) map[string]string {
	return map[string]string{"client_id": fakevedauth.DefaultClientID, "scope": "certificate:manage", "jwt": jwt}
}

// mapped is a mapping for jobs of a repository, whose owner is the user.
func mapped(issuer *fakevedauth.Issuer) fakevedauth.JWTMapping {
	return fakevedauth.JWTMapping{
		Name: "pipeline", IssuerURI: issuer.URL(),
		PurposeField: "aud", PurposeMatch: "^https://tpp.example.com/vedauth$",
		IDField: "sub", IDMatch: "^repo:([^/]+)/",
	}
}

const audience = "https://tpp.example.com/vedauth"

func goodClaims() fakevedauth.Claims {
	return fakevedauth.Claims{"aud": audience, "sub": "repo:alice/infra:ref:refs/heads/main"}
}

func claim(name string, value any) fakevedauth.Claims {
	claims := goodClaims()
	claims[name] = value
	return claims
}

func jwtFake(t *testing.T, options fakevedauth.Options, mapping fakevedauth.JWTMapping) (*fakevedauth.Server, peer) {
	t.Helper()
	fake := fakevedauth.StartForTest(t, options)
	if err := fake.AddJWTMapping(mapping); err != nil {
		t.Fatal(err)
	}
	return fake, peerOf(t, fake)
}

func TestJWT(t *testing.T) {
	t.Parallel()
	issuer := fakevedauth.StartIssuerForTest(t, nil)
	stranger := fakevedauth.StartIssuerForTest(t, nil)
	now := time.Now().Unix()
	good := issuer.Mint(fakevedauth.RS256, goodClaims())
	for name, c := range map[string]struct {
		jwt    string
		status int
		says   string
	}{
		"RS256":           {good, 200, "access_token"},
		"ES256":           {issuer.Mint(fakevedauth.ES256, goodClaims()), 200, "access_token"},
		"one audience":    {issuer.Mint(fakevedauth.RS256, claim("aud", []string{"x", audience})), 200, ""},
		"unsigned":        {issuer.Mint(fakevedauth.Unsigned, goodClaims()), 401, `algorithm \u0027none\u0027 is not`},
		"forged":          {issuer.Mint(fakevedauth.Forged, goodClaims()), 401, "signature is invalid"},
		"tampered":        {tamper(good), 401, "signature is invalid"},
		"other issuer":    {stranger.Mint(fakevedauth.RS256, goodClaims()), 401, "No JWT mapping"},
		"claimed issuer":  {stranger.Mint(fakevedauth.RS256, claim("iss", issuer.URL())), 401, "signature is invalid"},
		"other audience":  {issuer.Mint(fakevedauth.RS256, claim("aud", "x")), 401, "No JWT mapping"},
		"no audience":     {issuer.Mint(fakevedauth.RS256, claim("aud", nil)), 401, "No JWT mapping"},
		"other subject":   {issuer.Mint(fakevedauth.RS256, claim("sub", "user:alice")), 401, "No JWT mapping"},
		"unknown user":    {issuer.Mint(fakevedauth.RS256, claim("sub", "repo:zoe/infra")), 401, "could not be found"},
		"no rule":         {issuer.Mint(fakevedauth.RS256, claim("sub", "repo:bob/infra")), 400, "local:bob"},
		"expired":         {issuer.Mint(fakevedauth.RS256, claim("exp", now-301)), 401, "expired"},
		"expired in skew": {issuer.Mint(fakevedauth.RS256, claim("exp", now-100)), 200, ""},
		"no expiry":       {issuer.Mint(fakevedauth.RS256, claim("exp", nil)), 401, "expired"},
		"not yet valid":   {issuer.Mint(fakevedauth.RS256, claim("nbf", now+400)), 401, "not yet valid"},
		"from the future": {issuer.Mint(fakevedauth.RS256, claim("iat", now+400)), 401, "not yet valid"},
		"no JWT":          {"a.b", 401, "malformed"},
		"padded":          {good + "=", 401, "malformed"},
		"with a line end": {good + "\n", 401, "malformed"},
		"none":            {"", 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, p := jwtFake(t, fakevedauth.Options{}, mapped(issuer))
			fake.AddUser(fakevedauth.User{Names: []string{"bob", "local:bob"}, Identity: "local:{b}"})
			p.post(pathJWT, jwtLogin(c.jwt)).expect(t, c.status, "", c.says)
			if known := strings.Contains(strings.Join(fake.Secrets(), "\n"), c.jwt); c.status == 200 && !known {
				t.Error("Secrets misses the JWT")
			}
		})
	}
}

// tamper puts other claims under a signature.
func tamper(jwt string) string {
	parts := strings.Split(jwt, ".")
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	changed := strings.Replace(string(claims), "refs/heads/main", "refs/heads/evil", 1)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2]
}

func TestJWTLegacy(t *testing.T) {
	t.Parallel()
	issuer := fakevedauth.StartIssuerForTest(t, nil)
	_, p := jwtFake(t, fakevedauth.Options{Dialect: fakevedauth.Legacy}, mapped(issuer))
	got := p.post(pathJWT, jwtLogin(issuer.Mint(fakevedauth.Forged, goodClaims())))
	got.expect(t, 401, "Failed to issue grant: The JWT signature is invalid", "")
}

// TestJWTGrantee: a mapping to one user, whoever the claims name.
func TestJWTGrantee(t *testing.T) {
	t.Parallel()
	issuer := fakevedauth.StartIssuerForTest(t, nil)
	mapping := mapped(issuer)
	mapping.IDMatch, mapping.Grantee = "infra", "local:alice"
	fake, p := jwtFake(t, fakevedauth.Options{}, mapping)
	p.post(pathJWT, jwtLogin(issuer.Mint(fakevedauth.RS256, claim("sub", "x:infra")))).expect(t, 200, "", "")
	if g := fake.Grants()[0]; g.Identity != fakevedauth.DefaultIdentity || g.Endpoint != fakevedauth.JWT {
		t.Errorf("%+v", g)
	}
}

// TestJWTKeys: where the keys come from, and what becomes of old signatures when they change.
func TestJWTKeys(t *testing.T) {
	t.Parallel()
	issuer := fakevedauth.StartIssuerForTest(t, nil)
	given, fetched, gone := mapped(issuer), mapped(issuer), mapped(issuer)
	renamed := mapped(issuer)
	renamed.JWKS = strings.ReplaceAll(issuer.JWKS(), "256-1", "256-2") // the right keys under wrong names
	given.JWKS, fetched.JWKSURI, gone.JWKSURI = issuer.JWKS(), issuer.URL()+"/jwks", issuer.URL()+"/nowhere"
	before := issuer.Mint(fakevedauth.ES256, goodClaims())
	if err := issuer.Rotate(); err != nil {
		t.Fatal(err)
	}
	after := issuer.Mint(fakevedauth.ES256, goodClaims())
	for name, c := range map[string]struct {
		mapping       fakevedauth.JWTMapping
		before, after int
	}{
		"given":      {given, 200, 401},
		"renamed":    {renamed, 401, 401},
		"fetched":    {fetched, 401, 200},
		"discovered": {mapped(issuer), 401, 200},
		"gone":       {gone, 401, 401},
	} {
		_, p := jwtFake(t, fakevedauth.Options{}, c.mapping)
		if got := p.post(pathJWT, jwtLogin(before)); got.status != c.before {
			t.Errorf("%s, before: %d", name, got.status)
		}
		if got := p.post(pathJWT, jwtLogin(after)); got.status != c.after {
			t.Errorf("%s, after: %d", name, got.status)
		}
	}
}

func TestJWTOnce(t *testing.T) {
	t.Parallel()
	issuer := fakevedauth.StartIssuerForTest(t, nil)
	fake, p := jwtFake(t, fakevedauth.Options{JWTOnce: true, JWTSkew: -1}, mapped(issuer))
	jwt := issuer.Mint(fakevedauth.RS256, goodClaims())
	p.post(pathJWT, jwtLogin(jwt)).expect(t, 200, "", "")
	p.post(pathJWT, jwtLogin(jwt)).expect(t, 401, "", "already been used")
	fake.Advance(601 * time.Second)
	p.post(pathJWT, jwtLogin(jwt)).expect(t, 401, "", "expired")
}

func TestAMappingThatIsNoExpression(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	if fake.AddJWTMapping(fakevedauth.JWTMapping{IDMatch: "("}) == nil {
		t.Error("accepted")
	}
}
