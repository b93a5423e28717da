package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

const (
	tries          = 3
	attemptTimeout = 30 * time.Second
	firstPause     = 500 * time.Millisecond
)

// requester asks a platform's identity service for an ID token. Asking twice does no harm, so it tries again.
type requester struct {
	env   Environment
	send  func(*http.Request) (*http.Response, error)
	sleep func(context.Context, time.Duration) error
	// timeout bounds one attempt, from the first packet to the last byte of the answer.
	timeout time.Duration
}

func newRequester(env Environment) requester {
	return requester{env: env, send: newClient(env, nil).Do, sleep: sleep, timeout: attemptTimeout}
}

// call is one request of a platform's protocol. The URL and the bearer stay in the environment until they are needed.
type call struct {
	attribute   string
	service     string
	method      string
	urlVariable string
	query       map[string]string
	tokenNamed  string
	scheme      string
	header      map[string]string
	// field is the member of the JSON answer that holds the token.
	field string
	// advise says what to do about a status other than 200.
	advise func(status int, body []byte) string
}

// need is a variable that must be set, and what sets it.
type need struct{ name, provider string }

// needs returns an Error with Absent set unless all variables have a value.
func (r requester) needs(attribute string, needs []need) error {
	for _, n := range needs {
		if r.env.lookup(n.name) == "" {
			how := "is not set"
			if _, set := r.env(n.name); set {
				how = "is set, but empty"
			}
			return &Error{
				Attribute: attribute, Problem: fmt.Sprintf("the environment variable %s %s", n.name, how),
				Next: n.provider, Absent: true,
			}
		}
	}
	return nil
}

// fetch makes the call, three times at most: again after a network error and after a status of 500 and above.
func (r requester) fetch(ctx context.Context, c call) (secret.String, error) {
	target, err := r.target(c)
	if err != nil {
		return secret.String{}, err
	}
	bearer := secret.New(r.env.lookup(c.tokenNamed))
	if strings.ContainsFunc(bearer.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return secret.String{}, &Error{
			Attribute: c.attribute,
			Problem:   fmt.Sprintf("the environment variable %s holds characters that no token has", c.tokenNamed),
			Next:      "Pass it on as the platform set it, without quotes or line breaks.",
		}
	}
	pause := firstPause
	for try := 1; ; try++ {
		r.timeout = share(ctx, r.timeout, tries-try+1)
		token, again, failure := r.attempt(ctx, c, target, bearer)
		if failure == nil {
			return token, nil
		}
		if !again || try == tries || r.sleep(ctx, pause) != nil {
			return secret.String{}, c.conclude(ctx, failure, try)
		}
		pause *= 4
	}
}

// share is the time for one of so many attempts, so that a caller in a hurry gets more than one.
func share(ctx context.Context, limit time.Duration, attempts int) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/time.Duration(attempts))
	}
	return limit
}

// conclude makes the error to return of the last attempt's.
func (c call) conclude(ctx context.Context, err *Error, attempts int) error {
	if cause := ctx.Err(); errors.Is(cause, context.Canceled) {
		return &Error{
			Attribute: c.attribute, Problem: fmt.Sprintf("the request to %s was cancelled", c.service), Cause: cause,
		}
	}
	if attempts > 1 {
		err.Problem += fmt.Sprintf(" (%d attempts)", attempts)
	}
	return err
}

func (r requester) attempt(ctx context.Context, c call, target *url.URL, bearer secret.String,
) (token secret.String, again bool, failure *Error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, c.method, target.String(), nil)
	if err != nil {
		return secret.String{}, false, c.badURL("cannot be used in a request")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "terraform-provider-vedauth")
	request.Header.Set("Authorization", c.scheme+" "+bearer.Reveal())
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	response, err := r.send(request)
	if err != nil {
		return secret.String{}, !isFinal(err), c.networkError(err, target, r.timeout)
	}
	defer func() { _ = response.Body.Close() }()
	return c.read(response, target, bearer, r.timeout)
}

// target is the address to ask, with the call's parameters added to those it has.
func (r requester) target(c call) (*url.URL, error) {
	// The error of Parse repeats the URL, whose query is not for logs.
	target, err := url.Parse(r.env.lookup(c.urlVariable))
	switch {
	case err != nil || target.Host == "":
		return nil, c.badURL("is not a URL")
	case target.User != nil:
		return nil, c.badURL("holds a user name")
	case target.Scheme != "https" && (target.Scheme != "http" || !isLoopback(target.Hostname())):
		return nil, c.badURL("is not an https URL")
	}
	query, err := url.ParseQuery(target.RawQuery)
	if err != nil {
		return nil, c.badURL("has a malformed query")
	}
	for name, value := range c.query {
		query.Set(name, value)
	}
	target.RawQuery, target.Fragment = query.Encode(), ""
	return target, nil
}

func (c call) badURL(problem string) *Error {
	return &Error{
		Attribute: c.attribute,
		Problem:   fmt.Sprintf("the environment variable %s %s", c.urlVariable, problem),
		Next:      "Pass it on as the platform set it; the request is sent to https only, or to this machine itself.",
	}
}

func (c call) fail(what, next string) *Error {
	return &Error{Attribute: c.attribute, Problem: c.service + " " + what, Next: next}
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
