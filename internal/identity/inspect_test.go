package identity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// TestWrapping: what people and shells put around a token is no part of it.
func TestWrapping(t *testing.T) {
	t.Parallel()
	token := mint(t, nil)
	half := len(token) / 2
	for name, text := range map[string]string{
		"plain": token, "newline": token + "\r\n", "blanks": " \t" + token + " ", "byte order mark": "\ufeff" + token,
		"double quotes": `"` + token + `"`, "single quotes": "'" + token + "'", "backquotes": "`" + token + "`",
		"bearer": "Bearer " + token, "BEARER": "BEARER\t" + token, "all": "\n \"bearer  '" + token + "'\"\n",
		"wrapped": token[:half] + "\r\n  " + token[half:], "one quote": token + `"`,
	} {
		claims, err := Inspect(secret.New(text), now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if claims.Token.Reveal() != token {
			t.Errorf("%s: another token", name)
		}
		if len(claims.Warnings) != 0 {
			t.Errorf("%s: warnings %q", name, claims.Warnings)
		}
	}
}

// wrong is everything that Inspect refuses, with words that its error must have. The fuzz tests begin with it.
func wrong(t testing.TB) map[string]struct {
	text  string
	words []string
} {
	t.Helper()
	good := mint(t, nil)
	parts := strings.Split(good, ".")
	header, claims := `{"alg":"RS256"}`, `{"iss":"https://ci.example.com"}`
	type test = struct {
		text  string
		words []string
	}
	return map[string]test{
		"empty":       {"", []string{"value is empty"}},
		"blank":       {" \n", []string{"value is empty"}},
		"quotes only": {`""`, []string{"value is empty"}},
		"variable":    {"$VEDAUTH_ID_TOKEN", []string{"nothing has replaced"}},
		"braces":      {"${VEDAUTH_ID_TOKEN}", []string{"nothing has replaced"}},
		"macro":       {"Bearer $(System.AccessToken)", []string{"nothing has replaced"}},
		"expression":  {"${{ steps.token.outputs.jwt }}", []string{"nothing has replaced"}},
		"percent":     {"%VEDAUTH_ID_TOKEN%", []string{"nothing has replaced"}},
		"template":    {"{{ token }}", []string{"nothing has replaced"}},
		"vedauth token": {
			"AAAAAAAAAAAAAAAAAAAAAA==",
			[]string{"access token or a refresh token of vedauth", "vedauth_refreshed_token"},
		},
		"quoted token":  {`"q83vEjRWeJCrze8SNFZ4kA=="`, []string{"access token or a refresh token of vedauth"}},
		"JWE":           {good + "." + parts[0] + "." + parts[1], []string{"five parts", "JWE"}},
		"file prefix":   {"file:/run/secrets/token", []string{"begins with file:", "jwt_file"}},
		"path":          {"/run/secrets/token", []string{"looks like a path", "jwt_file"}},
		"PEM":           {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", []string{"PEM block"}},
		"JSON":          {`{"value":"` + good + `"}`, []string{"is JSON"}},
		"JSON list":     {`["` + good + `"]`, []string{"is JSON"}},
		"UTF-16":        {"\xff\xfee\x00y\x00", []string{"UTF-16"}},
		"zero byte":     {good + "\x00", []string{"not plain text"}},
		"word":          {"hunter2hunter2", []string{"14 characters and 0 dots"}},
		"one dot":       {parts[0] + "." + parts[1], []string{"1 dot,"}},
		"two tokens":    {good + "\n" + good, []string{"holds 2 tokens"}},
		"no header":     {"." + parts[1] + "." + parts[2], []string{"a part of it is empty"}},
		"no claims":     {parts[0] + ".." + parts[2], []string{"a part of it is empty"}},
		"no signature":  {parts[0] + "." + parts[1] + ".", []string{"has no signature"}},
		"bad signature": {parts[0] + "." + parts[1] + ".a+b/", []string{"signature part is not base64url"}},
		"header base64": {
			"e30+." + parts[1] + "." + parts[2], []string{"header part is not base64url", "plain base64"},
		},
		"claims base64":    {parts[0] + ".!!." + parts[2], []string{"claims part is not base64url"}},
		"header no JSON":   {sealed("no", claims, signature), []string{"header part is not JSON"}},
		"claims no JSON":   {sealed(header, `{"iss":`, signature), []string{"claims part is not JSON"}},
		"claims and more":  {sealed(header, claims+"{}", signature), []string{"claims part is not JSON"}},
		"header list":      {sealed("[]", claims, signature), []string{"header part is JSON, but not an object"}},
		"claims text":      {sealed(header, `"x"`, signature), []string{"claims part is JSON, but not an object"}},
		"claims null":      {sealed(header, `null`, signature), []string{"claims part is JSON, but not an object"}},
		"no alg":           {sealed(`{}`, claims, signature), []string{"names no algorithm"}},
		"alg number":       {sealed(`{"alg":7}`, claims, signature), []string{"names no algorithm"}},
		"alg none":         {sealed(`{"alg":"none"}`, claims, ""), []string{"is not signed", "none"}},
		"alg None, signed": {sealed(`{"alg":" None"}`, claims, signature), []string{"is not signed"}},
		"huge":             {good + strings.Repeat("A", maxToken), []string{"more than 1 MiB"}},
		"deep": {
			sealed(header, strings.Repeat(`{"a":`, 20000)+"1"+strings.Repeat("}", 20000), signature),
			[]string{"claims part is not JSON"},
		},
		"expired": {
			mint(t, map[string]any{"exp": now.Unix() - 192}), []string{"expired 3 minutes 12 seconds ago"},
		},
		"not yet valid": {mint(t, map[string]any{"nbf": now.Unix() + 7200}), []string{"2 hours away (nbf "}},
		"future": {
			mint(t, map[string]any{"iat": now.Unix() + 90}),
			[]string{"issued 1 minute 30 seconds in the future (iat "},
		},
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range wrong(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims, err := Inspect(secret.New(test.text), now)
			secrets := []string{}
			if len(test.text) > 10 && len(test.text) < 1000 {
				secrets = append(secrets, strings.Split(strip(test.text), ".")...)
			}
			if name != "file prefix" && name != "path" {
				wantError(t, err, "", test.words, append(secrets, signature))
			} else {
				wantError(t, err, "", test.words, nil)
			}
			if !claims.Token.Empty() || len(claims.Warnings) != 0 {
				t.Errorf("claims together with an error: %+v", claims)
			}
		})
	}
}

// TestWarnings: what the server has to judge is a warning, and the token is returned.
func TestWarnings(t *testing.T) {
	t.Parallel()
	twice := `{"iss":"https://a","exp":1795428623,"sub":"a","iss":"https://b","sub":"b"}`
	huge := `{"iss":"https://ci.example.com","aud":"a","sub":"s","exp":` + strings.Repeat("9", 500) + `}`
	for name, test := range map[string]struct {
		token string
		words []string
	}{
		"no exp": {mint(t, map[string]any{"exp": nil}), []string{"never expires"}},
		"null exp": {
			sealed(`{"alg":"RS256"}`, `{"iss":"https://a","exp":null}`, signature), []string{"never expires"},
		},
		"just expired":   {mint(t, map[string]any{"exp": now.Unix() - 40}), []string{"expired 40 seconds ago"}},
		"expires soon":   {mint(t, map[string]any{"exp": now.Unix() + 20}), []string{"expires in 20 seconds"}},
		"exp text":       {mint(t, map[string]any{"exp": fmt.Sprint(now.Unix() + 300)}), []string{"exp is text"}},
		"exp other text": {mint(t, map[string]any{"exp": "tomorrow"}), []string{"exp is not a number"}},
		"exp list":       {mint(t, map[string]any{"exp": []int{1}}), []string{"exp is not a number"}},
		"exp object":     {mint(t, map[string]any{"exp": map[string]int{"a": 1}}), []string{"exp is not a number"}},
		"exp millis":     {mint(t, map[string]any{"exp": now.UnixMilli()}), []string{"milliseconds"}},
		"exp huge":       {sealed(`{"alg":"RS256"}`, huge, signature), []string{"exp is not a number"}},
		"exp exponent": {
			sealed(`{"alg":"RS256"}`, `{"iss":"https://a","exp":1e999}`, signature),
			[]string{"a moment that a calendar has"},
		},
		"nbf text":   {mint(t, map[string]any{"nbf": "x"}), []string{"nbf is not a number"}},
		"no iss":     {mint(t, map[string]any{"iss": nil}), []string{"names no issuer"}},
		"iss number": {mint(t, map[string]any{"iss": 7}), []string{"(iss) is not text"}},
		"iss http": {
			mint(t, map[string]any{"iss": "http://ci.example.com"}),
			[]string{"http://ci.example.com", "not an https address"},
		},
		"sub number": {mint(t, map[string]any{"sub": 7}), []string{"(sub) is not text"}},
		"aud number": {mint(t, map[string]any{"aud": 7}), []string{"(aud) is neither"}},
		"aud mixed":  {mint(t, map[string]any{"aud": []any{"a", 7}}), []string{"(aud) is neither"}},
		"HS256": {
			sealed(`{"alg":"HS256"}`, `{"iss":"https://a","exp":1795428623}`, signature),
			[]string{"shared secret", "RS256"},
		},
		"twice": {sealed(`{"alg":"RS256"}`, twice, signature), []string{"iss, sub more than once"}},
	} {
		claims, err := Inspect(secret.New(test.token), now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(claims.Warnings) != 1 {
			t.Errorf("%s: warnings %q", name, claims.Warnings)
		}
		text := strings.Join(claims.Warnings, "\n")
		for _, word := range test.words {
			if !strings.Contains(text, word) {
				t.Errorf("%s: no %q in %q", name, word, text)
			}
		}
		if claims.Token.Reveal() != test.token {
			t.Errorf("%s: another token", name)
		}
		noLeak(t, text+claims.Explain(), append(strings.Split(test.token, "."), signature)...)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	many := make([]string, 12)
	for i := range many {
		many[i] = fmt.Sprintf("a%d", i)
	}
	for name, test := range map[string]struct {
		aud  any
		want []string
	}{
		"text": {"one", []string{"one"}}, "list": {[]string{"one", "two"}, []string{"one", "two"}}, "none": {nil, nil},
		"empty list": {[]string{}, nil},
		"many":       {many, append(slices.Clone(many[:10]), "… and 2 more")},
	} {
		claims, err := Inspect(secret.New(mint(t, map[string]any{"aud": test.aud})), now)
		if err != nil || !slices.Equal(claims.Audience, test.want) {
			t.Errorf("%s: %q, %v", name, claims.Audience, err)
		}
	}
	claims, err := Inspect(secret.New(mint(t, map[string]any{"exp": float64(now.Unix()) + 300.75})), now)
	if err != nil {
		t.Fatal(err)
	}
	if claims.Expires.Format("2006-01-02T15:04:05Z07:00") != "2026-11-23T10:10:23Z" || claims.Algorithm != "RS256" ||
		claims.KeyID != "key-1" || claims.Issuer != "https://token.actions.githubusercontent.com" ||
		claims.Subject != "repo:example/infrastructure:ref:refs/heads/main" {
		t.Errorf("%+v", claims)
	}
	noLeak(t, fmt.Sprintf("%v %+v %#v", claims, claims, claims), claims.Token.Reveal())
}
