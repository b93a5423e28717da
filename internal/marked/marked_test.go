package marked_test

import (
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/marked"
)

const (
	begin = "<!-- begin of the table that \"make it\" writes -->\n"
	end   = "<!-- end of the table that \"make it\" writes -->\n"
)

func TestInsert(t *testing.T) {
	t.Parallel()
	got, err := marked.Insert("before\n"+begin+"old\n"+end+"after\n", "it", "new\n")
	if want := "before\n" + begin + "\nnew\n\n" + end + "after\n"; err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	if again, err := marked.Insert(got, "it", "new\n"); err != nil || again != got {
		t.Errorf("a second time changes it: %v\n%s", err, again)
	}
	for name, page := range map[string]string{"none": "text\n", "no end": begin, "wrong order": end + begin, "another": begin + end} {
		target := "it"
		if name == "another" {
			target = "that"
		}
		if _, err := marked.Insert(page, target, "new\n"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
