package fakevedauth

import (
	"slices"
	"strings"
	"time"
)

// The world of a new server.
const (
	DefaultClientID = "terraform"
	DefaultUser     = "alice"
	DefaultPassword = "correct horse battery staple"
	DefaultIdentity = "local:{6c0bd4a5-53b8-4a5e-9d3c-0f2f5d1b7e11}"
	DefaultScope    = "certificate:approve,delete,discover,manage,revoke;codesign:admin,approve,delete,manage;" +
		"codesignclient;configuration:delete,manage;security:delete,manage;ssh:approve,delete,discover,manage;statistics"
)

// Default validities, the vendor's.
const (
	DefaultAccessTTL = 90 * 24 * time.Hour
	DefaultGrantTTL  = 365 * 24 * time.Hour
)

// Everyone is the identity of a rule that fits all users.
const Everyone = "*"

// Application is an API integration.
type Application struct {
	// ClientID is its Application ID, case-sensitive.
	ClientID string
	// Scope is the most it gives.
	Scope string
	// AccessTTL is the validity of an access token; 0 is DefaultAccessTTL.
	AccessTTL time.Duration
	// GrantTTL is the validity of a grant; 0 is DefaultGrantTTL.
	GrantTTL time.Duration
	// NeverExpires: its grants have no end, whatever GrantTTL says.
	NeverExpires bool
	// NoRefresh: its grants come without a refresh token.
	NoRefresh bool
}

// Rule lets an identity use an application.
type Rule struct {
	ClientID string
	// Identity is a user's Identity, or Everyone.
	Identity string
	// MaxScope narrows the application's scope for this identity; empty does not.
	MaxScope string
}

// User is somebody whom the server knows.
type User struct {
	// Names are all forms that reach this user, compared without regard to case: "alice", "local:alice",
	// "alice@example.com", `EXAMPLE\alice`, the CN or UPN of a certificate, the claim of a JWT.
	Names []string
	// Identity is the prefixed universal id, as "local:{guid}" or "AD+connection:hex".
	Identity string
	Password string
	// Disabled refuses the user with the text of a wrong password.
	Disabled bool
	// Unhandled makes the server say "Unhandled identity claim type" for certificate and Windows logons.
	Unhandled bool

	failed int
}

// displayName is how refusals name the user: the form with a provider prefix, as real ones do.
func (u *User) displayName() string {
	for _, name := range u.Names {
		if strings.Contains(name, ":") {
			return name
		}
	}
	return u.Identity
}

func (s *Server) defaultWorld() {
	if s.options.Empty {
		return
	}
	password := s.options.Password
	if password == "" {
		password = DefaultPassword
	}
	s.AddApplication(Application{ClientID: DefaultClientID, Scope: DefaultScope})
	s.AddUser(User{
		Names:    []string{DefaultUser, "local:" + DefaultUser},
		Identity: DefaultIdentity,
		Password: password,
	}, DefaultClientID)
}

// AddApplication adds an application, or replaces the one with the same ClientID.
func (s *Server) AddApplication(application Application) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if application.AccessTTL == 0 {
		application.AccessTTL = DefaultAccessTTL
	}
	if application.GrantTTL == 0 {
		application.GrantTTL = DefaultGrantTTL
	}
	s.applications[application.ClientID] = application
}

// AddUser adds a user, or replaces the one with the same Identity, and gives it a rule on each application named.
func (s *Server) AddUser(user User, clientIDs ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user.Password != "" {
		s.secrets = append(s.secrets, user.Password)
	}
	s.users = slices.DeleteFunc(s.users, func(u *User) bool { return u.Identity == user.Identity })
	s.users = append(s.users, &user)
	for _, clientID := range clientIDs {
		s.rules = append(s.rules, Rule{ClientID: clientID, Identity: user.Identity})
	}
}

// AddRule adds a rule. Of several that fit, the one added last counts.
func (s *Server) AddRule(rule Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, rule)
}

// RemoveRules takes every rule of an application away from an identity.
func (s *Server) RemoveRules(clientID, identity string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = slices.DeleteFunc(s.rules, func(r Rule) bool { return r.ClientID == clientID && r.Identity == identity })
}

// userNamed finds a user by any of its names, or by its identity.
func (s *Server) userNamed(name string) *User {
	for _, user := range s.users {
		if strings.EqualFold(user.Identity, name) {
			return user
		}
		for _, known := range user.Names {
			if strings.EqualFold(known, name) {
				return user
			}
		}
	}
	return nil
}

// ruleFor finds the rule that lets identity use an application.
func (s *Server) ruleFor(clientID, identity string) (Rule, bool) {
	for _, rule := range slices.Backward(s.rules) {
		if rule.ClientID == clientID && (rule.Identity == identity || rule.Identity == Everyone) {
			return rule, true
		}
	}
	return Rule{}, false
}
