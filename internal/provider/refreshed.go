package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// nameAttribute names a grant in the token store.
var nameAttribute = attribute{
	name: "name", input: true, fallback: "`" + tokenstore.DefaultName + "`",
	doc: "Name of the grant in the token store, which tells several grants of one server and `client_id` apart.",
}

// refreshName is the name of the grant.
const refreshName = "refresh"

// refreshGrant is a grant that the user has already, kept in the token store and refreshed at Authorize/Token.
func refreshGrant() grant {
	return grant{
		name:       refreshName,
		typeSuffix: "refreshed_token",
		doc:        "a refresh token, whose successors are kept in the token store",
		wanted:     "refresh_token",
		life: "The token is in neither state nor plan. The grant is the user's own: it is kept in the token store, a " +
			"directory that " +
			"only this user can read, where the next run finds it, and is not revoked. Its scope is the one that it " +
			"was made with.",
		dataLife: "It dies at the next refresh of the grant, by whichever run.",
		credentials: []attribute{{
			name: "refresh_token", input: true, sensitive: true,
			doc: "The refresh token to begin with. It is spent once; from then on the token store has the word, and " +
				"this is only looked at again when it changes. Unset, the grant must be in the token store already.",
		}},
		settings:    []attribute{nameAttribute},
		environment: []map[string]string{{"refresh_token": "VEDAUTH_REFRESH_TOKEN"}},
		instead:     "the token store",
		hasScope:    true,
		kept:        true,
		read:        readRefresh,
		present:     refreshPresent,
	}
}

func readRefresh(found values, s *settings, clientID string) (credential, diag.Diagnostics) {
	store, key, diags := s.storedGrant(found, clientID)
	if diags.HasError() {
		return credential{}, diags
	}
	seed := secret.New(found.text("refresh_token"))
	return credential{
		key: []secret.String{secret.New(key.Name), seed}, stored: true,
		authorize: func(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error) {
			return acquire(ctx, store, client, r, tokenstore.Request{
				Key: key, Seed: tokenstore.Seed{Value: seed, Attribute: "refresh_token"}, IfLeased: r.ifLeased,
			})
		},
	}, nil
}

// storedGrant opens the store and names the grant in it.
func (s *settings) storedGrant(found values, clientID string) (*tokenstore.Store, tokenstore.Key, diag.Diagnostics) {
	store, diags := s.needStore()
	if diags.HasError() {
		return nil, tokenstore.Key{}, diags
	}
	key, err := tokenstore.NewKey(s.client.Server(), clientID, found.text(nameAttribute.name))
	if err != nil {
		return nil, tokenstore.Key{}, diag.Diagnostics{storeFailure(err)}
	}
	return store, key, nil
}

// refreshPresent says why there is no stored grant to use, or nothing if there is one.
func refreshPresent(found values, s *settings, clientID string) string {
	store, key, diags := s.storedGrant(found, clientID)
	if diags.HasError() {
		return diags.Errors()[0].Detail()
	}
	status, err := store.Peek(key, secret.New(found.text("refresh_token")))
	var wrong *tokenstore.Error
	switch {
	case errors.As(err, &wrong) && (wrong.Kind == tokenstore.Unsafe || wrong.Kind == tokenstore.Newer):
		return "" // it is there, and what is wrong with it is an error that must not be passed over
	case err != nil:
		return err.Error()
	case !status.Usable():
		return "the token store holds no usable grant " + key.Name + " for this server and client_id"
	}
	return ""
}
