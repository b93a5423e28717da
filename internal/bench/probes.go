package bench

import (
	"context"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// startsPerRound is how often each provider is started in a round; the median is the round's value.
const startsPerRound = 5

// probes are all that is measured, of the plans those that only accepts.
func (w *world) probes(ctx context.Context, only func(string) bool) ([]probe, error) {
	var list []probe
	for _, c := range planCases() {
		if c.needs != "" && !w.released[c.needs] || only != nil && !only(c.name) {
			continue
		}
		p, err := w.planProbe(c)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	for _, other := range []func(context.Context) (probe, error){w.startProbe, w.callProbe, w.peakProbe} {
		p, err := other(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func (w *world) planProbe(c planCase) (probe, error) {
	space, err := w.space(c)
	server := w.server(c.slow)
	return func(ctx context.Context, record func(string, float64)) error {
		before := server.Ledger()
		took, result, err := timed(func() (terraformcli.Result, error) { return plan(ctx, space) })
		if err != nil {
			return err
		}
		record(c.name, took)
		record(c.name+cpuMark, result.CPU.Seconds())
		return c.judge(before, server.Ledger())
	}, err
}

// startProbe starts both providers in turns.
func (w *world) startProbe(context.Context) (probe, error) {
	ours, err := newStarter(program(w.providers, "vedauth"))
	if err != nil {
		return nil, err
	}
	empty := starter{program(w.providers, "empty"), ours.environment}
	return func(ctx context.Context, record func(string, float64)) error {
		all := map[string]Series{}
		for range startsPerRound {
			for name, s := range map[string]starter{startOurs: ours, startEmpty: empty} {
				took, err := s.start(ctx)
				if err != nil {
					return err
				}
				all[name] = append(all[name], took.Seconds())
			}
		}
		record(startOurs, all[startOurs].Median())
		record(startEmpty, all[startEmpty].Median())
		return nil
	}, nil
}

func (w *world) callProbe(context.Context) (probe, error) {
	c, err := newCaller(w.fast)
	return func(ctx context.Context, record func(string, float64)) error {
		authorize, bare, err := c.compare(ctx)
		record(callAuthorize, authorize)
		record(callBare, bare)
		return err
	}, err
}

// peakProbe plans with both providers, once each.
func (w *world) peakProbe(ctx context.Context) (probe, error) {
	peakers := map[string]*peaker{}
	for name, c := range map[string]planCase{peakOurs: {body: ours(1, "")}, peakEmpty: {body: empty("empty", 1)}} {
		if !canMeasurePeaks {
			break
		}
		var err error
		if peakers[name], err = w.newPeaker(ctx, name, c); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, record func(string, float64)) error {
		for name, p := range peakers {
			peak, err := p.measure(ctx)
			if err != nil {
				return err
			}
			record(name, float64(peak))
		}
		return nil
	}, nil
}
