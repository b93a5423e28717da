package kerberos

import (
	"fmt"
	"time"
)

// Problem names what went wrong, for code that decides and for tests. The sentences are in Error.
type Problem string

// The problems. The first group is a KDC's refusal: asking again, or asking by another mechanism with the same
// password, may lock the account.
const (
	WrongPassword   Problem = "wrong password"
	UnknownUser     Problem = "unknown user"
	AccountRevoked  Problem = "account locked, disabled or expired"
	PasswordExpired Problem = "password expired"
	UnknownService  Problem = "unknown service"
	UnknownRealm    Problem = "unknown realm"
	ClockSkew       Problem = "clock skew"
	EncryptionType  Problem = "encryption type"
	Policy          Problem = "policy"
	OtherRefusal    Problem = "refused"

	// NoKDC: no KDC is known for the realm, or none could be reached. Nothing secret was sent.
	NoKDC Problem = "no KDC"
	// NoAnswer: a KDC was reached and broke off. A password may have been checked.
	NoAnswer Problem = "no answer"

	ConfigFile   Problem = "krb5.conf"
	Realmless    Problem = "no realm"
	Keytab       Problem = "keytab"
	Cache        Problem = "ticket cache"
	CacheType    Problem = "ticket cache type"
	CacheExpired Problem = "ticket cache expired"
	CacheNoTGT   Problem = "ticket cache without ticket"
	Internal     Problem = "internal"
)

// Error says what went wrong and what to do. It never holds a password, a key or a piece of a file.
type Error struct {
	Problem Problem
	// Code is the KDC's error code (RFC 4120, 7.5.9); 0 if it was not a KDC that refused.
	Code int32
	// Detail is what happened, a sentence without its full stop.
	Detail string
	// Next is what to do.
	Next string
	// Err is the cause, if one is worth having: an error of the network or of the file system.
	Err error
}

// Error joins the sentences.
func (e *Error) Error() string {
	text := e.Detail
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text + ". " + e.Next
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Refused reports whether a KDC has said no.
func (e *Error) Refused() bool { return e.Code != 0 || e.Problem == WrongPassword }

func problem(p Problem, next, detail string, args ...any) *Error {
	return &Error{Problem: p, Next: next, Detail: fmt.Sprintf(detail, args...)}
}

// guard turns a panic of the Kerberos library into err, without its text: that may quote what was being parsed.
func guard(err *error) {
	if recover() != nil {
		*err = problem(Internal, "Look at the KDC's log; an answer of the KDC may be malformed.",
			"the Kerberos library stopped at something that it could not read")
	}
}

// A KDC's error codes.
const (
	codeNameExpired     = 1
	codeUnknownClient   = 6
	codeUnknownServer   = 7
	codeNeverValid      = 11
	codePolicy          = 12
	codeNoEncryption    = 14
	codeRevoked         = 18
	codeNotYet          = 21
	codeKeyExpired      = 23
	codePreauthFailed   = 24
	codePreauthRequired = 25
	codeBadIntegrity    = 31
	codeTicketExpired   = 32
	codeTicketNotYet    = 33
	codeSkew            = 37
	codeModified        = 41
	codeWrongRealm      = 68
)

type refusalRow struct {
	problem      Problem
	detail, next string
}

const clockNext = "Set this machine's clock, with NTP for example: Kerberos allows five minutes."

// refusals says in words what a code means. %[1]s is the user, %[2]s the service, %[3]s the realm asked.
func refusals() map[int32]refusalRow {
	return map[int32]refusalRow{
		codeNameExpired: {AccountRevoked, "the account of %[1]s has expired", "Have an administrator extend the account."},
		codeUnknownClient: {UnknownUser, "the KDC of %[3]s does not know the user %[1]s",
			"Check username; write it as user@REALM with the realm in capitals. A user principal name that differs from " +
				"user@REALM has to be written in the latter form."},
		codeUnknownServer: {UnknownService, "the KDC of %[3]s does not know the service %[2]s",
			"Use the server's real name in url, set spn, or have an administrator register the name with: setspn -S %[2]s " +
				"ACCOUNT. Where Kerberos is not set up for the server, use mechanism = \"ntlm\"."},
		codeNeverValid: {ClockSkew, "the KDC of %[3]s says that a ticket would end before it begins", clockNext},
		codePolicy: {Policy, "the policy of %[3]s does not allow the logon of %[1]s",
			"Have an administrator look at the account: logon hours, allowed workstations, smart card required."},
		codeNoEncryption: {
			EncryptionType,
			"the KDC of %[3]s and this program have no encryption type in common for %[1]s or %[2]s",
			"Have an administrator enable AES for the account (and reset its password if it is older than that), or widen " +
				"permitted_enctypes in krb5.conf. DES and Camellia are not supported.",
		},
		codeRevoked: {
			AccountRevoked,
			"the account of %[1]s is locked, disabled or expired",
			"Have an administrator unlock or enable it. Every further try may count as another failed logon.",
		},
		codeNotYet: {AccountRevoked, "the account of %[1]s is not valid yet", clockNext},
		codeKeyExpired: {PasswordExpired, "the password of %[1]s has expired or must be changed",
			"Change the password, then try again."},
		codePreauthFailed: {WrongPassword, "the KDC of %[3]s refused the password or key of %[1]s",
			"Check password, or, for a keytab, make a new one: the account's password has changed since. The logon was tried " +
				"once; every further try counts as another failed logon."},
		codePreauthRequired: {Policy, "the KDC of %[3]s wants %[1]s to log on in another way than with a password or key",
			"Use an account that needs neither a smart card nor a second factor."},
		codeBadIntegrity: {
			WrongPassword,
			"the KDC of %[3]s could not decrypt what %[1]s sent",
			"Check password or make a new keytab. It was tried once.",
		},
		codeTicketExpired: {
			CacheExpired,
			"the KDC of %[3]s says that the ticket of %[1]s has expired",
			"Run kinit again. " + clockNext,
		},
		codeTicketNotYet: {ClockSkew, "the KDC of %[3]s says that the ticket of %[1]s is not valid yet", clockNext},
		codeSkew:         {ClockSkew, "the clocks of this machine and of the KDC of %[3]s differ too much", clockNext},
		codeModified: {
			OtherRefusal,
			"the KDC of %[3]s says that the message was changed on its way",
			"Look at the KDC's log.",
		},
		codeWrongRealm: {UnknownRealm, "the realm %[3]s is not the one of the user %[1]s",
			"Write username as user@REALM with the account's own realm."},
	}
}

// refused explains a KDC's answer. kdcTime is the KDC's clock if it told it, else zero.
func refused(code int32, user, service, realm string, kdcTime, now time.Time) *Error {
	row, known := refusals()[code]
	if !known {
		row = refusalRow{
			OtherRefusal,
			"the KDC of %[3]s refused the request of %[1]s for %[2]s",
			"Look up the code, and look at the KDC's log at the time of the request.",
		}
	}
	e := &Error{Problem: row.problem, Code: code}
	e.Detail = fill(row.detail, user, service, realm) + fmt.Sprintf(" (Kerberos error %d)", code)
	e.Next = fill(row.next, user, service, realm)
	if row.problem == ClockSkew && !kdcTime.IsZero() {
		e.Detail += fmt.Sprintf("; this machine says %s, the KDC %s", now.UTC().Format(time.RFC3339),
			kdcTime.UTC().Format(time.RFC3339))
	}
	return e
}

// fill is Sprintf for a text that need not use all of its arguments.
func fill(text, user, service, realm string) string {
	return fmt.Sprintf(text+"%[4]s", user, service, realm, "")
}
