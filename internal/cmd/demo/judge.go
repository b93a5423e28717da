package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// patience is how long after the end of the CLI the last revocation may arrive.
const patience = 3 * time.Second

// judge compares what happened with what was promised, and shows both.
func (d *demo) judge(ctx context.Context) error {
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// What does not come in time shows in the ledger.
	_ = d.server.WaitFor(patient, func(ledger fakevedauth.Ledger) bool { return ledger.Live == 0 })
	if d.meddleAfter != nil {
		if err := d.meddleAfter(d); err != nil {
			return err
		}
	}
	d.showRequests()
	err := errors.Join(d.judgeUse(), d.judgeLeaks(), d.judgeLedger())
	if err == nil {
		d.say("every promise kept")
	}
	return err
}

// showRequests lists what was asked of the server.
func (d *demo) showRequests() {
	d.say("\nwhat was asked")
	meaning := map[fakevedauth.Endpoint]string{
		fakevedauth.OAuth:  "a token for local:alice, once for each pass over the configuration",
		fakevedauth.Verify: "what the token is worth, asked by the second provider with that token",
		fakevedauth.Revoke: "the end of the token, at the end of each pass",
	}
	for _, endpoint := range []fakevedauth.Endpoint{fakevedauth.OAuth, fakevedauth.Verify, fakevedauth.Revoke} {
		if requests := d.server.RequestsTo(endpoint); len(requests) > 0 {
			d.say("  %d x %-4s %-25s %s", len(requests), requests[0].Method, requests[0].Path, meaning[endpoint])
		}
	}
}

// judgeUse checks that the second provider used a token that the server had issued, and that the quickstart shows
// what the server knows of it.
func (d *demo) judgeUse() error {
	d.say("what the second provider saw")
	d.say("  identity %s, application %s", d.outputs.Identity, d.outputs.Application)
	d.say("  scope %s, expires %s", d.outputs.Scope, d.outputs.ExpiresAt)
	for _, request := range d.server.RequestsTo(fakevedauth.Verify) {
		token := strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
		grant, found := d.server.Find(token)
		if !found || request.Status != http.StatusOK {
			continue
		}
		known := outputs{
			Identity: grant.Identity, Application: grant.Application, Scope: grant.Scope,
			ExpiresAt: grant.AccessExpires.UTC().Format(time.RFC3339),
		}
		if known == d.outputs {
			return nil
		}
	}
	return errors.New("the second provider did not see what the server knows of the token")
}

// judgeLedger checks that tokens were issued and that none is left.
func (d *demo) judgeLedger() error {
	ledger := d.server.Ledger()
	d.say("\n%s", ledger)
	if ledger.Issued == 0 || ledger.Revoked != ledger.Issued || ledger.Live != 0 {
		return fmt.Errorf("a grant is left on the server, or none was made: %s", ledger)
	}
	return nil
}
