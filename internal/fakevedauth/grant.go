package fakevedauth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"
)

// grant is a grant with its secrets: one current access token and one current refresh token.
type grant struct {
	Grant
	application Application
	access      string
	issued      time.Time // of the access token
	accessTTL   time.Duration
	refresh     string
	revoked     bool
	// previous access token, for AccessGrace.
	previous      string
	previousUntil time.Time
}

// newToken is base64 of 16 random bytes, as the server's are.
func (s *Server) newToken() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	token := base64.StdEncoding.EncodeToString(raw)
	s.secrets = append(s.secrets, token)
	return token
}

// newGrant makes a grant. For those who hold mu.
func (s *Server) newGrant(application Application, user *User, scope string, endpoint Endpoint, state string) *grant {
	g := &grant{application: application}
	g.Grant = Grant{
		ID:          len(s.grants) + 1,
		Application: application.ClientID,
		Identity:    user.Identity,
		Scope:       scope,
		Endpoint:    endpoint,
		State:       state,
		Issued:      s.now(),
		Refreshable: !application.NoRefresh && !s.options.RefreshDisabled,
	}
	if !application.NeverExpires {
		g.Expires = g.Issued.Add(application.GrantTTL)
	}
	s.grants = append(s.grants, g)
	s.giveTokens(g)
	return g
}

// giveTokens puts fresh tokens into a grant, in place of those it has. For those who hold mu.
func (s *Server) giveTokens(g *grant) {
	delete(s.byAccess, g.access)
	if s.options.AccessGrace > 0 && g.access != "" {
		delete(s.byAccess, g.previous)
		g.previous, g.previousUntil = g.access, s.now().Add(s.options.AccessGrace)
		s.byAccess[g.previous] = g
	}
	if g.refresh != "" {
		delete(s.byRefresh, g.refresh)
		s.spent[g.refresh] = g
		g.refresh = ""
	}
	g.access, g.issued, g.accessTTL = s.newToken(), s.now(), g.application.AccessTTL
	if left := g.Expires.Sub(g.issued); !g.Expires.IsZero() && left < g.accessTTL {
		g.accessTTL = left
	}
	s.byAccess[g.access] = g
	if g.Refreshable {
		g.refresh = s.newToken()
		s.byRefresh[g.refresh] = g
	}
	s.notify()
}

// revoke ends a grant: both tokens die. For those who hold mu.
func (s *Server) revoke(g *grant) {
	g.revoked = true
	delete(s.byAccess, g.access)
	delete(s.byAccess, g.previous)
	delete(s.byRefresh, g.refresh)
	s.notify()
}

// ended reports whether a grant has run out. For those who hold mu.
func (s *Server) ended(g *grant) bool {
	now, accessEnd := s.now(), g.issued.Add(g.accessTTL)
	switch {
	case !g.Expires.IsZero() && !now.Before(g.Expires):
		return true
	case now.Before(accessEnd):
		return false
	case g.refresh == "":
		return true
	default:
		unused := s.options.UnusedAccessExpiry
		return unused > 0 && now.After(accessEnd.Add(unused))
	}
}

// accessAlive reports whether an access token of the grant is still good. For those who hold mu.
func (s *Server) accessAlive(g *grant, token string) bool {
	if g.revoked || s.ended(g) {
		return false
	}
	if token == g.access {
		return s.now().Before(g.issued.Add(g.accessTTL))
	}
	return token == g.previous && s.now().Before(g.previousUntil)
}

// snapshot is for those who hold mu.
func (s *Server) snapshot(g *grant) Grant {
	view := g.Grant
	view.AccessExpires = g.issued.Add(g.accessTTL)
	view.Refreshable = g.refresh != ""
	view.Revoked = g.revoked
	view.Expired = !g.revoked && s.ended(g)
	view.Live = !view.Revoked && !view.Expired
	return view
}

// Tokens are the secrets of a grant.
type Tokens struct {
	GrantID int
	Access  string
	Refresh string
}

// Issue makes a grant without a request, as the seed of a test. user is any name of a user; scope is taken as it is.
func (s *Server) Issue(clientID, user, scope string) (Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	application, ok := s.applications[clientID]
	if !ok {
		return Tokens{}, errors.New("fakevedauth: no application " + clientID)
	}
	known := s.userNamed(user)
	if known == nil {
		return Tokens{}, errors.New("fakevedauth: no user " + user)
	}
	set, ok := parseScope(scope)
	if !ok {
		return Tokens{}, errors.New("fakevedauth: not a scope: " + scope)
	}
	g := s.newGrant(application, known, s.normalise(set), "", "")
	return Tokens{GrantID: g.ID, Access: g.access, Refresh: g.refresh}, nil
}

// RevokeGrant ends a grant as an administrator would; false if there is none with that ID, or it was revoked before.
func (s *Server) RevokeGrant(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || id > len(s.grants) || s.grants[id-1].revoked {
		return false
	}
	s.revoke(s.grants[id-1])
	return true
}

// Find returns the grant that a current access or refresh token, or a spent refresh token, belongs to.
func (s *Server) Find(token string) (Grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		if token != "" && (token == g.access || token == g.refresh || s.spent[token] == g) {
			return s.snapshot(g), true
		}
	}
	return Grant{}, false
}

// TokensOf returns the current tokens of a grant.
func (s *Server) TokensOf(id int) (Tokens, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || id > len(s.grants) {
		return Tokens{}, false
	}
	g := s.grants[id-1]
	return Tokens{GrantID: id, Access: g.access, Refresh: g.refresh}, true
}

func (s *Server) normalise(set scopeSet) string {
	if s.options.PreserveScopeCase {
		return set.String()
	}
	return set.lower().String()
}
