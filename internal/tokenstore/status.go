package tokenstore

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// Status describes a stored grant without its secrets.
type Status struct {
	Key  Key
	Path string
	// Stored reports whether the file holds tokens.
	Stored bool
	// CanRefresh reports whether there is a refresh token and the grant has not ended.
	CanRefresh bool
	// NewSeed reports whether the seed that was asked about has not been spent here.
	NewSeed bool
	// AccessExpires and RefreshUntil are zero if unknown.
	AccessExpires, RefreshUntil, SavedAt time.Time
	Scope, Identity                      string
	Generation                           uint64
	// Intent is a request under way, or one of a run that ended in the middle of it; usually nil.
	Intent *Intent
	// Lost says how the last grant ended, where there is none; else nil.
	Lost *Loss
	// Err is why the file could not be read, in the result of List; else nil.
	Err error

	fresh bool
}

// Usable reports whether Acquire has something to go by: a fresh access token, a way to refresh it, or an unspent seed.
func (s Status) Usable() bool { return s.fresh || s.CanRefresh || s.NewSeed }

// Peek looks at a grant without locking, and makes nothing. The seed may be empty. A grant that is not there is no
// error; a file that is not safe to use, or cannot be read, is one.
func (s *Store) Peek(key Key, seed secret.String) (Status, error) {
	p := key.in(s.dir)
	none := Status{Key: key, Path: p.data, NewSeed: !seed.Empty()}
	if err := s.secureDir(false); errors.Is(err, fs.ErrNotExist) {
		return none, nil
	} else if err != nil {
		return none, err
	}
	e, err := s.read(p.data)
	if errors.Is(err, errCorrupt) {
		return none, nil // Acquire sets it aside and goes on without it
	}
	if err != nil || e == nil {
		return none, err
	}
	status := s.status(p.data, e)
	status.NewSeed = !seed.Empty() && !e.spent(seed)
	return status, nil
}

// List describes every grant in the store, in the order of the file names. Where there is no store the list is empty.
func (s *Store) List() ([]Status, error) {
	if err := s.secureDir(false); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	names, err := s.fs.list(s.dir)
	if err != nil {
		return nil, cannotRead(s.dir, err)
	}
	var all []Status
	for _, name := range names {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		path := filepath.Join(s.dir, name)
		e, err := s.read(path)
		switch {
		case err != nil:
			all = append(all, Status{Path: path, Err: err})
		case e != nil:
			all = append(all, s.status(path, e))
		}
	}
	return all, nil
}

func (s *Store) status(path string, e *entry) Status {
	status := Status{
		Key: e.Key, Path: path, SavedAt: e.SavedAt, Generation: e.Generation, Intent: e.Intent, Lost: e.Lost,
	}
	if t := e.Tokens; t != nil {
		now := s.now()
		status.Stored = true
		status.CanRefresh = !t.RefreshToken.Empty() && !t.ended(now)
		status.AccessExpires, status.RefreshUntil = t.AccessExpires, unix(t.RefreshUntil)
		status.Scope, status.Identity = t.Scope, t.Identity
		status.fresh = !e.rotating() && t.fresh(now, 0)
	}
	return status
}
