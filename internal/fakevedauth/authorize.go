package fakevedauth

import (
	"net/http"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// disabledRow is the row that says an authorize call is switched off, with the text for rows that leave it open.
var disabledRow = map[Endpoint][2]string{
	OAuth:       {"password-disabled", ""},
	Certificate: {"certificate-disabled", ""},
	Integrated:  {"grant-not-issued", "Integrated authentication not enabled"},
	JWT:         {"grant-not-issued", "JWT authentication not enabled"},
	Device:      {"browser-disabled", ""},
	Token:       {"browser-disabled", ""},
}

// authorize is what all authorize calls have in common. who finds the user, or says why not.
func (s *Server) authorize(c *call, who func() (*User, *reply)) reply {
	application, refused := s.applicationOf(c)
	if refused != nil {
		return *refused
	}
	user, refused := who()
	if refused != nil {
		return *refused
	}
	scope, refused := s.allowedScope(application, user, c.fields["scope"])
	if refused != nil {
		return *refused
	}
	g := s.newGrant(application, user, scope, c.Endpoint, c.fields["state"])
	return s.tokenReply(g, true)
}

// applicationOf checks client_id and whether the call is switched on.
func (s *Server) applicationOf(c *call) (Application, *reply) {
	clientID := c.fields["client_id"]
	if clientID == "" {
		return Application{}, s.refused("client-id-missing")
	}
	if s.options.Disabled[c.Endpoint] {
		row := disabledRow[c.Endpoint]
		return Application{}, s.refused(row[0], "error", row[1])
	}
	application, ok := s.applications[clientID]
	if !ok {
		return Application{}, s.unknownClient()
	}
	return application, nil
}

// unknownClient answers for a client_id that names nothing; the vendor files that under invalid_grant.
func (s *Server) unknownClient() *reply {
	answer := refusal.Answer{Dialect: s.options.dialect(), Status: http.StatusBadRequest}
	answer.Text = s.options.UnknownClientText
	if answer.Dialect == Modern {
		answer.Code = "invalid_grant"
	}
	r := refusalReply(answer, s.options.Carrier, nil)
	return &r
}

// allowedScope checks that a user may use an application with a scope, and returns it normalised.
func (s *Server) allowedScope(application Application, user *User, requested string) (string, *reply) {
	rule, ok := s.ruleFor(application.ClientID, user.Identity)
	if !ok {
		return "", s.refused("no-rule", "identity", user.displayName())
	}
	scope, ok := parseScope(requested)
	if !ok {
		return "", s.refused("invalid-scope")
	}
	for _, limit := range []string{application.Scope, rule.MaxScope} {
		if limit == "" {
			continue
		}
		if allowed, ok := parseScope(limit); !ok || !scope.lower().within(allowed.lower()) {
			return "", s.refused("scope-not-authorized")
		}
	}
	return s.normalise(scope), nil
}

// refused is refuse for those who return a pointer.
func (s *Server) refused(rowID string, fill ...string) *reply {
	r := s.refuse(rowID, "", fill...)
	return &r
}

// authorizeOAuth is POST Authorize/OAuth: user name and password.
func authorizeOAuth(s *Server, c *call) reply {
	return s.authorize(c, func() (*User, *reply) {
		name, password := c.fields["username"], c.fields["password"]
		if name == "" || password == "" {
			return nil, s.refused("password-missing")
		}
		user := s.userNamed(name)
		if user == nil || !s.logon(user, password) {
			who := strings.ToLower(name)
			if user != nil {
				who = user.Identity
			}
			s.failedLogons[who]++
			return nil, s.refused("password-wrong")
		}
		return user, nil
	})
}

// logon checks a password and counts what fails; a user that is locked or disabled fails with the right one too.
func (s *Server) logon(user *User, password string) bool {
	locked := s.options.LockAfter > 0 && user.failed >= s.options.LockAfter
	if locked || user.Disabled || user.Password == "" || user.Password != password {
		user.failed++
		return false
	}
	user.failed = 0
	return true
}

// Unlock ends the lock of a user, who is given by any of its names.
func (s *Server) Unlock(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user := s.userNamed(name); user != nil {
		user.failed = 0
	}
}
