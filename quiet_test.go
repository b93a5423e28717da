package main

import (
	"slices"
	"testing"
)

func TestNobodyAskedForALog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environment []string
		quiet       bool
	}{
		"nothing":                              {[]string{"HOME=/home/user", "VEDAUTH_URL=https://tpp.example.com"}, true},
		"all":                                  {[]string{"HOME=/home/user", "TF_LOG=TRACE"}, false},
		"small letters, as Windows takes them": {[]string{"tf_log=debug"}, false},
		"only ours":                            {[]string{"TF_LOG_PROVIDER_VEDAUTH=DEBUG"}, false},
		"only the rest":                        {[]string{"TF_LOG_SDK_FRAMEWORK=WARN", "HOME=/home/user"}, false},
	} {
		var off []string
		beQuiet(test.environment, func(name, value string) error {
			if value != "off" {
				t.Errorf("%s: %s is set to %q", name, name, value)
			}
			off = append(off, name)
			return nil
		})
		if test.quiet != slices.Equal(off, logLevels[:]) || !test.quiet && off != nil {
			t.Errorf("%s: off are %v", name, off)
		}
	}
}
