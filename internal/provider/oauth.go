package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// oauthName is the name of the grant.
const oauthName = "oauth"

// oauthGrant is a login with a user name and a password, at Authorize/OAuth.
func oauthGrant() grant {
	return grant{
		name:   oauthName,
		doc:    "a user name and a password",
		wanted: "username and password",
		inputs: []attribute{stateAttribute},
		credentials: []attribute{
			{
				name: "username", input: true, requires: []string{"password"},
				doc: "Name of the user: with its provider (`local:name`, `AD+connection:name`, `LDAP+connection:name`), as a UPN, as `DOMAIN\\user`, or bare.",
			},
			{
				name: "password", input: true, sensitive: true, requires: []string{"username"},
				doc: "Password of the user.",
			},
		},
		environment: []map[string]string{
			{"username": "VEDAUTH_USERNAME", "password": "VEDAUTH_PASSWORD"},
			{"username": "VENAFI_USER", "password": "VENAFI_PASS"},
		},
		read: func(found values, _ *settings, _ string) (credential, diag.Diagnostics) {
			username, password := found.text("username"), secret.New(found.text("password"))
			return credential{
				key:      []secret.String{secret.New(username), password},
				lockable: true,
				authorize: func(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error) {
					return client.OAuth(ctx, vedauth.OAuthRequest{
						ClientID: r.clientID, Scope: r.scope, State: r.state, Username: username, Password: password,
					})
				},
			}, nil
		},
	}
}
