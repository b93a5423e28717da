package acceptance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// seeded is a configuration with a stored grant that begins with a variable, and a consumer.
const seeded = `
variable "seed" {
  type      = string
  ephemeral = true
  sensitive = true
  default   = null
}

ephemeral "vedauth_refreshed_token" "t" {
  refresh_token = var.seed
}

provider "vedauth" {
  alias        = "fed"
  url          = %q
  ca_file      = "${path.module}/ca.pem"
  access_token = ephemeral.vedauth_refreshed_token.t.access_token
}

data "vedauth_token_info" "t" {
  provider = vedauth.fed
  lifecycle {
    postcondition {
      condition     = self.valid
      error_message = "the token is dead"
    }
  }
}

resource "terraform_data" "r" {
  input = data.vedauth_token_info.t.application
}
`

// newStored is a world with a token store of its own, and a configuration that needs it.
func newStored(t *testing.T, options fakevedauth.Options) (w *world, store string) {
	t.Helper()
	w = newWorld(t, options)
	store = filepath.Join(t.TempDir(), "store")
	w.space.Setenv("VEDAUTH_TOKEN_STORE", store)
	w.write("main.tf", fmt.Sprintf(seeded, w.fake.URL()))
	return w, store
}

// seed makes a grant by hand, puts its refresh token into the variable, and returns it.
func (w *world) seed() string {
	w.t.Helper()
	tokens, err := w.fake.Issue(fakevedauth.DefaultClientID, fakevedauth.DefaultUser, "certificate:manage")
	if err != nil {
		w.t.Fatal(err)
	}
	w.space.Setenv("TF_VAR_seed", tokens.Refresh)
	return tokens.Refresh
}

// wantStored compares the ledger: refreshes, and grants that are still live.
func (w *world) wantStored(refreshed, live int) {
	w.t.Helper()
	if l := w.fake.Ledger(); l.Refreshed != refreshed || l.Live != live {
		w.t.Errorf("%d refreshes, %v; want %d, %d live", l.Refreshed, l, refreshed, live)
	}
}

// grantFile is the one grant in a store.
func (w *world) grantFile(store string) string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(store, "*.json"))
	if err != nil || len(files) != 1 {
		w.t.Fatalf("%d grants in the store: %v", len(files), err)
	}
	return files[0]
}

// expire makes the stored access token one that has expired by this machine's clock.
func (w *world) expire(store string) {
	w.t.Helper()
	file := w.grantFile(store)
	content, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	var entry map[string]any
	if err := json.Unmarshal(content, &entry); err != nil {
		w.t.Fatal(err)
	}
	tokens, ok := entry["tokens"].(map[string]any)
	if !ok {
		w.t.Fatal("no tokens are stored")
	}
	tokens["access_issued"], tokens["access_expires"] = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	if content, err = json.Marshal(entry); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// forget runs the command that forgets the default grant.
func (w *world) forget() {
	w.t.Helper()
	_, folder := provider(w.t)
	command := exec.CommandContext(w.t.Context(), filepath.Join(folder, "terraform-provider-vedauth"),
		"forget", "-url", w.fake.URL(), "-client-id", fakevedauth.DefaultClientID, "-ca-file", w.fifo("ca.pem"))
	command.Env = terraformcli.CleanEnvironment("HOME=" + w.space.Home)
	if output, err := command.CombinedOutput(); err != nil ||
		!strings.Contains(string(output), "revoked on the server") {
		w.t.Fatalf("forget: %v\n%s", err, output)
	}
}

// timeOfCall reads from a trace how long the provider took to answer a call.
func (w *world) timeOfCall(trace, call string) time.Duration {
	w.t.Helper()
	content, err := os.ReadFile(trace)
	if err != nil {
		w.t.Fatal(err)
	}
	rpc := regexp.MustCompile(`\btf_rpc=` + call + `\b`)
	duration := regexp.MustCompile(`\btf_req_duration_ms=(\d+)`)
	for _, line := range strings.Split(string(content), "\n") { // whose fields come in any order
		match := duration.FindStringSubmatch(line)
		if match == nil || !strings.Contains(line, "Received downstream response") || !rpc.MatchString(line) {
			continue
		}
		took, err := time.ParseDuration(match[1] + "ms")
		if err != nil {
			w.t.Fatal(err)
		}
		return took
	}
	w.t.Fatalf("the trace does not hold the end of %s", call)
	return 0
}

// TestOneSeedForAWholeLife: plan, apply, plan and destroy with one seed in a variable; a new seed starts a new chain.
func TestOneSeedForAWholeLife(t *testing.T) {
	t.Parallel()
	w, store := newStored(t, fakevedauth.Options{})
	w.seed()
	w.must("plan", "-out=saved.tfplan")
	w.must("apply", "saved.tfplan")
	w.must("plan")
	w.expire(store)
	w.must("apply")
	w.must("destroy")
	w.wantStored(2, 1)

	w.seed()
	w.says(w.must("plan"), "has not been seen before", "starts anew from it")
	w.must("apply")
	w.wantStored(3, 2) // the old grant is the user's own, and ends by itself
	w.space.Setenv("TF_VAR_seed", "")
	w.write("main.tf", strings.Replace(fmt.Sprintf(seeded, w.fake.URL()), "refresh_token = var.seed", "", 1))
	w.must("destroy")
	w.wantStored(3, 2)
}

// TestManyRunsShareOneRefresh: a dozen at once, on a seed that nobody has spent, and on a token that has expired.
func TestManyRunsShareOneRefresh(t *testing.T) {
	t.Parallel()
	w, store := newStored(t, fakevedauth.Options{Latency: 100 * time.Millisecond})
	w.seed()
	for refreshes := 1; refreshes <= 2; refreshes++ {
		var runs []*terraformcli.Process
		for range 12 {
			runs = append(runs, w.start("plan", "-lock=false"))
		}
		for _, run := range runs {
			if result := w.wait(run); result.ExitCode != 0 {
				t.Errorf("exit code %d\n%s", result.ExitCode, result.Stderr)
			}
		}
		w.wantStored(refreshes, 1)
		w.expire(store)
	}
	if n := w.fake.Ledger().Requests[fakevedauth.Token]; n != 2 {
		t.Errorf("%d requests for two refreshes", n)
	}
}

// TestAnswersThatAreLost: the run says what happened, the next one remembers, and a new seed mends it.
func TestAnswersThatAreLost(t *testing.T) {
	t.Parallel()
	w, _ := newStored(t, fakevedauth.Options{})
	w.seed()
	w.fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Reset().AfterCommit()))
	w.mustFail(
		[]string{"plan"},
		"The server refused the configured refresh_token",
		"the replacement was lost",
		"Give a new refresh_token",
	)
	sent := w.fake.Ledger().Requests[fakevedauth.Token]
	w.mustFail([]string{"plan"}, "is gone", "has been used up", "vedauth_device_token")
	if n := w.fake.Ledger().Requests[fakevedauth.Token]; sent != 2 || n != sent {
		t.Errorf("%d requests in the first run and %d in the second, want 2 and none", sent, n-sent)
	}
	w.seed()
	w.must("plan")

	w.fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Reset())) // the server never saw it
	w.seed()
	w.must("plan")
}

// TestASeedIsNotSpentWithoutAStore.
func TestASeedIsNotSpentWithoutAStore(t *testing.T) {
	t.Parallel()
	w, store := newStored(t, fakevedauth.Options{})
	w.seed()
	w.space.Setenv("VEDAUTH_TOKEN_STORE", "off")
	w.mustFail([]string{"plan"}, "The token store is disabled", "jwt, certificate, integrated, oauth")
	w.space.Setenv("VEDAUTH_TOKEN_STORE", filepath.Join(w.fifo("ca.pem"), "store"))
	w.mustFail([]string{"plan"}, "cannot be written", "persistent volume", "jwt, certificate, integrated or oauth")
	if n := len(w.fake.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	w.space.Setenv("VEDAUTH_TOKEN_STORE", store)
	w.must("plan")
	if err := os.Chmod(w.grantFile(store), 0o644); err != nil {
		t.Fatal(err)
	}
	w.mustFail([]string{"plan"}, "chmod 600 "+w.grantFile(store))
	w.wantStored(1, 1)
}

// TestADeviceCodeThroughARun: confirmed elsewhere, exchanged once, good for every command after that.
func TestADeviceCodeThroughARun(t *testing.T) {
	t.Parallel()
	w, _ := newStored(t, fakevedauth.Options{})
	w.write(
		"main.tf",
		"variable \"seed\" {\n  type = string\n  ephemeral = true\n}\nephemeral \"vedauth_device_token\" \"t\" "+
			"{\n  scope = \"ssh\"\n  device_code = var.seed\n}\n",
	)
	device, user := w.deviceCode("ssh")
	w.space.Setenv("TF_VAR_seed", device)
	w.mustFail([]string{"plan"}, "authorization_pending", "stays good")
	if err := w.fake.Approve(user, fakevedauth.DefaultUser); err != nil {
		t.Fatal(err)
	}
	w.must("plan")
	w.must("apply")
	w.must("destroy")
	if l := w.fake.Ledger(); l.Issued != 1 || l.Live != 1 {
		t.Error(l)
	}
}

// TestInterruptedWhileTheServerRefreshes: the answer comes when the run is over, and is kept.
func TestInterruptedWhileTheServerRefreshes(t *testing.T) {
	t.Parallel()
	for name, latency := range map[string]time.Duration{"soon": time.Second, "late": 7 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newStored(t, fakevedauth.Options{})
			w.seed()
			w.fake.Inject(fakevedauth.Token, fakevedauth.Once(fakevedauth.Latency(latency).AfterCommit()))
			process := w.start("plan")
			w.waitFor("the request", func(l fakevedauth.Ledger) bool { return l.InFlight[fakevedauth.Token] == 1 })
			if err := process.Interrupt(); err != nil {
				t.Fatal(err)
			}
			if result := w.wait(process); result.ExitCode == 0 {
				t.Error("an interrupted plan succeeded")
			}
			w.must("plan")
			w.wantStored(1, 1)
		})
	}
}
