//go:build !windows

package winauth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
)

// TestNoLoggedOnUser: without any credential there is single sign-on on Windows, and a clear error elsewhere.
func TestNoLoggedOnUser(t *testing.T) {
	t.Parallel()
	c := plainConfig("http://127.0.0.1:1/")
	c.Credential = winauth.Credential{}
	_, err := winauth.Login(t.Context(), c)
	var setup *winauth.SetupError
	if !errors.As(err, &setup) || !strings.Contains(err.Error(), "only on Windows") {
		t.Errorf("%v", err)
	}
}
