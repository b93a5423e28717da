//go:build unix

package acceptance_test

import (
	"os"
	"os/signal"
	"syscall"
)

// Under nohup, and in some pipelines, SIGHUP is ignored, and so it would be in every Terraform that a test starts and
// sends one. A signal that is received here has its default effect there.
func init() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
}
