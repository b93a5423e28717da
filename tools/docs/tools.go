//go:build tools

// Package tools pins the generator of the registry pages. Each tool has a module of its own: their dependencies are
// large, disagree with each other, and belong neither into the provider nor into its scanners' reports.
package tools

import _ "github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs"

//go:generate make -C ../.. generate
