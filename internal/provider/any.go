package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/vedauth/terraform-provider-vedauth/internal/identity"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// anyOrder is the order in which vedauth_token looks at the provider's credentials: what needs no stored secret first.
var anyOrder = []string{"jwt", "refresh", "certificate", "integrated", "oauth"}

// grantsInput is the name of the attribute with which a block chooses among the credentials.
const grantsInput = "grants"

func grantsAttribute() attribute {
	return attribute{
		name: grantsInput, kind: texts, input: true, among: anyOrder,
		fallback: "`[\"" + strings.Join(anyOrder, "\", \"") + "\"]`",
		doc: "Which of the provider's credentials to look at, and in what order. The first that is configured, " +
			"and is there where Terraform runs, is used. The data source skips `refresh`.",
	}
}

func grantAttribute() attribute {
	return attribute{
		name: "grant", output: true,
		doc: "Which credential was used: one of `" + strings.Join(anyOrder, "`, `") + "`.",
	}
}

// search is one walk along the provider's credentials.
type search struct {
	settings *settings
	order    order
	clientID string
	// reasons are why the credentials so far did not apply.
	reasons []string
	// refused names a credential with a password that the server has refused; no second password is tried after it.
	refused string
	// skipped are the refusals that the search went past.
	skipped []string
	diags   diag.Diagnostics
}

// anyGrant is the first of the provider's credentials that applies where Terraform runs.
func anyGrant() grant {
	return grant{
		typeSuffix: "token",
		doc: "the first of the provider's credentials that applies where Terraform runs, so that the same " +
			"configuration works on a laptop and in a pipeline",
		life: "The token is in neither state nor plan, and is revoked when the run no longer needs it; one of a " +
			"grant in the token " +
			"store is not. A stored grant has the scope that it was made with.",
		inputs:  []attribute{stateAttribute, grantsAttribute()},
		outputs: []attribute{grantAttribute()},
		any:     true,
	}
}

// obtainAny gets a token with the first credential that applies.
func obtainAny(ctx context.Context, s *settings, o order) (*obtained, diag.Diagnostics) {
	if s == nil {
		return nil, diag.Diagnostics{notConfigured()}
	}
	_, diags := s.needClient()
	clientID, more := s.need(o.own, clientIDAttribute)
	if diags.Append(more...); diags.HasError() {
		return nil, diags
	}
	names := o.own.texts(grantsInput)
	if names == nil {
		names = anyOrder
	}
	w := &search{settings: s, order: o, clientID: clientID}
	for i, name := range names {
		got, done := w.try(ctx, grantNamed(name), names[i+1:])
		if !done {
			continue
		}
		if got != nil {
			got.used = name
			w.warnAbout(name)
		}
		return got, w.diags
	}
	w.diags.Append(diag.NewAttributeErrorDiagnostic(path.Root(grantsInput), "No credential applies",
		"None of the provider's credentials could be used here:\n- "+strings.Join(w.reasons, "\n- ")+
			"\nConfigure one of them in the provider block, or run where one of them is available."))
	return nil, w.diags
}

func grantNamed(name string) grant {
	all := grants()
	i := slices.IndexFunc(all, func(g grant) bool { return g.name == name })
	return all[i] // the schema allows no other name
}

// try uses one credential. done means that the search is over, with a token or with an error.
func (w *search) try(ctx context.Context, g grant, later []string) (got *obtained, done bool) {
	absent, diags := w.absent(g)
	if diags.HasError() {
		w.diags.Append(diags...)
		return nil, true
	}
	if absent != "" {
		w.reasons = append(w.reasons, g.name+": "+absent)
		return nil, false
	}
	o := w.order
	if slices.ContainsFunc(later, w.isPresent) {
		o.ifLeased = tokenstore.Refuse
	}
	got, diags, err := g.obtain(ctx, w.settings, o)
	if err == nil || !w.moveOn(g, err) {
		w.diags.Append(diags...)
		return got, true
	}
	w.diags.Append(diags.Warnings()...)
	return nil, false
}

// absent says why a credential is not configured or not there, or nothing if it is. The diagnostics are about one that
// is there in part.
func (w *search) absent(g grant) (reason string, diags diag.Diagnostics) {
	if g.name == refreshName && w.order.kind == "data" {
		return "a data source does not use it, because the token in its state would end with the next refresh", nil
	}
	if g.name == integratedName && w.settings.block.isNull(g.name) { // whatever the environment has for it
		return "the provider block has no integrated", nil
	}
	found, _, diags := g.find(nil, w.settings)
	switch {
	case diags.HasError():
		return "", diags
	case found == nil && g.instead == "":
		return g.notConfigured(), nil
	case found == nil:
		found = values{}
	}
	if found, diags = g.withSettings(found, values{}, w.settings); diags.HasError() {
		return "", diags
	}
	if w.refused != "" && found.text("password") != "" {
		return "it is not tried, because the password of " + w.refused + " was refused, and a second one could " +
			"lock the account", nil
	}
	if g.present != nil {
		reason = g.present(found, w.settings, w.clientID)
	}
	return reason, nil
}

// notConfigured says where a credential was looked for in vain.
func (g grant) notConfigured() string {
	reason := "it is not configured: the provider block has no " + g.name
	if sets := g.variables(""); len(sets) > 0 {
		reason += ", and the environment has no " + strings.Join(sets, ", no ")
	}
	return reason
}

func (w *search) isPresent(name string) bool {
	reason, diags := w.absent(grantNamed(name))
	return reason == "" && !diags.HasError()
}

// moveOn decides whether a failure allows another credential: only if this one is not there after all, or if the server
// has definitively refused it. After an answer that leaves open what happened, nothing else is tried.
func (w *search) moveOn(g grant, err error) bool {
	var refused *vedauth.Error
	var stored *tokenstore.Error
	var noJWT *identity.Error
	switch {
	case errors.As(err, &noJWT):
		if noJWT.Absent {
			w.reasons = append(w.reasons, g.name+": "+noJWT.Problem)
		}
		return noJWT.Absent
	case errors.As(err, &stored):
		switch stored.Kind {
		case tokenstore.Leased:
			w.reasons = append(w.reasons, g.name+": another run is using the stored grant's token")
			return true
		case tokenstore.NoStore: // nothing was spent: it is as good as absent here
			w.reasons = append(w.reasons, g.name+": "+stored.Text)
			return true
		}
		if !stored.Definitive() {
			return false
		}
		w.skip(g, stored.Text)
		return true
	case !errors.As(err, &refused) || refused.Kind != vedauth.Refused:
		return false
	case g.name == integratedName && refused.Row.Class == refusal.Disabled:
		w.reasons = append(w.reasons, g.name+": "+refused.Said())
		return true
	}
	switch refused.Row.Class {
	case refusal.Scope, refusal.Client, refusal.Permission, refusal.Disabled:
	default:
		if g.name == oauthName || g.name == integratedName {
			w.refused = g.name
		}
	}
	w.skip(g, capital(refused.Said())+" "+refused.Next())
	return true
}

// skip notes a refusal, for the warning or for the list at the end.
func (w *search) skip(g grant, why string) {
	w.reasons = append(w.reasons, g.name+": refused. "+why)
	w.skipped = append(w.skipped, fmt.Sprintf("The credential %s was refused. %s", g.name, why))
}

// warnAbout tells which refused credentials the used one stands in for.
func (w *search) warnAbout(used string) {
	for _, refused := range w.skipped {
		w.diags.AddWarning("Another credential was used",
			fmt.Sprintf("%s The credential %s was used in its place.", refused, used))
	}
}
