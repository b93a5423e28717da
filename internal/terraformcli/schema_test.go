package terraformcli

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestShortName(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		schema := `{"format_version":"1.0","provider_schemas":{"` + host + `/vedauth/vedauth":{"functions":{"scope":{}}},` +
			`"terraform.io/builtin/terraform":{}}}`
		renamed, err := shortName([]byte(schema))
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Version   string                    `json:"format_version"`
			Providers map[string]map[string]any `json:"provider_schemas"`
		}
		if err := json.Unmarshal(renamed, &document); err != nil {
			t.Fatal(err)
		}
		if document.Version != "1.0" || len(document.Providers) != 2 || document.Providers["vedauth"]["functions"] == nil {
			t.Errorf("%s: %s", host, renamed)
		}
	}
}

func TestShortNameRefusesWhatIsNoSchema(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		"":                         "not JSON",
		"{}":                       "holds no providers",
		`{"provider_schemas":[1]}`: "holds no providers",
	} {
		if _, err := shortName([]byte(schema)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", schema, err, want)
		}
	}
}
