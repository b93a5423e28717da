package acceptance_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// serverLatency is how long the server of these tests takes for each answer.
const serverLatency = 50 * time.Millisecond

// newBusyWorld has a server that takes its time, and is too busy for the first attempt at 5 % of the requests.
func newBusyWorld(t *testing.T) *world {
	t.Helper()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{Latency: serverLatency})
	tooBusy := fakevedauth.Status(http.StatusServiceUnavailable).Delayed(serverLatency)
	fake.Inject(fakevedauth.Any, fakevedauth.FirstAttempts(5, tooBusy))
	return newWorkspaceFor(t, fake)
}

// newWorkspaceFor prepares a folder with a provider block for a server. The provider is the one that users run: twenty
// of them with the race detector would be too much for two processors.
func newWorkspaceFor(t *testing.T, fake *fakevedauth.Server) *world {
	t.Helper()
	cli, folder := provider(t)
	program, err := terraformcli.BuildProvider(t.Context(), filepath.Join(folder, "plain"), false)
	if err != nil {
		t.Fatal(err)
	}
	space, err := terraformcli.NewWorkspace(cli, t.TempDir(), filepath.Dir(program))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, fake: fake, space: space}
	w.write("ca.pem", fake.CAPEM())
	w.provider(fake.URL(), fmt.Sprintf("oauth = { username = %q, password = var.password }", fakevedauth.DefaultUser))
	w.password(fakevedauth.DefaultPassword)
	return w
}

// blocks is a configuration of n blocks with a scope and a state of their own. They are single blocks because Terraform
// opens the instances of a counted one after the other.
func blocks(n int, state string) string {
	var main strings.Builder
	for i := range n {
		fmt.Fprintf(&main, "ephemeral \"vedauth_oauth_token\" \"t%d\" {\n  scope = %q\n  state = \"%s, block %[1]d\"\n}\n",
			i, scopeNumber(i), state)
	}
	return main.String()
}

// scopeNumber is one of 512 scopes: each bit of i stands for a privilege.
func scopeNumber(i int) string {
	chosen := map[string][]string{}
	for bit, privilege := range []string{
		"certificate:approve", "certificate:delete", "certificate:discover", "certificate:manage", "certificate:revoke",
		"ssh:approve", "ssh:delete", "ssh:discover", "ssh:manage",
	} {
		if name, restriction, _ := strings.Cut(privilege, ":"); i>>bit&1 == 1 {
			chosen[name] = append(chosen[name], restriction)
		}
	}
	parts := []string{"certificate", "ssh"}
	for i, name := range parts {
		if privileges := chosen[name]; privileges != nil {
			parts[i] += ":" + strings.Join(privileges, ",")
		}
	}
	return strings.Join(parts, ";")
}

// wantAllRevoked expects n grants, none shared and none left, and that the server was too busy for some of the requests
// for a token, which came once more. It returns how many.
func (w *world) wantAllRevoked(n int) (busy int) {
	w.t.Helper()
	w.nothingLeft()
	ledger := w.fake.Ledger()
	if ledger.Issued != n || ledger.Revoked != n {
		w.t.Errorf("%v, want %d issued and revoked", ledger, n)
	}
	sent := w.fake.RequestsTo(refusal.OAuth)
	for _, request := range sent {
		if request.Status == http.StatusServiceUnavailable {
			busy++
		}
	}
	if busy == 0 || len(sent) != n+busy {
		w.t.Errorf("%d requests for tokens, of which the server was too busy for %d; want %d and those", len(sent), busy, n)
	}
	return busy
}

// TestFiveHundredBlocks in one process, fifty at a time. Not parallel, like the test below: other tests have limits of
// time, which two processors cannot keep beside this one.
func TestFiveHundredBlocks(t *testing.T) {
	const n = 500
	w := newBusyWorld(t)
	w.write("main.tf", blocks(n, "one process"))
	nearTheEnd, release := w.holdRevocation(n)
	began := time.Now()
	process := w.start("plan", "-parallelism=50")
	memory := "it ended too soon"
	select {
	case <-nearTheEnd:
		memory = watchMemory(t, process.PID())
	case <-process.Ended():
	}
	release()
	result := w.wait(process)
	took := time.Since(began)
	wantSuccess(t, result)
	busy := w.wantAllRevoked(n)
	peak := w.fake.Ledger().Peak[refusal.OAuth]
	if peak < 10 || peak > 50 {
		t.Errorf("%d requests at a time, want up to 50", peak)
	}
	t.Logf("%d blocks in %v; %d requests at a time, %d times 503; %s", n, took.Round(time.Millisecond), peak, busy, memory)
}

// holdRevocation keeps the n-th request to revoke until release is called, and closes reached when it comes. Some are
// sent twice, so it is not quite the last.
func (w *world) holdRevocation(n int) (reached <-chan struct{}, release func()) {
	came, gone, count := make(chan struct{}), make(chan struct{}), 0
	release = sync.OnceFunc(func() { close(gone) })
	w.t.Cleanup(release)
	w.fake.Inject(refusal.Revoke, fakevedauth.When(func(fakevedauth.Request) bool {
		if count++; count == n {
			close(came)
		}
		return count == n
	}, fakevedauth.Always(fakevedauth.Hold(gone))))
	return came, release
}

// wantSuccess does not look at warnings: on a machine that cannot keep up, a Close may leave its revocation to the
// background and say so.
func wantSuccess(t *testing.T, result terraformcli.Result) {
	t.Helper()
	if result.ExitCode != 0 {
		t.Errorf("exit code %d\n%s\n%s", result.ExitCode, result.Stdout, result.Stderr)
	}
}

// TestTwentyProcesses at once, with 25 blocks each.
func TestTwentyProcesses(t *testing.T) {
	const processes, n = 20, 25
	w := newBusyWorld(t)
	results := make([]terraformcli.Result, processes)
	began := time.Now()
	var all sync.WaitGroup
	for i := range processes {
		other := newWorkspaceFor(t, w.fake)
		other.write("main.tf", blocks(n, fmt.Sprintf("process %d", i)))
		process := other.start("plan")
		all.Go(func() { results[i], _ = process.Wait() })
	}
	all.Wait()
	took := time.Since(began)
	for _, result := range results {
		wantSuccess(t, result)
	}
	busy := w.wantAllRevoked(processes * n)
	t.Logf("%d processes with %d blocks each in %v, %d times 503", processes, n, took.Round(time.Millisecond), busy)
}
