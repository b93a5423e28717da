package vedauth

import (
	"context"
	"time"
)

// budget times the timeout is what a call may take in all, with its retries and pauses.
const budget = 3

// endKey is where a context keeps the end that several calls share.
type endKey struct{}

// WithBudget makes all calls with the context it returns end at the same time: when one call that begins now would. A
// request that must not be cancelled once it is written keeps to it too. The context itself ends at that time.
func (c *Client) WithBudget(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.WithBudgetSince(ctx, time.Now())
}

// WithBudgetSince is WithBudget for calls of which the first was to begin at some time before, and had to wait.
func (c *Client) WithBudgetSince(ctx context.Context, began time.Time) (context.Context, context.CancelFunc) {
	end := c.endOf(ctx, began)
	return context.WithDeadline(context.WithValue(ctx, endKey{}, end), end)
}

// endOf is when a call that began at some time ends at the latest.
func (c *Client) endOf(ctx context.Context, began time.Time) time.Time {
	if end, ok := ctx.Value(endKey{}).(time.Time); ok {
		return end
	}
	return began.Add(budget * c.config.Timeout)
}
