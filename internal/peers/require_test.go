//go:build linux

package peers

import (
	"fmt"
	"strings"
	"testing"
)

// recorder notes how a test ends, and goes on.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper()                           {}
func (r *recorder) Skipf(format string, args ...any)  { r.skipped = fmt.Sprintf(format, args...) }
func (r *recorder) Fatalf(format string, args ...any) { r.failed = fmt.Sprintf(format, args...) }

// TestRequire: without the servers a test is not run, and says how it would be; with VEDAUTH_PEERS=require it fails.
func TestRequire(t *testing.T) {
	const missing = "/nonexistent/krb5kdc"
	t.Setenv("VEDAUTH_PEERS", "")
	r := &recorder{TB: t}
	require(r, []string{"/", missing})
	if r.failed != "" || !strings.Contains(r.skipped, missing) || !strings.Contains(r.skipped, "peers/install.sh") {
		t.Errorf("skipped %q, failed %q", r.skipped, r.failed)
	}
	t.Setenv("VEDAUTH_PEERS", "require")
	r = &recorder{TB: t}
	require(r, []string{"/", missing})
	if !strings.Contains(r.failed, missing) || strings.Contains(r.failed, "/,") || r.skipped != "" {
		t.Errorf("skipped %q, failed %q", r.skipped, r.failed)
	}
	r = &recorder{TB: t}
	if require(r, []string{"/"}); r.failed != "" || r.skipped != "" {
		t.Errorf("nothing missing: skipped %q, failed %q", r.skipped, r.failed)
	}
}
