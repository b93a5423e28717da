// Package matrix says what becomes of a block, of its grant and of its secrets under every fault that somebody has
// thought of: every way to a token, times every request on that way, times every fault.
//
// What to expect is worked out here, by rules that were written from the design and not from the provider's code. The
// tests of this package provoke each cell on the real provider and compare. The guide "What happens when" shows the
// same expectations to readers.
package matrix
