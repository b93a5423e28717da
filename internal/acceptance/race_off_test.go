//go:build !race

package acceptance_test

// raceEnabled builds the provider with the race detector too when the tests have it.
const raceEnabled = false
