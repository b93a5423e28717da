package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/stored"
	"github.com/vedauth/terraform-provider-vedauth/internal/terminal"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// deviceGrant is a login that a person confirms in a browser, at Authorize/Device and Authorize/Token.
func deviceGrant() grant {
	return grant{
		name:   "device",
		doc:    "a login that a person confirms in a browser",
		wanted: "device_code",
		life: "The token is in neither state nor plan, and is revoked when the run no longer needs it, unless " +
			"`remember` or " +
			"`device_code` keep its grant in the token store, a directory that only this user can read.",
		inputs: []attribute{{
			name: "remember", kind: boolean, input: true, fallback: "`false`",
			doc: "Whether the grant is kept in the token store under `name`, where the next run, " +
				"`vedauth_refreshed_token` and `vedauth_token` find it. It is then not revoked when the block closes.",
		}},
		credentials: []attribute{{
			name: "device_code", input: true, sensitive: true,
			doc: "A device code that was confirmed elsewhere. It is exchanged once, and the grant is kept in the " +
				"token store. Unset, the login begins here, and needs a terminal to show its code on.",
		}},
		settings:      []attribute{nameAttribute},
		instead:       "a login in the browser",
		ephemeralOnly: true,
		read:          readDevice,
	}
}

func readDevice(found values, s *settings, clientID string) (credential, diag.Diagnostics) {
	code, remember := secret.New(found.text("device_code")), found.flag("remember", false)
	if code.Empty() && !remember {
		return credential{authorize: s.logIn}, nil
	}
	store, key, diags := s.storedGrant(found, clientID)
	if diags.HasError() {
		return credential{}, diags
	}
	cred := credential{key: []secret.String{secret.New(key.Name), code}, stored: true}
	if code.Empty() {
		cred.authorize = func(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error) {
			return s.logInOnce(ctx, store, key, client, r)
		}
		return cred, nil
	}
	cred.authorize = func(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error) {
		server := stored.Server{Client: client, ClientID: r.clientID}
		seed := tokenstore.Seed{Value: code, Attribute: "device_code", Exchange: server.Exchange}
		return acquire(ctx, store, client, r, tokenstore.Request{Key: key, Seed: seed})
	}
	return cred, nil
}

// logInOnce takes the remembered grant, and asks the person only if there is none that will do.
func (s *settings) logInOnce(
	ctx context.Context, store *tokenstore.Store, key tokenstore.Key, client *vedauth.Client, r *tokenRequest,
) (*vedauth.Token, error) {
	status, err := store.Peek(key, secret.String{})
	if err != nil {
		return nil, err
	}
	if status.Usable() && sameScope(status.Scope) == sameScope(r.scope) {
		token, err := acquire(ctx, store, client, r, tokenstore.Request{Key: key})
		var failed *tokenstore.Error
		if !errors.As(err, &failed) || !failed.Definitive() {
			return token, err
		}
		r.warn("A new login is needed, because the remembered one could not be used. " + failed.Text)
	}
	if err := store.Prepare(ctx, key, notify(ctx, r)); err != nil {
		return nil, err
	}
	began := client.Now()
	token, err := s.logIn(ctx, client, r)
	if err != nil {
		return nil, err
	}
	return rememberGrant(ctx, store, key, client, r, token, began)
}

// rememberGrant puts a new grant into the store. One that could not be stored comes back with the error, to be revoked.
func rememberGrant(
	ctx context.Context, store *tokenstore.Store, key tokenstore.Key, client *vedauth.Client, r *tokenRequest,
	token *vedauth.Token, began time.Time,
) (*vedauth.Token, error) {
	tokens, err := stored.Tokens(token, nil)
	if err != nil {
		return nil, err
	}
	if tokens.Scope == "" { // then it is what was asked for (RFC 6749, 5.1), and the next run must know it again
		tokens.Scope = r.scope
	}
	ctx = context.WithoutCancel(ctx) // the person has confirmed: that must not be lost
	lease, err := store.Put(ctx, tokenstore.NewGrant{
		Key: key, Tokens: tokens, Started: began, Run: r.run, Notify: notify(ctx, r),
	})
	if err != nil {
		return nil, &notRememberedError{error: err, grant: token}
	}
	r.hold(lease.Release)
	switch {
	case lease.Replaced == nil:
	case lease.ReplacedInUse && !expired(*lease.Replaced, client.Now()):
		r.warn(fmt.Sprintf("The grant that was stored before as %q is being used by another block or run, and so it was "+
			"not revoked: it ends on the server by itself. Logins that differ in scope need a name each, in name.", key.Name))
	default:
		if err := client.Revoke(ctx, stored.Held(*lease.Replaced)); err != nil {
			r.warn(fmt.Sprintf("The grant that was stored before as %q could not be revoked: %s", key.Name, err))
		}
	}
	return stored.Token(lease.Grant, client.Now()), nil
}

// expired reports whether the access token of a grant is of no use to anybody any more.
func expired(grant tokenstore.Grant, now time.Time) bool {
	return !grant.AccessExpires.IsZero() && !now.Before(grant.AccessExpires)
}

// notRememberedError is a grant that could not be stored.
type notRememberedError struct {
	error
	grant *vedauth.Token
}

// Unwrap gives the failure of the store.
func (e *notRememberedError) Unwrap() error { return e.error }

// Leftover is the grant, for the session to revoke.
func (e *notRememberedError) Leftover() *vedauth.Token { return e.grant }

// logIn shows address and code on the terminal and waits for the person.
func (s *settings) logIn(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error) {
	screen, err := s.screen()
	if err != nil {
		return nil, err
	}
	defer func() { _ = screen.Close() }()
	device, err := client.StartDevice(ctx, r.clientID, r.scope)
	if err != nil {
		return nil, err
	}
	if err := prompt(screen, device, client.Now()); err != nil {
		return nil, terminal.ErrNone
	}
	token, err := client.AwaitDevice(ctx, device)
	if err == nil {
		_ = terminal.Show(screen, "Thank you. Terraform goes on.")
	}
	return token, err
}

func prompt(screen io.Writer, device *vedauth.Device, now time.Time) error {
	lines := []string{fmt.Sprintf("To sign in, open %s and enter the code %s", device.VerificationURI, device.UserCode)}
	if device.Complete != "" {
		lines = append(lines, "or open "+device.Complete)
	}
	lines = append(lines, fmt.Sprintf("The code is good for %s.", device.Until.Sub(now).Round(time.Second)))
	return terminal.Show(screen, lines...)
}

// noTerminal is the error where nobody can be asked.
func noTerminal() diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("device_code"), "Nobody to ask",
		"A device login shows an address and a code to a person, and Terraform runs without a terminal here. "+
			"Nothing was sent. "+
			"Run Terraform once where there is a terminal with remember = true, give a device_code, "+
			"or use a grant that needs no person: vedauth_jwt_token, vedauth_certificate_token, "+
			"vedauth_integrated_token or vedauth_oauth_token.")
}
