package bench

import (
	"testing"
)

// TestProbes measures once, with a real Terraform, what needs no released provider. The numbers mean nothing here; that
// each plan does on the server what its case says is checked by the probe.
func TestProbes(t *testing.T) {
	t.Parallel()
	w, err := newWorld(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	few := map[string]bool{emptyOne: true, oursOne: true, leanRequest: true}
	probes, err := w.probes(t.Context(), func(name string) bool { return few[name] })
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Series{}
	for _, p := range probes {
		if err := p(t.Context(), func(name string, value float64) { got[name] = append(got[name], value) }); err != nil {
			t.Error(err)
		}
	}
	names := []string{emptyOne, emptyOne + cpuMark, oursOne, oursOne + cpuMark, leanRequest, leanRequest + cpuMark,
		startOurs, startEmpty, callAuthorize, callBare}
	if canMeasurePeaks {
		names = append(names, peakOurs, peakEmpty)
	}
	for _, name := range names {
		if len(got[name]) != 1 || got[name][0] <= 0 {
			t.Errorf("%s: %v", name, got[name])
		}
	}
	if len(got) != len(names) {
		t.Errorf("%d series, want %d: %v", len(got), len(names), got)
	}
}
