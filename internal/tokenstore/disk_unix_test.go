//go:build unix && !linux

package tokenstore

import "fmt"

// systemRole is what children do that only one system can.
func systemRole(o order) error { return fmt.Errorf("no role %q", o.Role) }
