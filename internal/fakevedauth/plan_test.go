package fakevedauth_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestFirstAttempts: the share of requests that fail is about the one asked for, the choice is the same for another
// server, and what failed succeeds when it is sent again.
func TestFirstAttempts(t *testing.T) {
	t.Parallel()
	const n, percent = 200, 30
	chosen := map[string]bool{}
	for round := range 2 {
		fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
		fake.Inject(fakevedauth.Any, fakevedauth.FirstAttempts(percent, fakevedauth.Status(503)))
		p := peerOf(t, fake)
		struck := 0
		for i := range n {
			state := fmt.Sprint(i)
			first := p.post(pathOAuth, with(credentials(), "state", state))
			if first.status == http.StatusServiceUnavailable {
				struck++
				p.post(pathOAuth, with(credentials(), "state", state)).expect(t, http.StatusOK, "", "access_token")
			}
			if round == 0 {
				chosen[state] = first.status == http.StatusServiceUnavailable
			} else if chosen[state] != (first.status == http.StatusServiceUnavailable) {
				t.Errorf("state %s was chosen by one server only", state)
			}
		}
		if struck < n/6 || struck > n/2 {
			t.Errorf("%d of %d requests were struck", struck, n)
		}
		expectLine(t, fake, fmt.Sprintf("grants issued %d, revoked 0, live %[1]d", n))
	}
}
