package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/vedauth/terraform-provider-vedauth/internal/stored"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// storeOff is the value of VEDAUTH_TOKEN_STORE that stands for disabled.
const storeOff = "off"

// needStore opens the token store that the provider block and the environment ask for, or says why there is none. It
// touches no file.
func (s *settings) needStore() (*tokenstore.Store, diag.Diagnostics) {
	block, known := readValues(s.block[tokenStoreAttribute.name])
	if name := block.unknown(tokenStoreAttribute.attributes); !known || name != "" {
		return nil, diag.Diagnostics{unknownSetting(tokenStoreAttribute.name, []string{storeVariable})}
	}
	location := block.text("path")
	if location == "" {
		location = s.getenv(storeVariable)
	}
	if location == storeOff && !block.isNull("disabled") { // the block has the word on whether there is one
		location = ""
	}
	if block.flag("disabled", false) || location == storeOff {
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(
			path.Root(tokenStoreAttribute.name), "The token store is disabled",
			"This token needs the token store, because a refresh token works once and its successor has to be "+
				"kept; token_store.disabled (or VEDAUTH_TOKEN_STORE=off) switches it off. "+
				"Nothing was sent. Use a grant that needs no store (jwt, certificate, integrated, oauth), or set "+
				"token_store.path to a directory on a persistent volume.")}
	}
	directory, err := tokenstore.Locate(location, s.getenv)
	if err != nil {
		return nil, diag.Diagnostics{storeFailure(err)}
	}
	wait, _ := time.ParseDuration(block.text("lock_timeout")) // the schema rules out what cannot be read
	store, err := tokenstore.New(tokenstore.Options{
		Dir: directory, LockTimeout: wait, RequestTimeout: s.client.Timeout(), Now: s.client.Now,
	})
	if err != nil {
		return nil, diag.Diagnostics{storeFailure(err)}
	}
	return store, nil
}

// storeFailure is the error for a store that cannot be used.
func storeFailure(err error) diag.Diagnostic {
	where := path.Root(tokenStoreAttribute.name)
	return diag.NewAttributeErrorDiagnostic(where, "Unable to use the token store", err.Error())
}

// acquire gets the stored grant that a request names, as a token.
func acquire(
	ctx context.Context, store *tokenstore.Store, client *vedauth.Client, r *tokenRequest, request tokenstore.Request,
) (*vedauth.Token, error) {
	request.MinimumValidity, request.Server = r.minimum, stored.Server{Client: client, ClientID: r.clientID}
	request.Run, request.Notify = r.run, notify(ctx, r)
	lease, err := store.Acquire(ctx, request)
	if err != nil {
		return nil, err
	}
	r.hold(lease.Release)
	return stored.Token(lease.Grant, client.Now()), nil
}

// notify hands the store's warnings to the user. What is only information would come too late, for Terraform shows
// diagnostics when all is over: it goes to the log, where somebody looks who wonders what a run is waiting for.
func notify(ctx context.Context, r *tokenRequest) func(tokenstore.Notice) {
	return func(notice tokenstore.Notice) {
		if notice.Warning {
			r.warn(notice.Text)
			return
		}
		tflog.Info(ctx, notice.Text)
	}
}
