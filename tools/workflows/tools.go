//go:build tools

// Package tools pins the linter of the workflows in .github/workflows.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"

//go:generate make -C ../.. workflows
