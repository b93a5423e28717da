package peers

import (
	"strings"
	"testing"
)

// TestProgramsOfTheSystemAreFound by users whose PATH has no folder for them.
func TestProgramsOfTheSystemAreFound(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	output, err := run(newOwner(), nil, "", "ldconfig", "-V")
	if err != nil || !strings.HasPrefix(output, "ldconfig") {
		t.Errorf("%q, %v", output, err)
	}
}
