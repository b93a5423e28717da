package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The inputs that tokens share beside client_id and scope.
var (
	stateAttribute = attribute{
		name: "state", input: true,
		doc: "Free text that the server may record with the login. It is sent as it is and has no effect here.",
	}
	minimumValidityAttribute = attribute{
		name: "minimum_validity", input: true, check: checkDuration,
		doc: "How long the token must still live when the block is opened, as a duration such as `30m`. A shorter life, or one that the server does not tell, is an error. Unset, any life will do.",
	}
	revokeOnCloseAttribute = attribute{
		name: "revoke_on_close", kind: boolean, input: true, fallback: "`true`",
		doc: "Whether the token is revoked when the run no longer needs it, whether or not the run succeeds. With `false` the grant lives on until it expires, and nothing in Terraform remembers it.",
	}
)

// outputAttributes are what every token gives.
var outputAttributes = []attribute{
	{name: "access_token", output: true, sensitive: true, doc: "The bearer token."},
	{name: "token_type", output: true, doc: "Kind of the token: `Bearer`."},
	{name: "expires_in", kind: integer, output: true, doc: "Life of the access token in seconds, counted from the request. Null if the server does not tell."},
	{name: "expires", kind: integer, output: true, doc: "End of the access token in Unix seconds, by the server's clock. Null if the server does not tell."},
	{name: "expires_at", output: true, doc: "End of the access token as an RFC 3339 time in UTC, such as `2026-11-23T10:02:11Z`. Null if the server does not tell."},
	{name: "granted_scope", output: true, doc: "The scope as the server granted it, sorted and in its letter case."},
	{name: "identity", output: true, doc: "The user that the token stands for, as the server's prefixed universal id, such as `local:{…}`. Null where the server does not tell."},
	{name: "refresh_until", kind: integer, output: true, doc: "End of the grant in Unix seconds. Null if the server does not tell."},
	{name: "grant_expires_at", output: true, doc: "End of the grant as an RFC 3339 time in UTC. Null if the server does not tell."},
}

// refreshTokenAttribute is an output of ephemeral resources only: in a data source it would be stored.
var refreshTokenAttribute = attribute{
	name: "refresh_token", output: true, sensitive: true,
	doc: "The refresh token, which works once. Of use only with `revoke_on_close = false`. Null if the server gave none.",
}

// sharedInputs are client_id and scope as a token has them: they show what is in effect when they are not set.
func (g grant) sharedInputs() []attribute {
	clientID, scope := clientIDAttribute, scopeAttribute
	clientID.output, scope.output = true, true
	clientID.fallback, scope.fallback = "that of the provider block", "that of the provider block"
	if g.hasScope {
		scope.doc, scope.fallback, scope.env = "Is not sent: the grant has the scope that it was made with. Unset, it shows that scope.", "", nil
	}
	return []attribute{clientID, scope}
}

// undo gives a token back that will not be handed out after all.
func (o *obtained) undo(ctx context.Context, server string, diags *diag.Diagnostics) {
	if err := o.lease.Abandon(ctx); err != nil {
		diags.Append(notRevoked(server, err))
	}
}

// outlives checks minimum_validity.
func (o *obtained) outlives(own values, now time.Time) diag.Diagnostics {
	wanted, err := time.ParseDuration(own.text(minimumValidityAttribute.name))
	if err != nil {
		return nil // not set; the schema rules out what cannot be read
	}
	var diags diag.Diagnostics
	switch left, known := o.lease.Token.Remaining(now); {
	case !known:
		diags.AddAttributeError(path.Root(minimumValidityAttribute.name), "Life of the token is unknown", fmt.Sprintf(
			"minimum_validity asks for %s, but the server did not say how long the token lives. Leave minimum_validity out.", wanted))
	case left < wanted:
		diags.AddAttributeError(path.Root(minimumValidityAttribute.name), "Token does not live long enough", fmt.Sprintf(
			"minimum_validity asks for %s, but the token lives %s. Ask for less, or have an administrator raise the token validity of the API integration.",
			wanted, left.Truncate(time.Second)))
	}
	return diags
}

// fill writes the outputs into result, which holds the configuration. What is configured is never changed: Terraform
// refuses such a result, and then does not close the block.
func (o *obtained) fill(result values, more []attribute) {
	for _, a := range more { // there is one: which grant was used
		result[a.name] = textValue(&o.used)
	}
	token := o.lease.Token
	for name, effective := range map[string]string{clientIDAttribute.name: o.clientID, scopeAttribute.name: o.scope} {
		if result.isNull(name) {
			result[name] = textValue(notEmpty(effective))
		}
	}
	accessToken := token.AccessToken.Reveal()
	result["access_token"] = textValue(&accessToken)
	result["token_type"] = textValue(&token.TokenType)
	result["expires_in"] = integerValue(token.ExpiresIn)
	result["expires"] = integerValue(token.Expires)
	result["expires_at"] = timeValue(unixTime(token.Expires))
	result["granted_scope"] = textValue(notEmpty(token.Scope))
	result["identity"] = textValue(token.Identity)
	if o.scope == "" && result.isNull(scopeAttribute.name) { // a grant that brought its scope with it
		result[scopeAttribute.name] = textValue(notEmpty(token.Scope))
	}
	result["refresh_until"] = integerValue(token.RefreshUntil)
	result["grant_expires_at"] = timeValue(unixTime(token.RefreshUntil))
}

func unixTime(seconds *int64) *time.Time {
	if seconds == nil {
		return nil
	}
	at := time.Unix(*seconds, 0)
	return &at
}

// timeValue writes a time as RFC 3339 in UTC, or null.
func timeValue(at *time.Time) tftypes.Value {
	if at == nil {
		return textValue(nil)
	}
	formatted := at.UTC().Format(time.RFC3339)
	return textValue(&formatted)
}

func notEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
