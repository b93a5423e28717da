// Package winauth logs an HTTP request in to a server that wants Windows authentication: NTLM or Kerberos, each on its
// own connection, bound to that connection's certificate (extended protection).
//
// It knows nothing of vedauth: the caller says what to send, and on what transport. Unlike the usual round trippers it
// never shares a connection between users, sends the body with the last step only, and ends after one refusal.
package winauth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth/kerberos"
)

// Mechanism is how the user proves who they are.
type Mechanism string

// The mechanisms.
const (
	// Auto is Kerberos if there is a keytab, a ticket cache, or a user@REALM whose realm has a KDC; else NTLM. It falls
	// back from Kerberos to NTLM if no KDC could be reached or the server offers no Kerberos, and reports that as a
	// warning. It never does after a KDC has refused.
	Auto Mechanism = "auto"
	// Kerberos is Kerberos within SPNEGO.
	Kerberos Mechanism = "kerberos"
	// NTLM is NTLMv2.
	NTLM Mechanism = "ntlm"
	// Negotiate is what Windows chose for the logged-on user. It occurs in results only.
	Negotiate Mechanism = "negotiate"
)

// Credential is who logs in. The zero value is the user who is logged on to this machine, on Windows.
type Credential struct {
	// Username is DOMAIN\user, user@REALM or user.
	Username string
	Password secret.String
	// KeytabFile and CCacheFile are for Kerberos; a ticket cache goes before a keytab, and both before a password. The
	// prefix FILE: is allowed.
	KeytabFile, CCacheFile string
}

// loggedOnUser reports whether nothing is given.
func (c Credential) loggedOnUser() bool {
	return c.Username == "" && c.Password.Empty() && c.KeytabFile == "" && c.CCacheFile == ""
}

// Config is one login.
type Config struct {
	// Transport makes a transport for this login alone. Login changes it (HTTP/1.1, one connection) and may call again
	// for a second attempt. TLS, proxies and trust are the caller's.
	Transport func() *http.Transport
	// NewRequest makes the request of a step. Only if withBody is true is it the real one; otherwise it has to have the
	// same method and URL, and an empty body.
	NewRequest func(ctx context.Context, withBody bool) (*http.Request, error)
	Mechanism  Mechanism
	Credential Credential
	// SPN is the server's name in Kerberos; empty is HTTP/ and the host of the URL.
	SPN string
	// Krb5Conf lists configuration files; empty is the system's, and DNS where there is none.
	Krb5Conf []string
	// FinalTimeout bounds the last step, from its first byte to the headers of the answer and on through its body; so does
	// the context's deadline. That step is not cancelled with the context: the server may have acted on it. 0 is 90 seconds.
	FinalTimeout time.Duration
}

// Result is a login that the server took.
type Result struct {
	// Response answers the real request. It can be of any status but 401 with a challenge. Closing its body closes the
	// connection.
	Response *http.Response
	// Mechanism is the one that was used: Kerberos, NTLM or Negotiate.
	Mechanism Mechanism
	// Warnings are sentences about fallbacks.
	Warnings []string
}

// Login sends the request as the user. Errors: *NoChallengeError, *NotOfferedError, *RefusedError, *TransportError,
// *SetupError, *kerberos.Error, or that of ctx; after a fallback within a *FallbackError.
func Login(ctx context.Context, config Config) (*Result, error) {
	request, err := config.NewRequest(ctx, false)
	if err != nil {
		return nil, err
	}
	if config.SPN == "" {
		config.SPN = "HTTP/" + strings.ToLower(request.URL.Hostname())
	}
	if config.FinalTimeout == 0 {
		config.FinalTimeout = 90 * time.Second
	}
	plan, err := newPlan(ctx, config)
	if err != nil {
		return nil, err
	}
	result, err := twice(ctx, config, plan)
	if fallback, reason := plan.fallback(err); fallback != nil {
		if result, err = twice(ctx, config, fallback); err != nil {
			return nil, &FallbackError{Reason: reason, Err: err}
		}
		result.Warnings = append(result.Warnings, reason)
	}
	return result, err
}

// twice makes an attempt, and one more if the server closed the connection before the last step was sent.
func twice(ctx context.Context, config Config, p *plan) (*Result, error) {
	result, err := attempt(ctx, config, p)
	if errors.Is(err, errConnectionGone) && ctx.Err() == nil {
		result, err = attempt(ctx, config, p)
	}
	if errors.Is(err, errConnectionGone) {
		return nil, &TransportError{Err: errConnectionGone}
	}
	return result, err
}

// plan is what to try.
type plan struct {
	mechanism Mechanism
	// steps makes the mechanism's side of one attempt.
	steps func(spn string) (steps, error)
	// ntlm is the fallback, nil if there is no password for it.
	ntlm *plan
}

func newPlan(ctx context.Context, config Config) (*plan, error) {
	c := config.Credential
	ntlm := ntlmPlan(c)
	switch config.Mechanism {
	case Kerberos, NTLM, Auto, "":
	default:
		return nil, setup("Use auto, kerberos or ntlm.", "there is no mechanism %q", config.Mechanism)
	}
	switch {
	case c.loggedOnUser():
		return loggedOnPlan(config.Mechanism)
	case config.Mechanism == NTLM && ntlm == nil:
		return nil, setup("Set username and password, or use mechanism = \"kerberos\".",
			"NTLM needs a user name and a password")
	case config.Mechanism == NTLM:
		return ntlm, nil
	case config.Mechanism == Kerberos:
		return kerberosPlan(config, nil)
	case c.KeytabFile != "" || c.CCacheFile != "":
		return kerberosPlan(config, ntlm)
	case ntlm == nil:
		return nil, setup("Set username and password, keytab_file or ccache_file.",
			"the credential is incomplete: it has neither a whole user name and password, nor a keytab, nor a ticket cache")
	case !strings.Contains(c.Username, "@"):
		return ntlm, nil
	}
	kdcs, err := loadKerberos(config)
	if err != nil {
		return nil, err
	}
	_, realm, _ := strings.Cut(c.Username, "@")
	if !kdcs.HasKDC(ctx, realm) {
		return ntlm, ctx.Err()
	}
	return kerberosPlan(config, ntlm)
}

func loadKerberos(config Config) (*kerberos.Config, error) {
	files := config.Krb5Conf
	if len(files) == 0 {
		files = kerberos.DefaultFiles()
	}
	return kerberos.LoadConfig(files)
}

// fallback returns the second choice after err, and why, or nil.
func (p *plan) fallback(err error) (next *plan, reason string) {
	if p.ntlm == nil || err == nil {
		return nil, ""
	}
	var failed *kerberos.Error
	var missing *NotOfferedError
	switch {
	case errors.As(err, &failed) && failed.Problem == kerberos.NoKDC:
		return p.ntlm, "NTLM was used in place of Kerberos, because no KDC could be reached: " + failed.Error()
	case errors.As(err, &missing) && missing.offers("ntlm"):
		return p.ntlm, "NTLM was used in place of Kerberos, because the server does not offer Kerberos."
	}
	return nil, ""
}

// SplitPaths splits the value of KRB5_CONFIG into files, as Config.Krb5Conf takes them.
func SplitPaths(value string) []string { return kerberos.SplitPaths(value) }
