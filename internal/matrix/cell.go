package matrix

import (
	"fmt"
	"slices"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// Grant is one way to a token, or to look at one.
type Grant string

// The grants, in the forms in which they differ.
const (
	OAuth       Grant = "oauth"
	OAuthKept   Grant = "oauth, kept"        // with revoke_on_close = false
	OAuthData   Grant = "oauth, data source" // which never revokes
	JWT         Grant = "jwt"
	GitHub      Grant = "jwt of github_actions"
	Azure       Grant = "jwt of azure_devops"
	Certificate Grant = "certificate"
	Any         Grant = "vedauth_token" // of which the first credential is a JWT, the second a password
	Refreshed   Grant = "refreshed, from a seed"
	Stored      Grant = "refreshed, from the store"
	DeviceCode  Grant = "device code"
	Device      Grant = "device login"
	Remembered  Grant = "device login, remembered"
	Info        Grant = "token info"
	Kerberos    Grant = "integrated, kerberos"
	AutoLogon   Grant = "integrated, auto"
)

// Call is one request on the way.
type Call string

// The calls.
const (
	Token    Call = "token"                 // the authorize call that makes a grant
	Start    Call = "device start"          // Authorize/Device
	Poll     Call = "device poll"           // Authorize/Token until the person has confirmed
	Ping     Call = "ping"                  // the look at the server before a token is spent
	Spend    Call = "spend"                 // Authorize/Token with a refresh token or a device code, for the store
	Verify   Call = "verify"                // Authorize/Verify for token info
	Revoke   Call = "revoke"                // Revoke/Token in Close
	Recheck  Call = "verify after revoke"   // Authorize/Verify after a 202
	Renew    Call = "refresh before revoke" // Authorize/Token in Close, when the access token has expired
	Identity Call = "identity"              // the pipeline's identity service
	Keep     Call = "store"                 // the token store on the disk
	Logon    Call = "kdc"                   // the Kerberos logon at a KDC
)

// Cell is one fault at one call of one grant.
type Cell struct {
	Grant Grant
	Call  Call
	Fault Fault
}

// String names the cell.
func (c Cell) String() string { return fmt.Sprintf("%s/%s/%s", c.Grant, c.Call, c.Fault.Name) }

// calls lists what each grant asks for.
var calls = []struct {
	grant Grant
	calls []Call
}{
	{OAuth, []Call{Token, Revoke, Recheck, Renew}},
	{OAuthKept, []Call{Token}},
	{OAuthData, []Call{Token}},
	{JWT, []Call{Token, Revoke}},
	{GitHub, []Call{Identity}},
	{Azure, []Call{Identity}},
	{Certificate, []Call{Token, Revoke, Recheck, Renew}},
	{Any, []Call{Token, Revoke}},
	{Refreshed, []Call{Ping, Spend, Keep}},
	{Stored, []Call{Ping, Spend, Keep}},
	{DeviceCode, []Call{Ping, Spend, Keep}},
	{Device, []Call{Start, Poll, Revoke, Renew}},
	{Remembered, []Call{Start, Poll, Keep}},
	{Info, []Call{Verify}},
	{Kerberos, []Call{Token, Logon}},
	{AutoLogon, []Call{Logon}},
}

// Cells returns every cell that can be, and therefore must hold. Where a server puts the words of a refusal makes a
// difference to the one who reads them, which is the same for all grants of a call: only the first meets every place.
func Cells() []Cell {
	var cells []Cell
	met := map[Call]map[refusal.Endpoint]bool{}
	for _, row := range calls {
		for _, call := range row.calls {
			for _, fault := range elsewhereFaults(call) {
				if c := (Cell{row.grant, call, fault}); c.impossible() == "" {
					cells = append(cells, c)
				}
			}
			if call == Keep || call == Logon {
				continue
			}
			endpoint := endpointOf(row.grant, call)
			if met[call] == nil {
				met[call] = map[refusal.Endpoint]bool{}
			}
			for _, fault := range FaultsAt(endpoint, !met[call][endpoint]) {
				if c := (Cell{row.grant, call, fault}); c.impossible() == "" {
					cells = append(cells, c)
				}
			}
			met[call][endpoint] = true
		}
	}
	return cells
}

// elsewhereFaults are those of a call that is no HTTP request.
func elsewhereFaults(call Call) []Fault {
	switch call {
	case Keep:
		return diskFaults
	case Logon:
		return logonFaults
	default:
		return nil
	}
}

// Endpoint is where the call goes; empty for one that goes to another server.
func (c Cell) Endpoint() refusal.Endpoint { return endpointOf(c.Grant, c.Call) }

func endpointOf(grant Grant, call Call) refusal.Endpoint {
	switch call {
	case Token:
		switch grant {
		case JWT, Any:
			return refusal.JWT
		case Certificate:
			return refusal.Certificate
		case Kerberos, AutoLogon:
			return refusal.Integrated
		}
		return refusal.OAuth
	case Start:
		return refusal.Device
	case Poll, Spend, Renew:
		return refusal.Token
	case Verify, Recheck:
		return refusal.Verify
	case Revoke:
		return refusal.Revoke
	case Ping:
		return pingEndpoint
	default:
		return ""
	}
}

// pingEndpoint refuses nothing, so the table of refusals does not have it.
const pingEndpoint refusal.Endpoint = "authorize/isauthserver"

// Windows reports whether the grant is that of a Windows account.
func (c Cell) Windows() bool { return c.Grant == Kerberos || c.Grant == AutoLogon }

// InClose reports whether the call happens when the block closes.
func (c Cell) InClose() bool { return slices.Contains([]Call{Revoke, Recheck, Renew}, c.Call) }

// Stored reports whether the grant lives in the token store.
func (c Cell) Stored() bool {
	return slices.Contains([]Grant{Refreshed, Stored, DeviceCode, Remembered}, c.Grant)
}

// Kept reports whether the grant is the user's once the block has opened.
func (c Cell) Kept() bool { return c.Stored() || c.Grant == OAuthKept || c.Grant == OAuthData }
