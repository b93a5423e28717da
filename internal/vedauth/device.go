package vedauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const (
	// deviceGrantType is what tells Authorize/Token that a device code comes and not a refresh token (RFC 8628, 3.4).
	deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code"
	// defaultInterval is the pause between polls, and slowDown what a slow_down adds to it (RFC 8628, 3.2 and 3.5).
	defaultInterval = 5 * time.Second
	slowDown        = 5 * time.Second
	// defaultDeviceLife is for a server that does not say how long a device code lives; the vendor's documents say about
	// five minutes.
	defaultDeviceLife = 5 * time.Minute
)

// Device is a login that a person has to confirm in a browser, from Authorize/Device.
type Device struct {
	// ClientID is the API integration that the login is for.
	ClientID string
	// Code is the device code, which is exchanged once.
	Code secret.String
	// UserCode is what the person enters at VerificationURI. Complete is that address with the code in it; may be empty.
	UserCode, VerificationURI, Complete string
	// Interval is the pause between polls.
	Interval time.Duration
	// Until is when the code ends, by the local clock.
	Until time.Time
}

// deviceReply is the body of Authorize/Device.
type deviceReply struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  int64  `json:"expires_in"`
	Interval   int64  `json:"interval"`
}

// StartDevice begins a login that a person confirms in a browser. It makes no grant yet.
func (c *Client) StartDevice(ctx context.Context, clientID, scope string) (*Device, error) {
	form := url.Values{"client_id": {clientID}, "scope": {scope}}
	r := request{
		endpoint: refusal.Device, method: http.MethodPost, body: []byte(form.Encode()), form: true, policy: harmless, ok: isOK,
	}
	got, failure := c.do(ctx, r)
	if failure != nil {
		return nil, failure
	}
	device, err := parseDevice(got.body, got.requested)
	if err != nil {
		failure := c.failure(r, Unexpected, got)
		failure.problem = "the reply cannot be used: " + err.Error()
		failure.next = "Have an administrator look at the device flow in the server's OAuth settings."
		failure.Code, failure.Description = "", "" // of a success, which has none, and could quote the device code
		return nil, failure
	}
	device.ClientID = clientID
	return device, nil
}

// parseDevice reads the body of Authorize/Device. What a person will see is made fit for a terminal.
func parseDevice(body []byte, requested time.Time) (*Device, error) {
	var reply deviceReply
	if err := json.Unmarshal(body, &reply); err != nil {
		return nil, describeJSON(err)
	}
	device := &Device{
		Code: secret.New(reply.DeviceCode), UserCode: printable(reply.UserCode), VerificationURI: printable(reply.URI),
		Interval: defaultInterval, Until: requested.Add(defaultDeviceLife),
	}
	if device.Code.Empty() || device.UserCode == "" {
		return nil, errors.New("it has no device_code or no user_code")
	}
	if err := checkVerificationURI(reply.URI); err != nil {
		return nil, err
	}
	if checkVerificationURI(reply.Complete) == nil {
		device.Complete = printable(reply.Complete)
	}
	if reply.Interval > 0 {
		device.Interval = time.Duration(min(reply.Interval, 300)) * time.Second
	}
	if reply.ExpiresIn > 0 {
		device.Until = requested.Add(time.Duration(min(reply.ExpiresIn, 24*3600)) * time.Second)
	}
	device.Interval = min(device.Interval, device.Until.Sub(requested)/2) // else the first poll would come too late
	return device, nil
}

// checkVerificationURI accepts what a person can be sent to. A user name before the host would only disguise the host.
func checkVerificationURI(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return errors.New("its verification_uri is not an https address that a person can be sent to")
	}
	return nil
}

// printable keeps control characters of a reply from a person's terminal.
func printable(text string) string {
	runes := []rune(without(text, unfit))
	return string(runes[:min(len(runes), 300)])
}

// AwaitDevice polls until the person has confirmed, refused, or let the code end. It keeps to the pace of RFC 8628.
func (c *Client) AwaitDevice(ctx context.Context, device *Device) (*Token, error) {
	interval := device.Interval
	var lost *Error // a poll that got no answer, and may have been the one that would have brought the token
	for {
		if err := c.config.Wait(ctx, interval); err != nil {
			return nil, err
		}
		token, err := c.ExchangeDevice(ctx, device.ClientID, device.Code)
		var failure *Error
		if errors.As(err, &failure) && failure.Row.Class == refusal.Pending {
			lost = nil // the code is still to be spent, so the poll without an answer did not spend it
		}
		switch {
		case err == nil:
			return token, nil
		case !errors.As(err, &failure) || failure.Grant != nil:
			return nil, err
		case failure.Row.ID == "device-slow-down", failure.Kind == Busy:
			interval += slowDown
		case failure.Row.Class == refusal.Pending, failure.Kind == Unreachable:
		case failure.Kind == Ambiguous: // asked once more, the server says whether the code has been used up
			interval += slowDown
			lost = failure
		case failure.Row.Class == refusal.Grant && !deviceUnused(failure) && lost != nil:
			return nil, lost
		case failure.Row.Class == refusal.Grant && !c.config.Now().Before(device.Until): // the vendor's word for that
			return nil, deviceEnded(failure)
		default:
			return nil, err
		}
		if c.config.Now().Add(interval).After(device.Until) {
			if lost != nil {
				return nil, lost
			}
			return nil, deviceEnded(failure)
		}
	}
}

// deviceUnused reports whether a refusal says that the code has not brought a token to anybody.
func deviceUnused(e *Error) bool { return e.Row.ID == "device-denied" || e.Row.ID == "device-expired" }

// deviceEnded is the failure of a login that nobody confirmed in time. last is the last answer.
func deviceEnded(last *Error) *Error {
	ended := *last
	ended.Kind, ended.Row = Refused, refusal.Row{}
	ended.problem = "the code ended before anybody confirmed the login"
	ended.next = "Run Terraform again and confirm the login in the browser in time."
	if last.Kind != Refused {
		ended.problem += fmt.Sprintf(" (the last poll failed: %s)", last.problem)
	}
	return &ended
}

// ExchangeDevice spends a device code at Authorize/Token. It is sent once: a code works once.
func (c *Client) ExchangeDevice(ctx context.Context, clientID string, code secret.String) (*Token, error) {
	body := struct {
		ClientID   string `json:"client_id"`
		DeviceCode string `json:"device_code"`
		GrantType  string `json:"grant_type"`
	}{clientID, code.Reveal(), deviceGrantType}
	return c.authorize(ctx, refusal.Token, rotatesGrant, clientID, body, code)
}
