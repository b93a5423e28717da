package acceptance_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/leak"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// moments are those in a provider's life in which it holds secrets, each by the request that it waits for.
var moments = map[string]refusal.Endpoint{
	"login under way": refusal.OAuth, "token in use": refusal.Verify, "revocation under way": refusal.Revoke,
}

// marks are what Go prints first.
var marks = map[syscall.Signal]string{syscall.SIGQUIT: "SIGQUIT: quit", syscall.SIGABRT: "SIGABRT: abort"}

// startUntil runs plan up to the moment in which the provider waits for an answer of that endpoint.
func (w *world) startUntil(endpoint refusal.Endpoint) *terraformcli.Process {
	w.t.Helper()
	w.fake.Inject(endpoint, fakevedauth.Always(fakevedauth.Hold(w.t.Context().Done())))
	w.write("main.tf", fmt.Sprintf(consumer, w.fake.URL()))
	process := w.start("plan", "-out=saved.tfplan")
	w.waitFor("the request to "+string(endpoint), func(l fakevedauth.Ledger) bool { return l.InFlight[endpoint] > 0 })
	return process
}

// TestNoSecretInACrash: Go prints every goroutine with its calls when one of these signals ends a process, and
// Terraform writes that to its log. A panic that nobody catches prints the same.
func TestNoSecretInACrash(t *testing.T) {
	t.Parallel()
	for moment, endpoint := range moments {
		for signal, format := range map[syscall.Signal]string{syscall.SIGQUIT: "TRACE", syscall.SIGABRT: "JSON"} {
			t.Run(moment+"/"+signal.String(), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, fakevedauth.Options{})
				log := filepath.Join(w.space.Home, "trace.log")
				w.space.Trace(log)
				w.space.Setenv("TF_LOG", format)
				w.space.Setenv("TF_LOG_PROVIDER", format)
				w.space.Setenv("GOTRACEBACK", "all")
				process := w.startUntil(endpoint)
				crashed := providersOf(t, process.PID())
				for _, pid := range crashed {
					if err := syscall.Kill(pid, signal); err != nil {
						t.Error(err)
					}
				}
				result := w.wait(process)
				text, err := os.ReadFile(log)
				if err != nil {
					t.Fatal(err)
				}
				// The goroutine that waits for the server is there, with what it was called with.
				for _, part := range []string{marks[signal], "goroutine ", "vedauth.(*Client)."} {
					if len(crashed) == 0 || !strings.Contains(string(text), part) {
						t.Errorf("%d providers got the signal; the log has no %q", len(crashed), part)
					}
				}
				w.searchFor(fakevedauth.DefaultPassword, result)
			})
		}
	}
}

// TestNoSecretInArgumentsOrEnvironment of Terraform and all that it starts, as everybody on the machine can see the one,
// and every process of the user the other. The password comes from a file here; what a user puts into the environment
// is there by design.
func TestNoSecretInArgumentsOrEnvironment(t *testing.T) {
	t.Parallel()
	const planted = "planted-in-the-environment"
	for moment, endpoint := range moments {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fakevedauth.Options{})
			file := filepath.Join(t.TempDir(), "password")
			if err := os.WriteFile(file, []byte(fakevedauth.DefaultPassword), 0o600); err != nil {
				t.Fatal(err)
			}
			credentials := fmt.Sprintf("oauth = { username = %q, password = file(%q) }", fakevedauth.DefaultUser, file)
			w.provider(w.fake.URL(), credentials)
			w.password("")
			w.space.Setenv("UNRELATED", planted)
			process := w.startUntil(endpoint)
			search := w.searcher(fakevedauth.DefaultPassword, leak.Secret{Name: planted, Value: secret.New(planted)})
			hits := searchProcesses(t, search, family(t, process.PID()))
			if err := process.Kill(); err != nil {
				t.Error(err)
			}
			w.wait(process)
			found := 0
			for _, hit := range hits {
				if hit.Secret == planted && strings.HasSuffix(hit.Where, "environ") {
					found++
					continue
				}
				t.Errorf("found: %v", hit)
			}
			if found < 2 { // in Terraform and in a provider
				t.Errorf("the search found what was planted in %d processes", found)
			}
		})
	}
}

// searchProcesses searches what the system shows of processes: arguments, environment, name, names of open files.
func searchProcesses(t *testing.T, search *leak.Searcher, pids []int) []leak.Hit {
	t.Helper()
	var hits []leak.Hit
	for _, pid := range pids {
		for _, name := range []string{"cmdline", "environ", "comm"} {
			path := filepath.Join(procFolder(pid), name)
			data, err := os.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
				continue // it has ended
			}
			if err != nil {
				t.Fatal(err)
			}
			found, err := search.Bytes(path, data)
			if err != nil {
				t.Fatal(err)
			}
			hits = append(hits, found...)
		}
		files, _ := filepath.Glob(filepath.Join(procFolder(pid), "fd", "*"))
		for _, file := range files {
			target, err := os.Readlink(file)
			if err != nil {
				continue // it has been closed
			}
			found, err := search.Bytes(file, []byte(target))
			if err != nil {
				t.Fatal(err)
			}
			hits = append(hits, found...)
		}
	}
	return hits
}
