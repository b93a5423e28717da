package winauth

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// errConnectionGone says that the server closed the connection on which a logon was under way, before the step that
// counts. Beginning again is safe.
var errConnectionGone = errors.New("the server closed the connection in the middle of the logon")

// SetupError is a credential or setting that cannot work, found before anything was sent.
type SetupError struct{ Detail, Next string }

// Error joins the sentences.
func (e *SetupError) Error() string { return e.Detail + ". " + e.Next }

func setup(next, detail string, args ...any) *SetupError {
	return &SetupError{Detail: fmt.Sprintf(detail, args...), Next: next}
}

// FallbackError is the failure of a second choice.
type FallbackError struct {
	// Reason says, in a sentence, why it was not the first.
	Reason string
	Err    error
}

// Error joins the sentences.
func (e *FallbackError) Error() string { return e.Err.Error() + " " + e.Reason }

// Unwrap returns the failure itself.
func (e *FallbackError) Unwrap() error { return e.Err }

// NoChallengeError is an answer to the opening request that asks for no Windows authentication. The request proper was
// not sent, so the answer is only about a request without body.
type NoChallengeError struct {
	// Response is that answer, its body read (up to 1 MiB) and readable again.
	Response *http.Response
}

// Error names the status.
func (e *NoChallengeError) Error() string {
	return fmt.Sprintf("the server did not ask for Windows authentication (status %d). Windows authentication has to be enabled in IIS for the path, and anonymous authentication disabled; or use another grant.",
		e.Response.StatusCode)
}

// NotOfferedError is a challenge for other mechanisms than the wanted one.
type NotOfferedError struct {
	Wanted Mechanism
	// Offered are the schemes of the server's challenge, in lower case.
	Offered []string
}

func (e *NotOfferedError) offers(scheme string) bool { return slices.Contains(e.Offered, scheme) }

// Error joins the sentences.
func (e *NotOfferedError) Error() string { return e.Detail() + ". " + e.Next() }

// Detail names what was wanted and what is offered.
func (e *NotOfferedError) Detail() string {
	return fmt.Sprintf("the server does not offer %s, only %s", e.Wanted, strings.Join(e.Offered, ", "))
}

// Next is what to do.
func (e *NotOfferedError) Next() string {
	if e.Wanted == NTLM {
		return "Use Kerberos: a username of the form user@REALM, a keytab or a ticket cache; or have an administrator add the provider NTLM or Negotiate to Windows authentication in IIS."
	}
	return "Use mechanism = \"ntlm\", or have an administrator add the provider Negotiate to Windows authentication in IIS."
}

// RefusedError is a 401 after a complete handshake. vedauth itself may be the one who says it: see the answer's body.
type RefusedError struct {
	Mechanism Mechanism
	// User is who tried, without a password.
	User string
	// Response is the answer, its body read (up to 1 MiB) and readable again.
	Response *http.Response
}

// Error joins the sentences.
func (e *RefusedError) Error() string { return e.Detail() + ". " + e.Next() }

// Detail says who was refused.
func (e *RefusedError) Detail() string {
	return fmt.Sprintf("the server refused the Windows logon of %s by %s (401 after a complete handshake)", e.User, e.Mechanism)
}

// Next says what to look at.
func (e *RefusedError) Next() string {
	common := " If a proxy or load balancer ends TLS in front of the server, extended protection has to be off in IIS."
	if e.Mechanism == Kerberos {
		return "The KDC accepted the user, so look at the server: its clock, and whether spn is registered for the account that runs it (setspn -Q)." + common
	}
	return "Check username, its domain and password, and whether the account is locked or NTLM is restricted. The logon was tried once; every further try may count as a failed one." + common
}

// TransportError is a failure of the network or of HTTP.
type TransportError struct {
	// Sent is true if the request proper may have reached the server, which then may have acted on it.
	Sent bool
	Err  error
}

// Error names the cause.
func (e *TransportError) Error() string {
	if e.Sent {
		return "the request was sent and no answer came: " + e.Err.Error()
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }
