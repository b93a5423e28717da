package vedauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth/kerberos"
)

// IntegratedRequest is a login with Windows authentication, NTLM or Kerberos, at Authorize/Integrated.
type IntegratedRequest struct {
	// ClientID is the Application ID of the API integration; case-sensitive. Required.
	ClientID string
	// Scope is what the token is to be used for, as in "certificate:manage". Required.
	Scope string
	// State is free text that the server may record. Optional.
	State string
	// Mechanism is auto, kerberos or ntlm; empty is auto.
	Mechanism winauth.Mechanism
	// Credential is who logs in; the zero value is the user who is logged on to a Windows machine.
	Credential winauth.Credential
	// SPN is the server's name in Kerberos; empty is HTTP/ and the host of the server's address.
	SPN string
	// Krb5Conf lists Kerberos configuration files; empty is the system's.
	Krb5Conf []string
	// Warn receives a sentence for each fallback. Optional.
	Warn func(string)
}

// Integrated logs in with Windows authentication, on a connection of its own. A wrong password is one failed logon.
func (c *Client) Integrated(ctx context.Context, r IntegratedRequest) (*Token, error) {
	body := struct {
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
		State    string `json:"state,omitempty"`
	}{r.ClientID, r.Scope, r.State}
	exchange := func(ctx context.Context, sending request, state *progress) (*answer, error) {
		return c.logOn(ctx, r, sending, state)
	}
	return c.authorizeBy(ctx, exchange, refusal.Integrated, makesGrant, r.ClientID, body, r.Credential.Password)
}

// logOn sends the request once, by way of a Windows logon.
func (c *Client) logOn(ctx context.Context, r IntegratedRequest, sending request, state *progress) (*answer, error) {
	result, err := winauth.Login(ctx, winauth.Config{
		Transport: c.anchors.wide().kept.Clone,
		NewRequest: func(ctx context.Context, withBody bool) (*http.Request, error) {
			if !withBody {
				return c.bareRequest(ctx, sending)
			}
			final, err := c.newRequest(ctx, sending, state)
			if err == nil {
				final.Close = true // on a connection that is kept, net/http logs what comes behind the answer
			}
			return final, err
		},
		Mechanism: r.Mechanism, Credential: r.Credential, SPN: r.SPN, Krb5Conf: r.Krb5Conf, FinalTimeout: c.config.Timeout,
	})
	if err != nil {
		return c.failedLogon(sending, err)
	}
	defer func() { _ = result.Response.Body.Close() }()
	if r.Warn != nil {
		for _, warning := range result.Warnings {
			r.Warn(warning)
		}
	}
	return readAnswer(result.Response), nil
}

// failedLogon turns what ended a logon into an answer to be judged like any other, or into the judgement itself.
func (c *Client) failedLogon(r request, err error) (*answer, error) {
	var fallback *winauth.FallbackError
	if errors.As(err, &fallback) {
		got, err := c.failedLogon(r, fallback.Err)
		var judged *judgedError
		if errors.As(err, &judged) {
			judged.failure.next = fallback.Reason + " " + judged.failure.next
		}
		return got, err
	}
	var (
		unasked    *winauth.NoChallengeError
		notOffered *winauth.NotOfferedError
		refused    *winauth.RefusedError
		setup      *winauth.SetupError
		ticket     *kerberos.Error
		transport  *winauth.TransportError
	)
	switch {
	case errors.As(err, &unasked):
		got := readAnswer(unasked.Response)
		switch got.status {
		case http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			return nil, c.refuseLogon(r, got, refusal.Disabled, "the server does not ask for Windows authentication",
				"Have an administrator enable Windows authentication, and disable anonymous authentication, in IIS for the "+
					"path /vedauth/Authorize/Integrated; or use another grant.")
		}
		return got, nil
	case errors.As(err, &notOffered):
		return nil, c.refuseLogon(r, nil, refusal.Disabled, notOffered.Detail(), notOffered.Next())
	case errors.As(err, &refused):
		got := readAnswer(refused.Response)
		if got.isVedauth() { // The logon was taken. IIS adds its challenge to every 401, whoever says it.
			return got, nil
		}
		return nil, c.refuseLogon(r, got, refusal.Credentials, refused.Detail(), refused.Next())
	case errors.As(err, &setup):
		return nil, c.refuseLogon(r, nil, refusal.Client, setup.Detail, setup.Next)
	case errors.As(err, &ticket):
		return nil, c.noTicket(r, ticket)
	case errors.As(err, &transport):
		return nil, transport.Err
	default:
		return nil, err
	}
}

// isVedauth tells vedauth's own words from the answers of the server in front of it, which sends a page or nothing.
func (a *answer) isVedauth() bool { return a.oauth.Error != "" || !a.isPage() && a.words() != "" }

// judgedError is a failure that needs no further judgement.
type judgedError struct{ failure *Error }

func (e *judgedError) Error() string { return e.failure.Error() }

func (c *Client) refuseLogon(r request, got *answer, class refusal.Class, problem, next string) error {
	failure := c.failure(r, Refused, got)
	failure.Page = got != nil && got.isPage()
	// The problem may name what the server calls its schemes, and a KDC the user.
	failure.problem, failure.next, failure.Row = clean(problem, r.secrets), next, refusal.Row{ID: "windows-logon", Class: class}
	return &judgedError{failure}
}

// noTicket is the failure of a Kerberos logon before the server was asked. What a KDC has refused may have been a
// failed logon; what it could not be asked was none.
func (c *Client) noTicket(r request, ticket *kerberos.Error) error {
	detail := ticket.Detail
	if ticket.Err != nil { // which file it was, or which address
		detail += ": " + ticket.Err.Error()
	}
	failure := c.failure(r, Refused, nil)
	failure.problem, failure.next = clean(detail, r.secrets), ticket.Next
	failure.Row = refusal.Row{ID: "kerberos", Class: refusal.Client}
	switch ticket.Problem {
	case kerberos.NoKDC, kerberos.NoAnswer:
		failure.Kind = Unreachable
	case kerberos.WrongPassword, kerberos.UnknownUser, kerberos.AccountRevoked, kerberos.PasswordExpired, kerberos.Policy,
		kerberos.OtherRefusal:
		failure.Row.Class = refusal.Credentials
	}
	return &judgedError{failure}
}
