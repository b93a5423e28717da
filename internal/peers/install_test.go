//go:build linux

package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInstallChecksTheSameFiles: what "install.sh check" finds missing is what the tests miss, and it says so in one line.
func TestInstallChecksTheSameFiles(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("install.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(script), `needed="`)
	list, _, _ = strings.Cut(list, `"`)
	if got, want := strings.Join(strings.Fields(list), " "), strings.Join(needed, " "); got != want {
		t.Errorf("install.sh checks %s\nand the tests need %s", got, want)
	}
	lacking := filepath.Join(t.TempDir(), "install.sh")
	changed := strings.Replace(string(script), needed[0], "/no/such/krb5kdc", 1)
	if err := os.WriteFile(lacking, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("sh", lacking, "check").Output()
	text := string(output)
	if err == nil || strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "NOT RUN") ||
		!strings.Contains(text, "/no/such/krb5kdc is missing; to install: sudo sh internal/peers/install.sh") {
		t.Errorf("%v: %q", err, text)
	}
}
