package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// canMeasurePeaks: Windows does not tell.
const canMeasurePeaks = runtime.GOOS != "windows"

// peaker measures the peak memory of a provider in one plan, by a program that stands in its place.
type peaker struct {
	space *terraformcli.Workspace
	file  string
}

func (w *world) newPeaker(ctx context.Context, name string, c planCase) (*peaker, error) {
	scratch := filepath.Join(w.scratch, name)
	standIns := filepath.Join(scratch, "providers")
	for _, name := range []string{"vedauth", "empty"} {
		err := build(ctx, module+"/internal/bench/peak", program(standIns, name), runtime.GOOS, runtime.GOARCH)
		if err != nil {
			return nil, err
		}
	}
	space, err := terraformcli.NewWorkspace(w.cli, scratch, standIns, sources...)
	if err != nil {
		return nil, err
	}
	p := &peaker{space, filepath.Join(scratch, "peaks")}
	space.Setenv("BENCH_PEAK_FOLDER", w.providers)
	space.Setenv("BENCH_PEAK_FILE", p.file)
	return p, w.fill(space, c)
}

// measure plans once and returns the largest peak of the provider's processes, in bytes.
func (p *peaker) measure(ctx context.Context) (int64, error) {
	if err := os.RemoveAll(p.file); err != nil {
		return 0, err
	}
	if _, err := plan(ctx, p.space); err != nil {
		return 0, err
	}
	notes, err := os.ReadFile(p.file)
	if err != nil {
		return 0, err
	}
	var most int64
	for line := range strings.Lines(string(notes)) {
		peak, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", p.file, err)
		}
		most = max(most, peak)
	}
	return most, nil
}
