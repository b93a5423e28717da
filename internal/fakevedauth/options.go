package fakevedauth

import (
	"crypto/tls"
	"crypto/x509"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// Endpoint names a call as its path below /vedauth, in lower case.
type Endpoint = refusal.Endpoint

// The calls, named here too so that a test needs one import only.
const (
	OAuth        = refusal.OAuth
	Certificate  = refusal.Certificate
	Integrated   = refusal.Integrated
	JWT          = refusal.JWT
	Device       = refusal.Device
	Token        = refusal.Token
	Verify       = refusal.Verify
	Revoke       = refusal.Revoke
	IsAuthServer = Endpoint("authorize/isauthserver")
	// Any stands for every path, known or not, where faults are injected.
	Any = Endpoint("*")
)

// The two generations of wording, see package refusal.
const (
	Modern = refusal.Modern
	Legacy = refusal.Legacy
)

// Era is a generation of replies: which fields a token comes with.
type Era int

// The eras.
const (
	// Era21 is 21.1 and later: every field.
	Era21 Era = iota
	// Era20 has no refresh_until.
	Era20
	// Era2019 has neither refresh_until nor expires_in.
	Era2019
)

// Carrier says where the text of a refusal travels.
type Carrier int

// The carriers.
const (
	// AsTable: JSON if the table's answer has a code, the reason phrase if it has only a text.
	AsTable Carrier = iota
	// InBody: JSON only.
	InBody
	// InReason: the reason phrase only, no body and no content type.
	InReason
	// InBoth: JSON and reason phrase.
	InBoth
	// InHTML: an error page of IIS, which hides the text.
	InHTML
)

// RevokeBody is what a successful Revoke/Token has for a body; the message is in the reason phrase in any case.
type RevokeBody string

// The bodies seen.
const (
	RevokeEmpty  RevokeBody = ""
	RevokeObject RevokeBody = "{}"
	RevokeText   RevokeBody = "text"
)

// Source is where a client certificate names its user.
type Source int

// The sources.
const (
	// SourceCN is the common name of the subject.
	SourceCN Source = iota
	// SourceUPN is the user principal name among the alternative names.
	SourceUPN
	// SourceEmail is the e-mail address among the alternative names.
	SourceEmail
)

// Options are the knobs of a server. The zero value is a current server with everything enabled. All but the fields
// under "Listening" may be changed while it runs, with Configure.
type Options struct {
	// Now is the clock; nil is time.Now. Advance adds to it.
	Now func() time.Time
	// Password is the default user's; empty is DefaultPassword.
	Password string
	// Empty starts without the default application, user and rule.
	Empty bool

	// Dialect of refusals; empty is Modern.
	Dialect refusal.Dialect
	// Carrier of refusals.
	Carrier Carrier
	// Era of token replies.
	Era Era
	// EscapeSlashes writes "/" as "\/" and "'" as "\u0027" in token replies too (always done elsewhere).
	EscapeSlashes bool
	// PreserveScopeCase keeps the case of scope names as the client wrote it.
	PreserveScopeCase bool
	// UnknownClientText is the description for a client_id that names no application. What real servers say is not
	// known; empty sends the bare code.
	UnknownClientText string

	// Disabled switches off authorize calls, by endpoint. At Token it stands for device codes only.
	Disabled map[Endpoint]bool
	// Absent are calls that the server is too old to have: it answers 404.
	Absent map[Endpoint]bool
	// RefreshDisabled: no refresh token is issued or taken.
	RefreshDisabled bool
	// LockAfter locks a user after that many failed logons in a row; 0 is never. The answer stays the same.
	LockAfter int

	// IsAuthServerStatus is 200 (also when 0) or 202.
	IsAuthServerStatus int
	// RevokeMissStatus answers Revoke/Token for a token that belongs to no grant: 202 (also when 0) or 401.
	RevokeMissStatus int
	// RevokeExpiredStatus answers it for an expired access token, whose grant lives on: 401 (also when 0) or 202.
	RevokeExpiredStatus int
	// RevokeBody is the body of a successful revocation.
	RevokeBody RevokeBody

	// AccessGrace keeps a superseded access token valid for that long after a refresh.
	AccessGrace time.Duration
	// ReuseKillsGrant revokes the grant when one of its spent refresh tokens comes back.
	ReuseKillsGrant bool
	// LowerCaseClientBug imitates servers before 21.3: a refresh is accepted only with client_id in lower case.
	LowerCaseClientBug bool
	// UnusedAccessExpiry ends a grant whose access token expired longer ago than that; 0 is never.
	UnusedAccessExpiry time.Duration

	// CertificateSource is the field of a client certificate that names the user.
	CertificateSource Source
	// ApprovedIssuers are the distinguished names whose certificates are good, as "CN=Clients,O=Example"; nil approves
	// all.
	ApprovedIssuers []string
	// ClientRoots are what the chain of a client certificate must lead to, checked behind the handshake as IIS does;
	// nil takes any chain.
	ClientRoots *x509.CertPool
	// TrustProxyHeaders takes the identity from X-Client-DN and X-Client-Issuer-DN (Authorize/Certificate) or
	// X-Remote-User (Authorize/Integrated), which a proxy in front has established and cleared of forgeries.
	TrustProxyHeaders bool

	// JWTSkew is how far the clocks of server and issuer may differ; 0 is 5 minutes, negative is not at all.
	JWTSkew time.Duration
	// JWTOnce refuses a JWT that has been accepted before.
	JWTOnce bool

	// DeviceExpiry and DeviceInterval are those of the device flow; 0 is DefaultDeviceExpiry, DefaultDeviceInterval.
	DeviceExpiry   time.Duration
	DeviceInterval time.Duration
	// DeviceURI is where the person is sent; empty is a path of this server that does not exist.
	DeviceURI string
	// DeviceSlowDown answers slow_down, and adds 5 s to the interval, when polled too early by the server's clock.
	DeviceSlowDown bool
	// DeviceExpiredToken answers for an expired code with RFC 8628's expired_token, not the vendor's invalid_grant.
	DeviceExpiredToken bool

	// Latency delays every reply, in real time, after the state has changed.
	Latency time.Duration

	// Listening; fixed once started.

	// Addr is the address to listen on; empty is a free port of 127.0.0.1.
	Addr string
	// PlainHTTP listens without TLS, for a server behind a proxy.
	PlainHTTP bool
	// HTTP2 offers h2 to clients.
	HTTP2 bool
	// MinTLS and MaxTLS are versions of crypto/tls; 0 is TLS 1.2 and the newest.
	MinTLS, MaxTLS uint16
	// ClientAuth asks for client certificates in the handshake. ClientCAs are the authorities they must come from
	// where the handshake checks that.
	ClientAuth tls.ClientAuthType
	ClientCAs  *x509.CertPool
}

func (o Options) dialect() refusal.Dialect {
	if o.Dialect == "" {
		return Modern
	}
	return o.Dialect
}

func orStatus(configured, normal int) int {
	if configured == 0 {
		return normal
	}
	return configured
}
