//go:build tools

// Package tools pins the linter; .golangci.yml says what it checks.
package tools

import _ "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"

//go:generate make -C ../.. lint
