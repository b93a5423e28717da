package vedauth

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	firstPause = 500 * time.Millisecond
	maxPause   = 30 * time.Second
)

// policy says which failures of a request may be answered by sending it again.
type policy struct {
	// protected requests make or rotate a grant: once written they are not cancelled, and not sent again after a
	// failure that leaves open whether they were carried out.
	protected bool
	// afterBusy allows another attempt after 429, 503 and "rerun the transaction".
	afterBusy bool
}

var (
	// makesGrant is for authorize calls, of which each success is a new grant.
	makesGrant = policy{protected: true, afterBusy: true}
	// rotatesGrant is for refresh and device code exchange, whose input works once.
	rotatesGrant = policy{protected: true}
	// harmless is for verify and revoke, which can be sent any number of times.
	harmless = policy{afterBusy: true}
)

// outcome is the result of one attempt.
type outcome struct {
	answer     *answer
	failure    *Error // nil for success
	again      bool   // another attempt may be made
	retryAfter time.Duration
}

// judge decides what an attempt came to. sent tells whether any of the request may have reached the server.
func (c *Client) judge(ctx context.Context, r request, got *answer, err error, sent bool) outcome {
	failure := &Error{Endpoint: r.endpoint, Method: r.method, URL: c.config.Server + pathOf[r.endpoint]}
	if err != nil {
		return judgeSilence(ctx, r, failure, err, sent)
	}
	if got.broken == nil && r.ok(got.status) && !got.isPage() {
		return outcome{answer: got}
	}
	failure.Status, failure.Code, failure.Description = got.status, got.oauth.Error, describeAnswer(got, r)
	status := got.status
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable, wantsRerun(got):
		failure.Kind, failure.Page = Busy, got.isPage()
		failure.problem = "the server cannot serve this now"
		failure.next = "Try again later."
		return outcome{got, failure, r.policy.afterBusy, retryAfter(got.header, c.config.Now())}
	case status == http.StatusBadRequest, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return outcome{answer: got, failure: refuse(failure, got)}
	case status >= 500 || got.broken != nil:
		failure.Kind, failure.Page = Ambiguous, got.isPage()
		if got.broken != nil {
			failure.problem, _, _ = describeNetwork(got.broken)
		}
		return outcome{answer: got, failure: failure, again: !r.policy.protected}
	default:
		return outcome{answer: got, failure: explainUnexpected(failure, got)}
	}
}

// judgeSilence is judge for an attempt that got no answer at all.
func judgeSilence(ctx context.Context, r request, failure *Error, err error, sent bool) outcome {
	var final bool
	failure.problem, failure.next, final = describeNetwork(err)
	switch {
	case errors.Is(err, errBadBearer):
		failure.Kind, failure.problem = Refused, err.Error()
		failure.next = "Check where the token comes from: it may have a line break or quotes around it."
		return outcome{failure: failure}
	case !sent && ctx.Err() != nil, errors.Is(err, errAbandoned), !r.policy.protected && ctx.Err() != nil:
		failure.Kind, failure.problem, failure.next = Canceled, "the request was cancelled", ""
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			failure.problem = "no answer came in the time there was"
		}
		return outcome{failure: failure}
	case !sent:
		failure.Kind = Unreachable
		return outcome{failure: failure, again: !final}
	default:
		failure.Kind = Ambiguous
		return outcome{failure: failure, again: !final && !r.policy.protected}
	}
}

// describeAnswer picks the server's own words.
func describeAnswer(got *answer, r request) string {
	switch {
	case got.oauth.Description != "":
		return got.oauth.Description
	case got.isPage():
		return clean(parseTitle(got.body), r.secrets)
	case got.reason != http.StatusText(got.status):
		return got.reason
	default:
		return ""
	}
}

// wantsRerun recognises a database deadlock on the server, which asks for the same request again.
func wantsRerun(got *answer) bool {
	text := bytes.ToLower(append([]byte(got.reason+" "), got.body[:min(len(got.body), 8192)]...))
	return got.status == http.StatusInternalServerError && bytes.Contains(text, []byte("rerun the transaction"))
}

// retryAfter reads the Retry-After header, in seconds or as a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int(maxPause/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxPause)
	}
	return 0
}

// backoff is the pause before the next attempt: what the server asked for, else twice as long each time, with a random
// part so that many callers do not come back at once.
func backoff(attempt int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	pause := min(firstPause<<(min(attempt, 8)-1), maxPause)
	return pause/2 + rand.N(pause/2)
}
