package main

import (
	"os"
	"strings"
)

// logLevels are the variables by which terraform-plugin-log decides what a provider logs, one for each part of it.
var logLevels = [...]string{"TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER"}

// beQuiet turns the log off if nobody has asked for one. Without a word about it in the environment a provider logs
// everything, each check of each attribute, and Terraform reads and drops it: for a hundred tokens that is more work
// than all the rest of what the provider does. With any of Terraform's variables set, all stays as it is.
func beQuiet(environment []string, setenv func(name, value string) error) {
	for _, pair := range environment {
		if strings.HasPrefix(strings.ToUpper(pair), "TF_LOG") { // for Windows tf_log is the same
			return
		}
	}
	for _, name := range logLevels {
		_ = setenv(name, "off") // fails for names that are none
	}
}

// quiet is beQuiet for this process.
func quiet() { beQuiet(os.Environ(), os.Setenv) }
