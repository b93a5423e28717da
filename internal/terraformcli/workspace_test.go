package terraformcli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeWorkspace runs this test program instead of Terraform.
func fakeWorkspace(t *testing.T) *Workspace {
	t.Helper()
	cli := CLI{Path: fakeCLI(t, "terraform", "Terraform v1.13.3\n"), Name: "Terraform"}
	workspace, err := NewWorkspace(cli, t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return workspace
}

func TestRunGivesTheResult(t *testing.T) {
	t.Parallel()
	result, err := fakeWorkspace(t).Run(t.Context(), "fail")
	if err != nil {
		t.Fatal(err)
	}
	if result.CPU <= 0 || result.CPU > time.Minute {
		t.Errorf("it took %v of processor time", result.CPU)
	}
	result.CPU = 0
	want := Result{Stdout: "to stdout\n", Stderr: "to stderr\n", ExitCode: 7}
	if result != want {
		t.Errorf("%+v, want %+v", result, want)
	}
}

func TestRunSaysThatThereIsNoProgram(t *testing.T) {
	t.Parallel()
	workspace := fakeWorkspace(t)
	workspace.CLI.Path = filepath.Join(t.TempDir(), "nothing")
	if _, err := workspace.Run(t.Context(), "version"); err == nil || !strings.Contains(err.Error(), "cannot start") {
		t.Errorf("error %v", err)
	}
}

func TestEnvironmentIsClean(t *testing.T) {
	strangers := []string{
		"VEDAUTH_URL", "VENAFI_PASS", "TF_LOG", "TF_CLI_CONFIG_FILE", "TF_VAR_password", "TFC_WORKLOAD_IDENTITY_TOKEN",
		"HTTPS_PROXY", "https_proxy", "NO_PROXY", "all_proxy", "ACTIONS_ID_TOKEN_REQUEST_URL", "KRB5CCNAME",
		"SYSTEM_OIDCREQUESTURI", "XDG_STATE_HOME", "OTEL_TRACES_EXPORTER",
	}
	for _, name := range strangers {
		t.Setenv(name, "from outside")
	}
	t.Setenv("HARMLESS", "stays")
	workspace := fakeWorkspace(t)
	workspace.Setenv("VEDAUTH_URL", "https://tpp.example.com")
	workspace.Trace(filepath.Join(t.TempDir(), "trace.log"))
	result, err := workspace.Run(t.Context(), "environment")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(result.Stdout, "from outside") {
		t.Errorf("a variable from outside got in:\n%s", result.Stdout)
	}
	lines := strings.Split(result.Stdout, "\n")
	for _, want := range []string{
		"HARMLESS=stays", "VEDAUTH_URL=https://tpp.example.com", "TF_LOG=TRACE", "CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1", "TF_CLI_ARGS=-no-color", "HOME=" + workspace.Home,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestIsForeign(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"VEDAUTH_URL": true, "vedauth_url": true, "TF_LOG": true, "Https_Proxy": true,
		"PATH": false, "SystemRoot": false, "MY_TF_LOG": false, "PROXY": false, "HOME": false,
	} {
		if got := isForeign(name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}

func TestWriteAndCopy(t *testing.T) {
	t.Parallel()
	workspace, source := fakeWorkspace(t), t.TempDir()
	if err := os.MkdirAll(filepath.Join(source, "module"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "module", "main.tf"), []byte("# copied\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := workspace.Copy(source); err != nil {
		t.Fatal(err)
	}
	if err := workspace.Write("other/file.tf", "# written\n"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"module/main.tf": "# copied\n", "other/file.tf": "# written\n"} {
		content, err := os.ReadFile(filepath.Join(workspace.Folder, name))
		if err != nil || string(content) != want {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
}

func TestRealCLI(t *testing.T) {
	t.Parallel()
	cli, err := Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	workspace, err := NewWorkspace(cli, t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := workspace.Write("main.tf", "output \"greeting\" {\n  value = \"hello\"\n}\n"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"validate"}, "Success!"},
		{[]string{"plan", "-out=saved.tfplan"}, "greeting"},
		{[]string{"apply", "saved.tfplan"}, "greeting"},
		{[]string{"show", "-json"}, `"hello"`},
		{[]string{"output", "-raw", "greeting"}, "hello"},
		{[]string{"fmt", "-check", "-recursive"}, ""},
		{[]string{"providers", "schema", "-json"}, "format_version"},
	} {
		result, err := workspace.Run(t.Context(), test.arguments...)
		if err != nil {
			t.Fatal(err)
		}
		if result.ExitCode != 0 || !strings.Contains(result.Stdout, test.want) {
			t.Errorf("%v: exit code %d\n%s%s", test.arguments, result.ExitCode, result.Stdout, result.Stderr)
		}
		if strings.Contains(result.Stdout+result.Stderr, "\x1b[") {
			t.Errorf("%v: the output has colours", test.arguments)
		}
	}
}
