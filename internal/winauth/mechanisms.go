package winauth

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/winauth/kerberos"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth/ntlm"
)

var errEndless = errors.New("the server keeps asking for one more step of the logon")

func withoutScheme(schemes []string, scheme string) []string {
	return slices.DeleteFunc(schemes, func(s string) bool { return s == scheme })
}

// ntlmPlan returns nil without a user name and password.
func ntlmPlan(c Credential) *plan {
	if c.Username == "" || c.Password.Empty() {
		return nil
	}
	return &plan{mechanism: NTLM, steps: func(spn string) (steps, error) {
		domain, user := ntlmName(c.Username)
		return &ntlmSteps{
			name:  c.Username,
			logon: ntlm.Logon{Domain: domain, User: user, Password: c.Password, SPN: spn},
		}, nil
	}}
}

// ntlmName splits DOMAIN\user. A user principal name goes whole, with an empty domain: the server's directory knows it.
func ntlmName(username string) (domain, user string) {
	if domain, user, found := strings.Cut(username, `\`); found {
		return domain, user
	}
	return "", username
}

// ntlmSteps is three requests: the opening one that every attempt begins with, negotiate, authenticate.
type ntlmSteps struct {
	name    string
	logon   ntlm.Logon
	opening []byte
}

// scheme prefers NTLM by its own name; servers take it within Negotiate, too, as it is.
func (s *ntlmSteps) scheme(offered challenges) string {
	for _, scheme := range []string{"ntlm", "negotiate"} {
		if offered.has(scheme) {
			return scheme
		}
	}
	return ""
}

func (s *ntlmSteps) next(_ context.Context, challenge, binding []byte) (token []byte, last bool, err error) {
	if challenge == nil {
		s.opening = ntlm.Negotiate()
		return s.opening, false, nil
	}
	s.logon.ChannelBinding = digest(binding)
	token, err = ntlm.Answer(s.logon, s.opening, challenge)
	if errors.Is(err, ntlm.ErrChallenge) {
		return nil, false, &TransportError{Err: err}
	}
	return token, true, err
}

func (s *ntlmSteps) more() bool   { return false }
func (s *ntlmSteps) user() string { return s.name }
func (s *ntlmSteps) close()       {}

// kerberosPlan reads keytab or cache at once, so that a damaged one is found before anything is sent. Tickets are kept
// from one attempt to the next, tokens are not.
func kerberosPlan(config Config, fallback *plan) (*plan, error) {
	kdcs, err := loadKerberos(config)
	if err != nil {
		return nil, err
	}
	c := config.Credential
	client, err := kerberos.New(kdcs, kerberos.Credential{
		Username: c.Username, Password: c.Password, KeytabFile: c.KeytabFile, CCacheFile: c.CCacheFile,
	})
	if err != nil {
		return nil, err
	}
	return &plan{mechanism: Kerberos, ntlm: fallback, steps: func(spn string) (steps, error) {
		return &kerberosSteps{client: client, spn: spn}, nil
	}}, nil
}

// kerberosSteps is two requests: the opening one, which shows the server's certificate, and the one with the token.
type kerberosSteps struct {
	client *kerberos.Client
	spn    string
}

func (s *kerberosSteps) scheme(offered challenges) string {
	if offered.has("negotiate") {
		return "negotiate"
	}
	return ""
}

func (s *kerberosSteps) next(ctx context.Context, _, binding []byte) (token []byte, last bool, err error) {
	token, err = s.client.Token(ctx, s.spn, digest(binding))
	return token, true, err
}

func (s *kerberosSteps) more() bool   { return false }
func (s *kerberosSteps) user() string { return s.client.User() }
func (s *kerberosSteps) close()       {}
