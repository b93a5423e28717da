package bench

import "math"

// bar is what a figure may be at most.
type bar struct {
	// figure says what it is, as a quotient.
	figure string
	most   float64
	// measure is the figure; of what was not measured its Value is NaN.
	measure func(*Results) Ratio
}

// inWaves is how long a hundred answers of the slow server take if ten are under way at a time, which is what Terraform
// asks for: once to get the tokens, once to revoke them.
var inWaves = 2 * 10 * slow.Seconds()

// bars are what this provider is to reach.
var bars = []bar{
	{"start of the provider, to its handshake / empty provider", 1.05, of(startOurs, startEmpty)},
	{"plan, 1 token / empty provider, 1 block", 1.05, of(oursOne, emptyOne)},
	{"plan, 100 blocks with 1 token / empty provider, 100 blocks", 1.10, of(oursEqual, emptyMany)},
	{
		"plan, 100 blocks with 100 tokens, server takes 50 ms / (empty provider, 100 blocks + 10 × 50 ms to get + 10 × 50 ms to revoke)",
		1.15, func(r *Results) Ratio { return r.Series[oursDistinctSlow].over(r.Series[emptyMany].plus(inWaves)) },
	},
	{"login / bare POST on a kept connection", 1.10, of(callAuthorize, callBare)},
	{"plan, 1 token / the faster of `hashicorp/http` and `hashicorp/external` with `curl`", 1.00, ofTheBest},
	{"peak memory, 1 token / empty provider", 1.15, of(peakOurs, peakEmpty)},
}

// mostSize is how large the program may be, in bytes.
const mostSize = 24_000_000

func of(name, base string) func(*Results) Ratio {
	return func(r *Results) Ratio { return r.Series[name].over(r.Series[base]) }
}

func ofTheBest(r *Results) Ratio {
	best := Ratio{Value: math.NaN()}
	for _, name := range []string{releasedHTTP, releasedExternal} {
		ratio := r.Series[oursOne].over(r.Series[name])
		// The faster of the two is the one beside which we look worse; one that was not measured counts for nothing.
		if !math.IsNaN(ratio.Value) && !(ratio.Value <= best.Value) {
			best = ratio
		}
	}
	return best
}
