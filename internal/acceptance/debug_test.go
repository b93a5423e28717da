//go:build unix

package acceptance_test

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestUnderADebugger: a provider that somebody else starts is stopped by a signal, and revokes on its way out too.
func TestUnderADebugger(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{})
			_, folder := provider(t)
			debugged := exec.Command(filepath.Join(folder, "terraform-provider-vedauth"), "-debug")
			debugged.Dir = w.space.Folder // the configuration's paths are relative
			output, err := debugged.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := debugged.Start(); err != nil {
				t.Fatal(err)
			}
			reattach := make(chan string, 1)
			go func() {
				for lines := bufio.NewScanner(output); lines.Scan(); {
					if _, value, found := strings.Cut(lines.Text(), "TF_REATTACH_PROVIDERS='"); found {
						reattach <- strings.TrimSuffix(value, "'")
					}
				}
			}()
			address := strings.ReplaceAll(<-reattach, "registry.terraform.io", w.space.CLI.RegistryHost())
			w.space.Setenv("TF_REATTACH_PROVIDERS", address)
			w.startWorker(worker)
			if err := debugged.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			w.nothingLeft()
			_ = debugged.Wait() // how it ended does not matter
			w.letGo()
		})
	}
}
