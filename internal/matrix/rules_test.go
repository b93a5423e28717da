package matrix_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
)

// TestRules pins a few cells that anybody can work out from the design by hand.
func TestRules(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		end      matrix.End
		min, max int
		left     bool
	}{
		"oauth/token/no fault":                        {matrix.Works, 1, 1, false},
		"oauth/token/503":                             {matrix.Fails, 4, 4, false},
		"oauth/token/503, once":                       {matrix.Works, 2, 2, false},
		"jwt/token/no answer, connection reset, once": {matrix.Fails, 1, 1, false},
		"jwt/token/no answer, connection reset, after the server has acted":                    {matrix.Fails, 1, 1, true},
		"certificate/token/text behind":                                                        {matrix.Fails, 1, 1, false},
		"oauth/revoke/502":                                                                     {matrix.Warns, 4, 4, false},
		"oauth/revoke/404":                                                                     {matrix.Warns, 1, 1, false},
		"refreshed, from a seed/spend/503, once":                                               {matrix.Fails, 1, 1, false},
		"refreshed, from the store/spend/504, once":                                            {matrix.Works, 2, 2, false},
		"refreshed, from the store/spend/504, after the server has acted, once":                {matrix.Fails, 2, 2, true},
		"device login/device poll/503":                                                         {matrix.Fails, 10, 10, false},
		"oauth/refresh before revoke/no answer, connection closed, after the server has acted": {matrix.Warns, 1, 1, true},
	} {
		found := false
		for _, c := range matrix.Cells() {
			if c.String() != name {
				continue
			}
			found = true
			if got := matrix.Expect(c); got.End != want.end || got.Min != want.min || got.Max != want.max || got.Left != want.left {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
		}
		if !found {
			t.Errorf("there is no cell %s", name)
		}
	}
}

// TestExceptions: a grant is left where the table of exceptions says so, and nowhere else; each says what then holds.
func TestExceptions(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, c := range matrix.Cells() {
		why := matrix.CannotHold(c)
		if left := matrix.Expect(c).Left; left != (why != "") {
			t.Errorf("%s: left %v, reason %q", c, left, why)
		}
		if why != "" && !strings.Contains(why, "ends by itself") && !strings.Contains(why, "new grant is needed") {
			t.Errorf("%s: %q does not say what then holds", c, why)
		}
		if names[c.String()] {
			t.Errorf("two cells are called %s", c)
		}
		names[c.String()] = true
	}
	if len(names) < 1000 {
		t.Errorf("%d cells", len(names))
	}
}

// TestGuide: the guide holds the tables as the rules make them.
func TestGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.FromSlash("../../templates/guides/what-happens-when.md"))
	if err != nil {
		t.Fatal(err)
	}
	updated, err := matrix.Insert(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if updated != string(text) {
		t.Error(`the guide is out of date: run "make matrix generate"`)
	}
	for _, broken := range []string{"", "<!-- begin of the table that \"make matrix\" writes -->\n", "x"} {
		if _, err := matrix.Insert(broken); err == nil {
			t.Errorf("a guide without marks was accepted: %q", broken)
		}
	}
}
