package storecommand

import (
	"context"
	"errors"
	"fmt"

	"github.com/vedauth/terraform-provider-vedauth/internal/stored"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

const forgetSynopsis = "Ends a grant that is kept in the token store: revokes it on the server, and then deletes " +
	"its file. " +
	"If it cannot\nbe revoked the file stays, so that the command can be run again."

// forget ends a stored grant.
func forget(ctx context.Context, arguments []string, m Machine) error {
	o := newOptions("forget -url ADDRESS -client-id ID [-name NAME]", forgetSynopsis, m)
	address := o.flags.String("url", "", "`address` of the server ($VEDAUTH_URL, $VENAFI_URL)")
	clientID := o.flags.String("client-id", "", "application `ID` of the grant ($VEDAUTH_CLIENT_ID, $VENAFI_CLIENT_ID)")
	name := o.flags.String("name", tokenstore.DefaultName, "`name` of the grant")
	caFile := o.flags.String("ca-file", "", "`file` with certificates to trust in addition ($VEDAUTH_CA_FILE)")
	local := o.flags.Bool(
		"local",
		false,
		"only delete the file: the grant lives on on the server until it ends by itself",
	)
	if err := o.parse(arguments); err != nil {
		return err
	}
	key, err := keyOf(
		o.either(*address, "VEDAUTH_URL", "VENAFI_URL"),
		o.either(*clientID, "VEDAUTH_CLIENT_ID", "VENAFI_CLIENT_ID"),
		*name,
	)
	if err != nil {
		return err
	}
	store, err := o.open(m.Now)
	if err != nil {
		return err
	}
	request := tokenstore.ForgetRequest{Key: key, Notify: m.notice}
	if !*local {
		client, err := connect(key.Server, o.either(*caFile, "VEDAUTH_CA_FILE"), m)
		if err != nil {
			return err
		}
		request.Server = stored.Server{Client: client, ClientID: key.ClientID}
		request.Revoke = func(ctx context.Context, grant tokenstore.Grant) error {
			return client.Revoke(ctx, stored.Held(grant))
		}
	}
	if err := store.Forget(ctx, request); err != nil {
		return explain(err, store)
	}
	end := "It is revoked on the server and deleted here."
	if *local {
		end = "It is deleted here and lives on on the server until it ends by itself."
	}
	_, err = fmt.Fprintf(
		m.Stdout,
		"Forgot the grant %s of client_id %s at %s. %s\n",
		plain(key.Name),
		plain(key.ClientID),
		key.Server,
		end,
	)
	return err
}

// keyOf says which grant is meant.
func keyOf(address, clientID, name string) (tokenstore.Key, error) {
	switch {
	case address == "":
		return tokenstore.Key{}, &usageError{"Which server? Give -url, or set VEDAUTH_URL."}
	case clientID == "":
		return tokenstore.Key{}, &usageError{"Which client_id? Give -client-id, or set VEDAUTH_CLIENT_ID."}
	}
	server, err := vedauth.ParseURL(address)
	if err != nil {
		return tokenstore.Key{}, &usageError{fmt.Sprintf("The address of the server cannot be used: %v.", err)}
	}
	key, err := tokenstore.NewKey(server, clientID, name)
	if err != nil {
		return tokenstore.Key{}, &usageError{err.Error() + "."}
	}
	return key, nil
}

// explain adds what helps here.
func explain(err error, store *tokenstore.Store) error {
	var failed *tokenstore.Error
	switch {
	case !errors.As(err, &failed):
	case failed.Kind == tokenstore.NoGrant:
		return &hintedError{err, `The command "list" shows what is stored in ` + store.Dir() + "."}
	case failed.Kind == tokenstore.Kept:
		return &hintedError{err, "With -local only the file is deleted."}
	}
	return err
}

// hintedError is a failure with what else can be done about it.
type hintedError struct {
	error
	hint string
}

// Error gives both.
func (e *hintedError) Error() string { return e.error.Error() + " " + e.hint }

// Unwrap gives the failure.
func (e *hintedError) Unwrap() error { return e.error }

// notice tells the person what happened on the way.
func (m Machine) notice(notice tokenstore.Notice) {
	if notice.Warning {
		m.say("Warning: %s\n", notice.Text)
		return
	}
	m.say("%s\n", notice.Text)
}
