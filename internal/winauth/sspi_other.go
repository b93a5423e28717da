//go:build !windows

package winauth

// loggedOnPlan has no counterpart to Windows' single sign-on; a ticket cache comes closest.
func loggedOnPlan(Mechanism) (*plan, error) {
	return nil, setup(
		"Set username and password, keytab_file, or ccache_file (run kinit first); only on Windows can the logged-on user "+
			"be taken.", "there is no credential for Windows authentication")
}
