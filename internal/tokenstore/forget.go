package tokenstore

import (
	"context"
	"errors"
	"io/fs"
)

// ForgetRequest asks for the end of a stored grant.
type ForgetRequest struct {
	Key Key
	// Server refreshes a grant whose access token has expired, because only a live one can revoke. May be nil: the
	// grant is then revoked with what there is.
	Server Refresher
	// Revoke ends the grant on the server; a grant that is already gone there is no error. Nil deletes the file only.
	Revoke func(ctx context.Context, grant Grant) error
	// Notify is told of warnings and of waiting; may be nil.
	Notify func(Notice)
}

// Forget revokes a stored grant and deletes its file. If the grant cannot be revoked the file stays, so that it can be
// tried again. Where nothing is stored the error is of kind NoGrant.
func (s *Store) Forget(ctx context.Context, req ForgetRequest) error {
	nothing := failure(NoGrant, nil, "No grant %q is stored for client_id %q at %s.", req.Key.Name, req.Key.ClientID,
		req.Key.Server)
	if err := s.secureDir(false); errors.Is(err, fs.ErrNotExist) {
		return nothing
	} else if err != nil {
		return err
	}
	notify := notifier(req.Notify)
	p := req.Key.in(s.dir)
	unlock, err := s.lock(ctx, p, notify)
	if err != nil {
		return err
	}
	defer unlock()
	e, err := s.load(p, req.Key, notify)
	if err != nil {
		return err
	}
	if e == nil {
		return nothing
	}
	if e.Tokens != nil && req.Revoke != nil {
		if err := s.revoke(ctx, p, &req, e); err != nil {
			return err
		}
	}
	return s.erase(p)
}

// revoke ends the grant on the server.
func (s *Store) revoke(ctx context.Context, p files, req *ForgetRequest, e *entry) error {
	notify := notifier(req.Notify)
	grant := e.grant()
	expired := !grant.AccessExpires.IsZero() && !s.now().Before(grant.AccessExpires)
	if req.Server != nil && (expired || e.rotating()) && !grant.RefreshToken.Empty() && !e.Tokens.ended(s.now()) {
		again := &Request{Key: req.Key, Server: req.Server, Notify: req.Notify}
		refreshed, err := s.newRotation(p, again, e, refresh).run(ctx, true)
		if failed, ok := errors.AsType[*Error](err); ok && failed.Definitive() {
			notify.info("The grant was already gone on the server: %s", failed.Text)
			return nil
		}
		if err != nil {
			return err
		}
		grant = refreshed.Grant
		refreshed.Release()
	}
	if release, ok, err := s.exclude(p); err == nil && ok {
		defer release()
	} else if err == nil {
		notify.warn("Other runs use the access token of the grant %q; what they still do with it will fail.", req.Key.Name)
	}
	if err := req.Revoke(ctx, grant); err != nil {
		return failure(Kept, err, "The stored grant %q could not be revoked on %s and is kept. Try again.", req.Key.Name,
			req.Key.Server)
	}
	return nil
}

// erase deletes the file of a grant; its lock files stay, see the package comment.
func (s *Store) erase(p files) error {
	localState(p).unsaved = nil
	err := s.fs.remove(p.data)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = s.fs.syncDir(p.dir)
	}
	if err != nil {
		return failure(NoStore, err, "%s could not be deleted. Delete it by hand.", p.data)
	}
	return nil
}
