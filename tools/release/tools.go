//go:build tools

// Package tools pins the release builder; .goreleaser.yml says what a release holds.
//
// "go mod tidy" cannot run here: it follows the tests of dependencies of dependencies, and one of their modules is no
// longer served. Update with "go get github.com/goreleaser/goreleaser/v2@version" and "go mod tidy -e".
package tools

import _ "github.com/goreleaser/goreleaser/v2"

//go:generate make -C ../.. release-snapshot
