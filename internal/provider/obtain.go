package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/vedauth/terraform-provider-vedauth/internal/identity"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/terminal"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// order is what one block asks for.
type order struct {
	// own are the block's attributes; ownCredentials is false for a data source, which has none of its own.
	own            values
	ownCredentials bool
	// kind separates ephemeral blocks from data sources, and keep grants that live on from those that are revoked.
	kind string
	keep bool
	// ifLeased says what to do when a refresh would end a token that another run is using.
	ifLeased tokenstore.LeasePolicy
}

// credentials are the attributes in which the block may give a credential of its own; nil if it has none.
func (o order) credentials() values {
	if o.ownCredentials {
		return o.own
	}
	return nil
}

// tokenRequest is what a credential is used for.
type tokenRequest struct {
	// clientID, scope and state are what is sent.
	clientID, scope, state string
	// warn receives what the user should know although it went well.
	warn func(string)
	// minimum is the life that the token must have left; 0 if any will do.
	minimum time.Duration
	// ifLeased says what to do when a refresh would end a token that another run is using.
	ifLeased tokenstore.LeasePolicy
	// run stands for this run of Terraform before the token store.
	run any
	// hold receives what is to be called when nobody uses the token any more.
	hold func(release func())
}

// obtained is a token, and the settings it was asked for with, as they were written.
type obtained struct {
	lease           *session.Lease
	clientID, scope string
	used            string // the grant that vedauth_token chose
}

// token gets a token as the grant does, whichever kind of grant it is.
func (g grant) token(ctx context.Context, s *settings, o order) (*obtained, diag.Diagnostics) {
	if g.any {
		return obtainAny(ctx, s, o)
	}
	got, diags, _ := g.obtain(ctx, s, o)
	return got, diags
}

// obtain gets a token through the session. The error is that of the request, for callers that decide by it; the
// diagnostics say it too.
func (g grant) obtain(ctx context.Context, s *settings, o order) (*obtained, diag.Diagnostics, error) {
	if s == nil {
		return nil, diag.Diagnostics{notConfigured()}, nil
	}
	client, diags := s.needClient()
	clientID, more := s.need(o.own, clientIDAttribute)
	diags.Append(more...)
	scope, more := g.needScope(s, o.own)
	diags.Append(more...)
	if diags.HasError() { // then all that is missing is told at once
		_, _, more = g.locate(o.credentials(), s)
		diags.Append(more...)
		return nil, diags, nil
	}
	cred, origin, diags := g.credential(s, o, clientID)
	if diags.HasError() {
		return nil, diags, nil
	}
	if cred.client != nil {
		client = cred.client(client)
	}
	minimum, _ := time.ParseDuration(o.own.text(minimumValidityAttribute.name)) // the schema rules out what cannot be read
	request := &tokenRequest{
		clientID: clientID, scope: sentScope(scope), state: o.own.text(stateAttribute.name),
		minimum: minimum, ifLeased: o.ifLeased, run: s.session,
	}
	lease, warnings, err := g.open(ctx, s, client, o, cred, request)
	for _, text := range warnings {
		diags.AddWarning("About the credential", text)
	}
	if err != nil {
		diags.Append(g.notObtained(request, origin, err))
		return nil, diags, err
	}
	return &obtained{lease: lease, clientID: clientID, scope: scope}, diags, nil
}

// needScope is the scope to ask for; a grant that is there already has one.
func (g grant) needScope(s *settings, own values) (string, diag.Diagnostics) {
	if g.hasScope {
		return "", nil
	}
	return s.need(own, scopeAttribute)
}

// credential finds and reads the credential, with the settings beside it.
func (g grant) credential(s *settings, o order, clientID string) (cred credential, origin string, diags diag.Diagnostics) {
	found, origin, diags := g.locate(o.credentials(), s)
	if diags.HasError() {
		return credential{}, "", diags
	}
	found, more := g.withSettings(found, o.own, s)
	if diags.Append(more...); diags.HasError() {
		return credential{}, "", diags
	}
	cred, more = g.read(found, s, clientID)
	diags.Append(saying(origin, more)...)
	return cred, origin, diags
}

// saying adds to errors about a credential where it was found, unless that is the block that they stand on.
func saying(origin string, diags diag.Diagnostics) diag.Diagnostics {
	if origin == thisBlock {
		return diags
	}
	var list diag.Diagnostics
	for _, d := range diags {
		detail := d.Detail() + "\nThe credential comes from " + origin + "."
		switch at, ok := d.(diag.DiagnosticWithPath); {
		case d.Severity() != diag.SeverityError:
			list.Append(d)
		case ok:
			list.AddAttributeError(at.Path(), d.Summary(), detail)
		default:
			list.AddError(d.Summary(), detail)
		}
	}
	return list
}

// open asks the session. The warnings are those that came up by then, whether there is a token or not.
func (g grant) open(
	ctx context.Context, s *settings, client *vedauth.Client, o order, cred credential, r *tokenRequest,
) (lease *session.Lease, warnings []string, err error) {
	var release func() // written by the request, and read when its answer is there
	var noted remarks
	r.warn = noted.add
	r.hold = func(f func()) { release = f }
	began := time.Now()

	request := session.Request{
		Parts: append(secret.Each(client.Server(), g.name, r.clientID, sameScope(r.scope), r.state), cred.key...),
		Kind:  o.kind, Keep: o.keep, Stored: cred.stored, Now: client.Now,
		Authorize: func(flight context.Context) (*vedauth.Token, error) {
			sending := context.Context(logged{flight, ctx})
			if cred.lockable { // it may have had to wait for another request with this credential
				bounded, cancel := client.WithBudgetSince(sending, began)
				defer cancel()
				sending = bounded
			}
			return cred.authorize(sending, client, r)
		},
		Revoke: func(ending context.Context, token *vedauth.Token) error {
			return client.Revoke(logged{ending, ctx}, token)
		},
		Release: func() {
			if release != nil {
				release()
			}
		},
	}
	if cred.stored { // one that must live longer may have to be refreshed
		request.Parts = append(request.Parts, secret.New(r.minimum.String()))
	}
	if cred.lockable {
		request.Credential = append(secret.Each(client.Server(), g.name), cred.key...)
	}
	lease, err = s.session.Open(ctx, request)
	return lease, noted.all(), err
}

// notObtained is the error for a token that could not be had.
func (g grant) notObtained(r *tokenRequest, origin string, err error) diag.Diagnostic {
	var noJWT *identity.Error
	if errors.As(err, &noJWT) && !errors.Is(err, context.Canceled) {
		return noIdentity(origin, noJWT)
	}
	if errors.Is(err, terminal.ErrNone) {
		return noTerminal()
	}
	asked := []string{fmt.Sprintf("client_id %q", r.clientID)}
	if r.scope != "" {
		asked = append(asked, fmt.Sprintf("scope %q", r.scope))
	}
	asked = append(asked, "credential from "+origin)
	return failure("obtain a token", " ("+strings.Join(asked, ", ")+")", err)
}

// sentScope is the form in which a scope is sent: as it was written, but without blanks, which people write for the eye
// and servers refuse.
func sentScope(written string) string { return strings.Join(strings.Fields(written), "") }

// sameScope is equal for scopes that mean the same.
func sameScope(written string) string {
	scope, err := vedauth.ParseScope(written)
	if err != nil {
		return written // the schema rules that out
	}
	return scope.String()
}

// logged is a context that ends with one context and logs with another: a request outlives the call that began it.
type logged struct {
	context.Context
	values context.Context
}

// Value looks in the context that has the logger.
func (l logged) Value(key any) any {
	if value := l.Context.Value(key); value != nil {
		return value
	}
	return l.values.Value(key)
}
