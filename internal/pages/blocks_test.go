package pages_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

var block = regexp.MustCompile("(?ms)^```(?:terraform|hcl)\n(.*?)^```$")

// TestConfigurationsAreInStandardForm: what a page shows is parsed by a real Terraform, and has the form that it gives.
func TestConfigurationsAreInStandardForm(t *testing.T) {
	t.Parallel()
	cli, err := terraformcli.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w, err := terraformcli.NewWorkspace(cli, t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	origin, found := map[string]string{}, 0
	for name, page := range pages(t) {
		for _, match := range block.FindAllStringSubmatch(page, -1) {
			found++
			file := fmt.Sprintf("block%d.tf", found)
			origin[file] = name
			if err := w.Write(file, match[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d configurations", found)
	}
	result, err := w.Run(t.Context(), "fmt", "-check", "-diff")
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != 0 {
		said := result.Stdout + result.Stderr
		for file, name := range origin {
			said = strings.ReplaceAll(said, file, file+" ("+name+")")
		}
		t.Errorf("not in standard form:\n%s", said)
	}
}
