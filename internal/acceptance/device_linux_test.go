package acceptance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// quickly is a server that lets itself be asked every second.
var quickly = fakevedauth.Options{DeviceInterval: time.Second}

func deviceBlock(more string) string {
	return "ephemeral \"vedauth_device_token\" \"t\" {\n  scope = \"certificate\"\n  " + more + "\n}\n"
}

// confirm waits for a login and does what the person would do with its code.
func (w *world) confirm(act func(code string) error) {
	w.t.Helper()
	var code string
	w.waitFor("a login", func(l fakevedauth.Ledger) bool {
		if len(l.Devices) > 0 {
			code = l.Devices[0].UserCode
		}
		return code != ""
	})
	if err := act(code); err != nil {
		w.t.Error(err)
	}
}

func (w *world) approve(code string) error { return w.fake.Approve(code, fakevedauth.DefaultUser) }

// login runs Terraform at a terminal where somebody confirms the login, and returns what was shown there.
func (w *world) login(arguments ...string) (shown string, result terraformcli.Result) {
	w.t.Helper()
	screen := newScreen(w.t)
	process := w.startAt(screen, arguments...)
	w.confirm(w.approve)
	result = w.wait(process)
	return screen.all(w.t), result
}

// TestTheDevicePrompt is seen on a terminal, although Terraform's own output goes elsewhere.
func TestTheDevicePrompt(t *testing.T) {
	t.Parallel()
	options := quickly
	options.DeviceURI = "https://login.example.com/device"
	w := newWorld(t, options)
	w.write("main.tf", deviceBlock(""))
	screen := newScreen(t)
	process := w.startAt(screen, "plan")
	var code string
	w.confirm(func(c string) error { code = c; return w.approve(c) })
	result := w.wait(process)
	if result.ExitCode != 0 {
		t.Errorf("exit code %d\n%s", result.ExitCode, result.Stderr)
	}
	shown := screen.all(t)
	for _, line := range []string{
		"\r\n>>> vedauth: To sign in, open https://login.example.com/device and enter the code " + code,
		"\r\n>>> vedauth: or open https://login.example.com/device?user_code=" + code,
		">>> vedauth: The code is good for 5m0s.", ">>> vedauth: Thank you.",
	} {
		if !strings.Contains(shown, line) {
			t.Errorf("%q is not on the terminal: %q", line, shown)
		}
	}
	if strings.Contains(result.Stdout+result.Stderr, code) {
		t.Errorf("the code is in Terraform's output:\n%s%s", result.Stdout, result.Stderr)
	}
	w.nothingLeft()
}

// TestDeviceLoginsThatFail through Terraform, each with its own words.
func TestDeviceLoginsThatFail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		expiry time.Duration
		act    func(w *world, process *terraformcli.Process)
		says   []string
	}{
		"denied": {
			0, func(w *world, _ *terraformcli.Process) { w.confirm(w.fake.Deny) },
			[]string{"access_denied", "refused the request in the browser"},
		},
		"expired": {
			3 * time.Second, func(*world, *terraformcli.Process) {}, []string{"the code ended before anybody " +
				"confirmed the login", "Run Terraform again"},
		},
		"interrupted": {0, func(w *world, process *terraformcli.Process) {
			w.waitFor("a login", func(l fakevedauth.Ledger) bool { return len(l.Devices) > 0 })
			if err := process.Interrupt(); err != nil {
				w.t.Error(err)
			}
		}, []string{"Cancelled"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := quickly
			options.DeviceExpiry = test.expiry
			w := newWorld(t, options)
			w.write("main.tf", deviceBlock(""))
			process := w.startAt(newScreen(t), "plan")
			test.act(w, process)
			result := w.wait(process)
			if result.ExitCode != 1 {
				t.Errorf("exit code %d", result.ExitCode)
			}
			w.says(result, test.says...)
			if l := w.fake.Ledger(); l.Issued != 0 {
				t.Error(l)
			}
		})
	}
}

// TestWithoutATerminal: at once, and nothing was sent.
func TestWithoutATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quickly)
	w.write("main.tf", deviceBlock("remember = true"))
	trace := w.fifo("../trace.log")
	w.space.Trace(trace)
	process, err := w.space.StartSession(t.Context(), nil, withFlags([]string{"plan"})...)
	if err != nil {
		t.Fatal(err)
	}
	result := w.wait(process)
	if result.ExitCode != 1 {
		t.Errorf("exit code %d", result.ExitCode)
	}
	w.says(result, "Nobody to ask", "remember = true", "vedauth_jwt_token")
	if n := len(w.fake.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	if took := w.timeOfCall(trace, "OpenEphemeralResource"); took > time.Second {
		t.Errorf("it took %v to notice", took)
	}
}

// TestARememberedLogin: the person is asked once, and neither the next runs nor the other types ask again.
func TestARememberedLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quickly)
	w.write("main.tf", deviceBlock("remember = true"))
	if _, result := w.login("plan"); result.ExitCode != 0 {
		t.Fatalf("exit code %d\n%s", result.ExitCode, result.Stderr)
	}
	w.must("apply")
	w.must("plan")
	w.must("destroy")
	for _, typeName := range []string{"vedauth_refreshed_token", "vedauth_token"} {
		w.write("main.tf", "ephemeral \""+typeName+"\" \"t\" {}\n")
		w.must("plan")
	}
	if l := w.fake.Ledger(); l.Issued != 1 || l.Live != 1 || l.Refreshed != 0 || l.Requests[fakevedauth.Device] != 1 {
		t.Errorf("%v, %d refreshed, asked %d times", l, l.Refreshed, l.Requests[fakevedauth.Device])
	}
	w.forget()
	if l := w.fake.Ledger(); l.Live != 0 {
		t.Errorf("%v after it was forgotten", l)
	}
	w.write("main.tf", deviceBlock("remember = true"))
	if shown, result := w.login("plan"); result.ExitCode != 0 || !strings.Contains(shown, "To sign in") {
		t.Errorf("exit code %d, shown %q", result.ExitCode, shown)
	}
}

// TestALoginForOneRun is asked for in each walk, and revoked at the end of each.
func TestALoginForOneRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quickly)
	w.write("main.tf", deviceBlock("")+w.consumerOf("vedauth_device_token"))
	for _, command := range [][]string{{"plan", "-out=saved.tfplan"}, {"apply", "saved.tfplan"}} {
		if _, result := w.login(command...); result.ExitCode != 0 {
			t.Fatalf("%v: exit code %d\n%s", command, result.ExitCode, result.Stderr)
		}
		w.nothingLeft()
	}
	if l := w.fake.Ledger(); l.Issued != 2 {
		t.Error(l)
	}
}
