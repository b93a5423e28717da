package terraformcli

import (
	"os"
	"strings"
)

// foreign are the beginnings of the variables, in upper case, that change what Terraform or the provider does: their
// own settings, those of the pipelines whose identity the provider can use, and Kerberos's.
var foreign = []string{
	"VEDAUTH_", "VENAFI_", "TF_", "TFC_", "TOFU_", "OTEL_", "CHECKPOINT_", "XDG_",
	"ACTIONS_", "GITHUB_", "SYSTEM_", "AZURE_", "ARM_", "KRB5",
}

// proxies decide which way a request goes.
var proxies = map[string]bool{"HTTP_PROXY": true, "HTTPS_PROXY": true, "NO_PROXY": true, "ALL_PROXY": true}

// CleanEnvironment is the environment of this process, as in os.Environ, without anything that could change what
// Terraform or the provider does, and with settings that keep Terraform quiet: no colours, no questions, no look at
// the vendor's server for a newer version. What is given as "NAME=value" is added and wins.
func CleanEnvironment(extra ...string) []string {
	var clean []string
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); !isForeign(name) {
			clean = append(clean, pair)
		}
	}
	clean = append(clean,
		"CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"TF_CLI_ARGS=-no-color",
		// For a provider that is built with the race detector: fail at the first race, where nobody would read the
		// report, and do not wait for a second at the end of each process.
		"GORACE=halt_on_error=1 atexit_sleep_ms=0",
	)
	return append(clean, extra...)
}

func isForeign(name string) bool {
	name = strings.ToUpper(name)
	for _, beginning := range foreign {
		if strings.HasPrefix(name, beginning) {
			return true
		}
	}
	return proxies[name]
}
