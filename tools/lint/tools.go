//go:build tools

// Package tools pins the linter, whose checks .golangci.yml chooses, and the one for the words in other texts.
package tools

import (
	_ "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"
	_ "github.com/golangci/misspell/cmd/misspell"
)

//go:generate make -C ../.. lint
