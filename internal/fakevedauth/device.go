package fakevedauth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Defaults of the device flow, the vendor's.
const (
	DefaultDeviceExpiry   = 5 * time.Minute
	DefaultDeviceInterval = 5 * time.Second
)

const deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code"

// device is one device flow.
type device struct {
	code     string
	userCode string
	clientID string
	scope    string
	expires  time.Time
	interval time.Duration
	lastPoll time.Time
	polls    int
	approved *User
	denied   bool
	used     bool
}

// PendingDevice is a device flow that waits for a person.
type PendingDevice struct {
	UserCode string    `json:"user_code"`
	ClientID string    `json:"client_id"`
	Scope    string    `json:"scope"`
	Expires  time.Time `json:"expires"`
	Polls    int       `json:"polls"`
}

// deviceBody is the reply of POST Authorize/Device.
type deviceBody struct {
	DeviceCode      string `json:"device_code"`
	UserCode        string `json:"user_code"`
	VerificationURI string `json:"verification_uri"`
	CompleteURI     string `json:"verification_uri_complete"`
	ExpiresIn       int64  `json:"expires_in"`
	Interval        int64  `json:"interval"`
}

// authorizeDevice is POST Authorize/Device: it starts a flow.
func authorizeDevice(s *Server, c *call) reply {
	application, refused := s.applicationOf(c)
	if refused != nil {
		return *refused
	}
	scope, ok := parseScope(c.fields["scope"])
	if !ok {
		return s.refuse("invalid-scope", "")
	}
	if allowed, ok := parseScope(application.Scope); !ok || !scope.lower().within(allowed.lower()) {
		return s.refuse("invalid-scope", "")
	}
	expiry, interval := s.options.DeviceExpiry, s.options.DeviceInterval
	if expiry == 0 {
		expiry = DefaultDeviceExpiry
	}
	if interval == 0 {
		interval = DefaultDeviceInterval
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	letters := rand.Text()
	d := &device{
		code:     base64.StdEncoding.EncodeToString(raw),
		userCode: letters[:4] + "-" + letters[4:8],
		clientID: application.ClientID,
		scope:    s.normalise(scope),
		expires:  s.now().Add(expiry),
		interval: interval,
	}
	s.devices = append(s.devices, d)
	s.secrets = append(s.secrets, d.code)
	s.notify()
	page := s.options.DeviceURI
	if page == "" {
		page = s.url + "/vedauth/device"
	}
	return jsonReply(http.StatusOK, deviceBody{
		DeviceCode:      d.code,
		UserCode:        d.userCode,
		VerificationURI: page,
		CompleteURI:     page + "?user_code=" + url.QueryEscape(d.userCode),
		ExpiresIn:       int64(expiry / time.Second),
		Interval:        int64(interval / time.Second),
	}, s.options.EscapeSlashes)
}

// exchangeDevice is POST Authorize/Token with a device code.
func exchangeDevice(s *Server, c *call) reply {
	application, refused := s.applicationOf(c)
	if refused != nil {
		return *refused
	}
	if c.fields["grant_type"] != deviceGrantType {
		return s.refuse("invalid-request", "")
	}
	d := s.deviceWith(func(d *device) bool { return d.code == c.fields["device_code"] })
	if d == nil || d.used || d.clientID != application.ClientID {
		return s.refuse("token-invalid-grant", "")
	}
	defer s.notify()
	early := s.now().Before(d.lastPoll.Add(d.interval))
	d.polls++
	d.lastPoll = s.now()
	switch {
	case !s.now().Before(d.expires):
		if s.options.DeviceExpiredToken {
			return s.refuse("device-expired", "")
		}
		return s.refuse("token-invalid-grant", "")
	case early && s.options.DeviceSlowDown:
		d.interval += 5 * time.Second
		return s.refuse("device-slow-down", "")
	case d.denied:
		return s.refuse("device-denied", "")
	case d.approved == nil:
		return s.refuse("device-pending", "")
	}
	if _, ok := s.ruleFor(application.ClientID, d.approved.Identity); !ok {
		return s.refuse("unauthorized-client", "")
	}
	d.used = true
	return s.tokenReply(s.newGrant(application, d.approved, d.scope, c.Endpoint, ""), false)
}

// Approve plays the person in the browser, logged on as user (any name), who confirms a code.
func (s *Server) Approve(userCode, user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.userNamed(user)
	if known == nil {
		return errors.New("fakevedauth: no user " + user)
	}
	d := s.waiting(userCode)
	if d == nil {
		return errors.New("fakevedauth: no device waits with code " + userCode)
	}
	d.approved = known
	s.notify()
	return nil
}

// Deny plays the person in the browser who refuses.
func (s *Server) Deny(userCode string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.waiting(userCode)
	if d == nil {
		return errors.New("fakevedauth: no device waits with code " + userCode)
	}
	d.denied = true
	s.notify()
	return nil
}

// Devices returns the device flows that wait for a person, in the order in which they began.
func (s *Server) Devices() []PendingDevice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pendingDevices()
}

// pendingDevices is for those who hold mu.
func (s *Server) pendingDevices() []PendingDevice {
	var pending []PendingDevice
	for _, d := range s.devices {
		if d == s.waiting(d.userCode) {
			pending = append(pending, PendingDevice{
				UserCode: d.userCode, ClientID: d.clientID, Scope: d.scope, Expires: d.expires, Polls: d.polls,
			})
		}
	}
	return pending
}

// waiting finds the flow with a user code that nobody has confirmed or refused, and that has not expired.
func (s *Server) waiting(userCode string) *device {
	return s.deviceWith(func(d *device) bool {
		return d.userCode == userCode && d.approved == nil && !d.denied && s.now().Before(d.expires)
	})
}

func (s *Server) deviceWith(fits func(*device) bool) *device {
	for _, d := range s.devices {
		if fits(d) {
			return d
		}
	}
	return nil
}
