package tokenstore

import (
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const (
	// DefaultMinimumValidity is the life that a token must have left to be handed out without a refresh. Terraform
	// cannot replace a token while it applies, so it is long.
	DefaultMinimumValidity = time.Hour
	// clockTolerance is the difference between two clocks that nobody is told about.
	clockTolerance = time.Minute
	// grantEndsSoon is how long before the end of a grant the user is warned.
	grantEndsSoon = 14 * 24 * time.Hour
)

// Grant is a stored grant.
type Grant struct {
	Key         Key
	AccessToken secret.String
	// RefreshToken is for revoking the grant; a result must not show it, for it dies with the next refresh.
	RefreshToken secret.String
	TokenType    string
	Scope        string
	Identity     string
	// Issued is the start of the request that brought the pair, AccessExpires the end of the access token, both by the
	// local clock. AccessExpires is zero if unknown.
	Issued, AccessExpires time.Time
	// Expires is the end of the access token and RefreshUntil that of the grant by the server's clock; zero if unknown.
	Expires, RefreshUntil time.Time
	// Generation counts the pairs of tokens that this file has held.
	Generation uint64
}

func (e *entry) grant() Grant {
	p := e.Tokens
	return Grant{
		Key: e.Key, Generation: e.Generation,
		AccessToken: p.AccessToken.String, RefreshToken: p.RefreshToken.String,
		TokenType: p.TokenType, Scope: p.Scope, Identity: p.Identity,
		Issued: p.Issued, AccessExpires: p.AccessExpires,
		Expires: unix(p.Expires), RefreshUntil: unix(p.RefreshUntil),
	}
}

// newPair turns an answer into what is stored. The life of the access token counts from the start of the request by
// the local clock, so that a wrong clock on either side does not matter.
func newPair(tokens Tokens, started time.Time) *pair {
	life := tokens.ExpiresIn
	if life <= 0 && !tokens.Expires.IsZero() {
		clock := tokens.ServerTime
		if clock.IsZero() {
			clock = started
		}
		life = tokens.Expires.Sub(clock)
	}
	p := &pair{
		AccessToken: kept{tokens.AccessToken}, RefreshToken: kept{tokens.RefreshToken},
		TokenType: tokens.TokenType, Scope: tokens.Scope, Identity: tokens.Identity,
		Issued: started.UTC(), Expires: seconds(tokens.Expires), RefreshUntil: seconds(tokens.RefreshUntil),
	}
	if life > 0 {
		p.AccessExpires = p.Issued.Add(life)
	}
	return p
}

// inherit fills in what an answer to a refresh leaves out, from the pair before it.
func (p *pair) inherit(old *pair) {
	if old == nil {
		return
	}
	if p.Scope == "" {
		p.Scope = old.Scope
	}
	if p.Identity == "" {
		p.Identity = old.Identity
	}
	if p.TokenType == "" {
		p.TokenType = old.TokenType
	}
	if p.RefreshUntil == 0 {
		p.RefreshUntil = old.RefreshUntil
	}
	p.extra = old.extra
}

// fresh reports whether the access token can be handed out. Unless somebody asked for a minimum, half of its whole life
// is always enough, so that a short-lived token is not refreshed each time; neither is one that a refresh could not make
// live as long as was asked for.
func (p *pair) fresh(now time.Time, minimum time.Duration) bool {
	if p.AccessToken.Empty() || p.AccessExpires.IsZero() {
		return false
	}
	// A token from the future says that the clock was set back: what is left of the token is then unknown.
	if p.Issued.Sub(now) > clockTolerance {
		return false
	}
	life := p.AccessExpires.Sub(p.Issued)
	margin := min(DefaultMinimumValidity, life/2)
	if minimum > 0 && minimum <= life {
		margin = minimum
	}
	left := p.AccessExpires.Sub(now)
	return left > 0 && left >= margin
}

// expired reports whether the access token is certainly of no use any more.
func (p *pair) expired(now time.Time) bool {
	return !p.AccessExpires.IsZero() && !now.Before(p.AccessExpires)
}

// ended reports whether the grant is over, so that the server would refuse every refresh.
func (p *pair) ended(now time.Time) bool {
	return p.RefreshUntil != 0 && !now.Before(unix(p.RefreshUntil))
}

// remark tells the user what an answer says about the time to come.
func (p *pair) remark(tokens Tokens, answered time.Time, notify notifier) {
	if p.RefreshToken.Empty() {
		notify.warn("The server gave no new refresh token: refreshing is switched off there, or its answer was damaged. "+
			"The access token is stored and used until %s; after that this grant is over. %s", end(p), anotherWay)
	} else if until := unix(p.RefreshUntil); !until.IsZero() && until.Sub(answered) < grantEndsSoon {
		notify.warn("The stored grant ends at %s for good. %s", stamp(until), anotherWay)
	}
	if tokens.ServerTime.IsZero() {
		return
	}
	if off := answered.Sub(tokens.ServerTime).Round(time.Second); off.Abs() > clockTolerance {
		notify.warn("The clocks of this machine and of the server differ by %s. The expiry of tokens is worked out without "+
			"them, but other parts of the server compare them: set this machine's clock.", off.Abs())
	}
}

func end(p *pair) string {
	if p.AccessExpires.IsZero() {
		return "an unknown time"
	}
	return stamp(p.AccessExpires)
}

func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
