package tokenstore

import "testing"

// BenchmarkFreshToken is the usual run: the stored token is fresh, and no lock is needed.
func BenchmarkFreshToken(b *testing.B) {
	bench := newBench(b)
	bench.mustAcquire("seed-Zq==")
	b.ReportAllocs()
	for b.Loop() {
		bench.mustAcquire("seed-Zq==")
	}
	if got := bench.server.requests(); got != 1 {
		b.Errorf("%d refreshes", got)
	}
}
