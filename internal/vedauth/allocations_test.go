//go:build !race

// The race detector makes pools forget at random, and so changes how much is allocated.

package vedauth_test

import "testing"

// mostAllocations is how many more a login may make than a bare POST of the same bytes, both on a kept connection.
const mostAllocations = 56

// TestAllocationsOfALogin does not run in parallel with others: what they allocate would count too.
func TestAllocationsOfALogin(t *testing.T) {
	p := newPair(t)
	bare := testing.AllocsPerRun(200, func() { p.post(t) })
	login := testing.AllocsPerRun(200, func() { p.authorize(t) })
	t.Logf("a login makes %.0f allocations, a bare POST %.0f", login, bare)
	if login-bare > mostAllocations {
		t.Errorf("a login makes %.0f allocations more than a bare POST, %d may be. Look with go test -run '^$' -bench Authorize "+
			"-memprofile for what is new; if it is worth it, raise mostAllocations and say in the commit what for",
			login-bare, mostAllocations)
	}
}
