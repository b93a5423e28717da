package vedauth

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const (
	// DefaultTimeout is how long one attempt may take. An application pool of IIS that has been idle needs up to 90
	// seconds to wake.
	DefaultTimeout = 90 * time.Second
	// DefaultRetries is how often a request that may be sent again is sent again.
	DefaultRetries = 3
)

// Config is what a client needs to know. The zero value of each optional field is its default.
type Config struct {
	// Server is the address as ParseURL returns it. Required.
	Server string
	// CAPEM holds certificates that are trusted in addition to the system's.
	CAPEM []byte
	// ProxyURL is an http or https proxy, in place of HTTPS_PROXY.
	ProxyURL *url.URL
	// Timeout is for one attempt, from the dial to the last byte of the answer. Default DefaultTimeout.
	Timeout time.Duration
	// Retries is how often a request that may be sent again is. Negative means never. Default DefaultRetries.
	Retries int
	// UserAgent is the User-Agent header.
	UserAgent string
	// Log receives one event for each attempt. Optional.
	Log func(context.Context, Event)
	// Getenv reads the environment's proxy settings. Default os.Getenv.
	Getenv func(string) string
	// Wait pauses between attempts. Default: a timer. Tests replace it.
	Wait func(context.Context, time.Duration) error
	// Now is the local clock. Default time.Now.
	Now func() time.Time
}

// Event is one attempt at one request, for a log. It holds no secret.
type Event struct {
	Endpoint refusal.Endpoint
	Attempt  int
	Status   int    // 0 if no answer came
	Problem  string // why no answer came, or empty
	Duration time.Duration
}

// Client talks to one vedauth server. It is safe for concurrent use.
type Client struct {
	config    Config
	direct    transports // trust the named anchors only, if there are any
	anchors   *anchors
	presenter *presenter // nil without a client certificate
}

// New makes a client. It sends nothing.
func New(config Config) (*Client, error) {
	if config.Timeout <= 0 {
		config.Timeout = DefaultTimeout
	}
	if config.Retries == 0 {
		config.Retries = DefaultRetries
	}
	if config.Log == nil {
		config.Log = func(context.Context, Event) {}
	}
	if config.Getenv == nil {
		config.Getenv = os.Getenv
	}
	if config.Wait == nil {
		config.Wait = wait
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	transport, err := newTransport(config)
	if err != nil {
		return nil, err
	}
	direct := newTransports(transport)
	return &Client{config: config, direct: direct, anchors: newAnchors(direct, config.CAPEM)}, nil
}

// Server is the address of the server, as ParseURL returns it.
func (c *Client) Server() string { return c.config.Server }

// Timeout is how long one attempt may take.
func (c *Client) Timeout() time.Duration { return c.config.Timeout }

// Now is the client's clock.
func (c *Client) Now() time.Time { return c.config.Now() }

// pathOf spells an endpoint as the vendor's pages do.
func pathOf(endpoint refusal.Endpoint) string {
	switch endpoint {
	case refusal.OAuth:
		return "/vedauth/Authorize/OAuth"
	case refusal.Certificate:
		return "/vedauth/Authorize/Certificate"
	case refusal.Integrated:
		return "/vedauth/Authorize/Integrated"
	case refusal.JWT:
		return "/vedauth/Authorize/Jwt"
	case refusal.Device:
		return "/vedauth/Authorize/Device"
	case refusal.Token:
		return "/vedauth/Authorize/Token"
	case refusal.Verify:
		return "/vedauth/Authorize/Verify"
	case refusal.Revoke:
		return "/vedauth/Revoke/Token"
	default: // isAuthServer
		return "/vedauth/Authorize/isAuthServer"
	}
}

// request is one call, before it is known how often it has to be sent.
type request struct {
	endpoint refusal.Endpoint
	method   string
	// body is sent as JSON, or as a form; nil for none.
	body []byte
	form bool
	// bearer authorizes verify and revoke; authorize calls carry none.
	bearer secret.String
	// secrets are what the body and headers hold that must not come back in an error.
	secrets []secret.String
	policy  policy
	// ok tells the statuses of success.
	ok func(status int) bool
	// exchange sends the request in a way of its own; nil for the usual one.
	exchange exchange
}

// exchange sends a request once, and marks in state that it has been written.
type exchange func(ctx context.Context, r request, state *progress) (*answer, error)

// failure begins the error of a request; got is nil if no answer came.
func (c *Client) failure(r request, kind Kind, got *answer) *Error {
	e := &Error{Endpoint: r.endpoint, Method: r.method, URL: c.config.Server + pathOf(r.endpoint), Kind: kind, Attempts: 1}
	if got != nil {
		e.Status, e.Attempts = got.status, got.attempts
		e.Code, e.Description = clean(got.oauth.Error, r.secrets), clean(got.words(), r.secrets)
	}
	return e
}

func isOK(status int) bool { return status == http.StatusOK }

// do sends a request as often as its policy allows and returns the answer of success, or the last failure.
func (c *Client) do(ctx context.Context, r request) (*answer, *Error) {
	end := c.endOf(ctx, time.Now())
	all, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if !r.policy.protected {
			cancel()
		}
	})
	defer stop()
	for attempt := 1; ; attempt++ {
		result := c.attempt(ctx, all, r, attempt)
		if result.failure == nil {
			return result.answer, nil
		}
		result.failure.Attempts = attempt
		if attempt > c.config.Retries || !result.again {
			return result.answer, result.failure
		}
		pause := backoff(attempt, result.retryAfter)
		if theirs, ok := ctx.Deadline(); time.Until(end) < pause || ok && time.Until(theirs) < pause {
			return result.answer, result.failure
		}
		if c.config.Wait(ctx, pause) != nil {
			return result.answer, result.failure
		}
	}
}
