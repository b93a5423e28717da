package fakevedauth

import "net/http"

// headerUser is where a proxy in front puts whom it has authenticated, as user@REALM or DOMAIN\user.
const headerUser = "X-Remote-User"

// integratedGate answers as IIS does before the logon: with both challenges. The server does not speak NTLM or
// Kerberos itself; a proxy that does is put in front of it, and trusted.
func integratedGate(_ *Server, c *call) *reply {
	if c.options.TrustProxyHeaders && proxied(c, headerUser) != "" {
		return nil
	}
	page := htmlReply(http.StatusUnauthorized, statusTitle(http.StatusUnauthorized))
	page.header["Www-Authenticate"] = []string{"Negotiate", "NTLM"}
	return &page
}

// authorizeIntegrated is POST Authorize/Integrated. A directory knows more people than have a rule: somebody unknown
// is refused like somebody without one.
func authorizeIntegrated(s *Server, c *call) reply {
	return s.authorize(c, func() (*User, *reply) {
		name := proxied(c, headerUser)
		user := s.userNamed(name)
		if user == nil {
			return nil, s.refused("no-rule", "identity", name)
		}
		if user.Unhandled {
			return nil, s.refused("claim-type")
		}
		return user, nil
	})
}
