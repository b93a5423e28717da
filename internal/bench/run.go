package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// Options are what a person decides.
type Options struct {
	// Rounds is how often everything is measured.
	Rounds int
	// Released are the providers to compare with.
	Released Released
	// Only measures the plans whose names it accepts; nil accepts all.
	Only func(name string) bool
	// Progress is told what is going on.
	Progress io.Writer
}

// Results is what was measured.
type Results struct {
	// Series holds the values by what was measured.
	Series map[string]Series
	// Size is that of the release for linux/amd64, in bytes.
	Size int64
	// Weights say what it is made of.
	Weights []Weight
	// Machine and Versions say where and with what.
	Machine, Versions string
	// Rounds is how many values each series has.
	Rounds int
	// Missing are the released providers that could not be had.
	Missing []string
}

// The names of the series that are no plans.
const (
	startOurs, startEmpty   = "start-ours", "start-empty"
	peakOurs, peakEmpty     = "peak-ours", "peak-empty"
	callAuthorize, callBare = "call-authorize", "call-bare"
)

// probe measures once, and records each value under a name.
type probe func(ctx context.Context, record func(name string, value float64)) error

// Run measures everything. What it writes goes into a folder that it removes.
func Run(ctx context.Context, options Options) (_ *Results, err error) {
	scratch, err := os.MkdirTemp("", "vedauth-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	root, err := terraformcli.Checkout(ctx)
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintln(options.Progress, "building the providers")
	w, err := newWorld(ctx, scratch)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if err := w.fetch(ctx, options.Released, filepath.Join(root, ".tools", "bench"), options.Progress); err != nil {
		return nil, err
	}
	probes, err := w.probes(ctx, options.Only)
	if err != nil {
		return nil, err
	}
	results := &Results{Series: map[string]Series{}, Rounds: options.Rounds}
	if results.Size, err = releaseSize(ctx, scratch); err != nil {
		return nil, err
	}
	if results.Weights, err = Weigh(ctx); err != nil {
		return nil, err
	}
	results.Machine, results.Versions = machine(), versions(ctx, w.cli)
	for _, name := range []string{"http", "external"} {
		if !w.released[name] {
			results.Missing = append(results.Missing, name)
		}
	}
	return results, rounds(ctx, probes, options, results.Series)
}

// rounds measures in turns. The first round only warms up. Each begins with another probe, so that none always comes
// after the same one.
func rounds(ctx context.Context, probes []probe, options Options, series map[string]Series) error {
	for round := range options.Rounds + 1 {
		_, _ = fmt.Fprintf(options.Progress, "round %d of %d\n", round, options.Rounds)
		for i := range probes {
			err := probes[(i+round)%len(probes)](ctx, func(name string, value float64) {
				if round > 0 {
					series[name] = append(series[name], value)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
