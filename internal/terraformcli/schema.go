package terraformcli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// onlyProvider is a configuration that uses nothing of the provider but its schema.
const onlyProvider = `terraform {
  required_providers {
    vedauth = { source = "vedauth/vedauth" }
  }
}
`

// ProviderSchema returns the provider's schema as JSON, in the form of "terraform providers schema -json", with the
// provider named by its short name alone: that is the name under which the generator of the pages looks for it. The
// workspace must be empty.
func (w *Workspace) ProviderSchema(ctx context.Context) ([]byte, error) {
	if err := w.Write("main.tf", onlyProvider); err != nil {
		return nil, err
	}
	result, err := w.Run(ctx, "providers", "schema", "-json")
	if err != nil {
		return nil, err
	}
	if result.ExitCode != 0 {
		return nil, fmt.Errorf("the provider gives no schema: %s%s", result.Stdout, result.Stderr)
	}
	return shortName([]byte(result.Stdout))
}

func shortName(schema []byte) ([]byte, error) {
	document := map[string]json.RawMessage{}
	if err := json.Unmarshal(schema, &document); err != nil {
		return nil, fmt.Errorf("the schema is not JSON: %w", err)
	}
	providers := map[string]json.RawMessage{}
	if err := json.Unmarshal(document["provider_schemas"], &providers); err != nil {
		return nil, fmt.Errorf("the schema holds no providers: %w", err)
	}
	for address, provider := range providers {
		if strings.HasSuffix(address, "/vedauth/vedauth") {
			delete(providers, address)
			providers["vedauth"] = provider
		}
	}
	renamed, err := json.Marshal(providers)
	if err != nil {
		return nil, err
	}
	document["provider_schemas"] = renamed
	return json.MarshalIndent(document, "", "  ")
}
