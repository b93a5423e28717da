package acceptance_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestRequestsOfAPlan counts what goes over the wire: one request for each token, and one to end it.
func TestRequestsOfAPlan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		blocks, tokens int
		content        string
	}{
		"one":          {1, 1, ""},
		"100 equal":    {100, 1, ""},
		"100 distinct": {100, 100, "state = %q"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{})
			var blocks strings.Builder
			for i := range test.blocks {
				content := test.content
				if content != "" {
					content = fmt.Sprintf(content, fmt.Sprint(i))
				}
				fmt.Fprintf(&blocks, "ephemeral \"vedauth_oauth_token\" \"t%d\" {\n  scope = \"certificate:manage\"\n  %s\n}\n", i, content)
			}
			w.write("main.tf", blocks.String())
			w.must("plan")
			want := map[fakevedauth.Endpoint]int{fakevedauth.OAuth: test.tokens, fakevedauth.Revoke: test.tokens}
			if got := w.fake.Ledger().Requests; !maps.Equal(got, want) {
				t.Errorf("requests %v, want %v: look in Open and Close of internal/provider, and in internal/session, for what "+
					"asks the server more often than once for each token and once to end it", got, want)
			}
			w.nothingLeft()
		})
	}
}
