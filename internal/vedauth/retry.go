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
	if err != nil {
		return c.judgeSilence(ctx, r, err, sent)
	}
	if got.broken == nil && r.ok(got.status) && !got.isPage() {
		return outcome{answer: got}
	}
	failure := c.failure(r, Ambiguous, got)
	switch status := got.status; {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable, wantsRerun(got):
		failure.Kind, failure.Page = Busy, got.isPage()
		failure.problem = "the server cannot serve this now"
		failure.next = "Try again later."
		return outcome{got, failure, r.policy.afterBusy, retryAfter(got.header, c.config.Now())}
	case status == http.StatusBadRequest, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return outcome{answer: got, failure: refuse(failure, got)}
	case isUnclear(got, r):
		return judgeUnclear(ctx, r, failure, got)
	default:
		return outcome{answer: got, failure: explainUnexpected(failure, got, r.secrets)}
	}
}

// isUnclear tells the answers that leave open what the server did: those of a broken server or gateway, and a success
// that was cut off or is of another kind than vedauth's. A web page with a good status comes from something else.
func isUnclear(got *answer, r request) bool {
	success := got.status/100 == 2 && !got.isPage()
	return got.status >= 500 || success && (got.broken != nil || r.policy.protected)
}

// judgeUnclear is judge for an answer that leaves open what the server did.
func judgeUnclear(ctx context.Context, r request, failure *Error, got *answer) outcome {
	if got.broken != nil && !r.policy.protected && ctx.Err() != nil {
		return outcome{failure: cancel(ctx, failure)}
	}
	var final bool
	failure.Page, failure.next = got.isPage(), "Look in the logs of the server and of any proxy in front of it."
	if got.broken != nil {
		failure.problem, failure.next, final = describeNetwork(got.broken)
	}
	return outcome{answer: got, failure: failure, again: !final && !r.policy.protected}
}

// judgeSilence is judge for an attempt that got no answer at all.
func (c *Client) judgeSilence(ctx context.Context, r request, err error, sent bool) outcome {
	var judged *judgedError
	if errors.As(err, &judged) {
		return outcome{failure: judged.failure}
	}
	failure := c.failure(r, Ambiguous, nil)
	var final bool
	failure.problem, failure.next, final = c.describe(err)
	switch {
	case errors.Is(err, errBadBearer):
		failure.Kind, failure.problem = Refused, err.Error()
		failure.next = "Check where the token comes from: it may have a line break or quotes around it."
		return outcome{failure: failure}
	case !sent && errors.Is(ctx.Err(), context.DeadlineExceeded): // the caller's own time is up
		failure.Kind = Unreachable
		if errors.Is(err, errAbandoned) {
			failure.problem, failure.next, _ = describeNetwork(context.DeadlineExceeded)
		}
		return outcome{failure: failure}
	case !sent && ctx.Err() != nil, errors.Is(err, errAbandoned), !r.policy.protected && ctx.Err() != nil:
		return outcome{failure: cancel(ctx, failure)}
	case !sent, c.endsHandshake(err):
		failure.Kind = Unreachable
		return outcome{failure: failure, again: !final}
	default:
		return outcome{failure: failure, again: !final && !r.policy.protected}
	}
}

// describe is describeNetwork, with what a client certificate has to do with it.
func (c *Client) describe(err error) (problem, next string, final bool) {
	if c.presenter != nil {
		if problem, next, known := c.presenter.describe(err, c.config.Now()); known {
			return problem, next, true
		}
	}
	return describeNetwork(err)
}

// cancel makes the error for a caller that gave up.
func cancel(ctx context.Context, failure *Error) *Error {
	failure.Kind, failure.problem, failure.next = Canceled, "the request was cancelled", ""
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		failure.problem = "no answer came in the time there was"
	}
	return failure
}

// wantsRerun recognises a database deadlock on the server, which asks for the same request again.
func wantsRerun(got *answer) bool {
	text := bytes.ToLower(append([]byte(got.reason+" "), got.body[:min(len(got.body), 8192)]...))
	return got.status == http.StatusInternalServerError && bytes.Contains(text, []byte("rerun the transaction"))
}

// retryAfter reads the Retry-After header, in seconds or as a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	// Of a number that is out of range, ParseInt returns the largest there is.
	if seconds, err := strconv.ParseInt(value, 10, 64); (err == nil || errors.Is(err, strconv.ErrRange)) && seconds > 0 {
		return time.Duration(min(seconds, int64(maxPause/time.Second))) * time.Second
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
