package identity

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Claims is what a JWT says of itself. Nothing of it is verified. Its texts are fit for a message: without control
// characters and of bounded length, so not necessarily equal to those of the token.
type Claims struct {
	// Token is the JWT to send, without what stood around it.
	Token secret.String
	// Issuer, Subject and Audience are iss, sub and aud; empty if missing or of another type than text.
	Issuer   string
	Subject  string
	Audience []string
	// Expires is exp in UTC; zero if there is none that can be used.
	Expires time.Time
	// KeyID and Algorithm are kid and alg of the header.
	KeyID     string
	Algorithm string
	// Warnings are sentences about what the server may refuse.
	Warnings []string
}

func (c *Claims) warn(format string, args ...any) {
	c.Warnings = append(c.Warnings, fmt.Sprintf(format, args...))
}

// readHeader takes the key and the algorithm, and refuses a token without a signature.
func (c *Claims) readHeader(header object, signature string) error {
	algorithm, found, good := header.text("alg")
	if !found || !good || algorithm == "" {
		return &Error{
			Problem: "the value is not a JWT: its header names no algorithm (alg)",
			Next:    "Pass the token on as the platform issued it, whole and unchanged.",
		}
	}
	c.Algorithm = show(algorithm)
	kid, _, _ := header.text("kid")
	c.KeyID = show(kid)
	const signed = "Have the platform issue a JWT that is signed with a public key algorithm, such as RS256."
	switch {
	case strings.EqualFold(strings.TrimSpace(algorithm), "none"):
		return &Error{Problem: "the JWT is not signed (its alg is none), so anybody could have written it", Next: signed}
	case signature == "":
		return &Error{
			Problem: "the JWT has no signature: the part behind its second dot is empty",
			Next:    "Pass on the whole token; it may have been cut off.",
		}
	case strings.Trim(signature, base64URLAlphabet) != "":
		return &Error{
			Problem: "the value is not a JWT: its signature part is not base64url",
			Next:    "Pass the token on as the platform issued it, whole and unchanged.",
		}
	case strings.HasPrefix(strings.ToUpper(algorithm), "HS"):
		c.warn("The JWT is signed with a shared secret (alg %s); the server looks for public keys at the issuer and will "+
			"probably refuse it. %s", c.Algorithm, signed)
	}
	return nil
}

const base64URLAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// readNames takes issuer, subject and audience.
func (c *Claims) readNames(claims object) {
	c.warnDuplicates(claims)
	issuer, found, good := claims.text("iss")
	c.Issuer = show(issuer)
	switch {
	case !good:
		c.warn("The JWT's issuer (iss) is not text.")
	case !found:
		c.warn("The JWT names no issuer (iss), by which the server finds the mapping and the keys.")
	case !strings.HasPrefix(issuer, "https://"):
		c.warn("The JWT's issuer (iss = %s) is not an https address; the server may not be able to fetch its keys.", c.Issuer)
	}
	subject, _, good := claims.text("sub")
	c.Subject = show(subject)
	if !good {
		c.warn("The JWT's subject (sub) is not text.")
	}
	audience, _, good := claims.texts("aud")
	if !good {
		c.warn("The JWT's audience (aud) is neither text nor a list of texts.")
		return
	}
	const most = 10
	for i, name := range audience {
		if i == most {
			c.Audience = append(c.Audience, fmt.Sprintf("… and %d more", len(audience)-most))
			break
		}
		c.Audience = append(c.Audience, show(name))
	}
}

// warnDuplicates tells of claims that occur twice: parsers differ on which one counts.
func (c *Claims) warnDuplicates(claims object) {
	var twice []string
	for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "iat"} {
		if len(claims[name]) > 1 {
			twice = append(twice, name)
		}
	}
	if len(twice) > 0 {
		sort.Strings(twice)
		c.warn("The JWT has %s more than once; the server may read another one than is shown here.",
			strings.Join(twice, ", "))
	}
}
