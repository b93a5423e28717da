package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// providerFolder is where the tests share one built provider; TestMain removes it.
var providerFolder string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "vedauth-demo-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	providerFolder = folder
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// play runs the demo and returns what it printed.
func play(t *testing.T, opts options) (string, error) {
	t.Helper()
	if _, err := terraformcli.BuildProvider(t.Context(), providerFolder, false); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	opts.output, opts.providerFolder = &output, providerFolder
	err := run(t.Context(), opts)
	return output.String(), err
}

func TestDemoKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	output, err := play(t, options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	ledger := regexp.MustCompile(`(?m)^grants issued ([1-9]\d*), revoked (\d+), live 0$`).FindStringSubmatch(output)
	if ledger == nil || ledger[1] != ledger[2] {
		t.Errorf("the ledger is missing or wrong:\n%s", output)
	}
	for _, want := range []string{
		"POST /vedauth/Authorize/OAuth", "GET  /vedauth/Authorize/Verify", "found 0 times",
		"identity " + fakevedauth.DefaultIdentity, "scope certificate:manage", "every promise kept",
	} {
		if !strings.Contains(output, want) {
			t.Errorf("%q is missing in\n%s", want, output)
		}
	}
	if lines := strings.Count(output, "\n"); lines > 24 {
		t.Errorf("%d lines do not fit on one screen", lines)
	}
}

func TestDemoFails(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		options options
		want    string
	}{
		"a token is left on the server": {
			options{meddle: func(server *fakevedauth.Server) {
				server.Inject(fakevedauth.Revoke, fakevedauth.Always(fakevedauth.Status(http.StatusForbidden)))
			}},
			"a grant is left on the server",
		},
		"the login is refused": {
			options{meddle: func(server *fakevedauth.Server) {
				server.Refuse(fakevedauth.OAuth, "password-wrong", fakevedauth.Modern)
			}},
			"plan failed with exit code 1",
		},
		"the state holds a token": {
			options{meddleAfter: func(d *demo) error {
				secrets := d.server.Secrets()
				return os.WriteFile(filepath.Join(d.workspace.Folder, "terraform.tfstate.backup"),
					[]byte(`{"token":"`+secrets[len(secrets)-1]+`"}`), 0o600)
			}},
			"terraform.tfstate.backup: token",
		},
		"the log holds the password": {
			options{meddleAfter: func(d *demo) error {
				return os.WriteFile(filepath.Join(d.folder, "trace.log"), fmt.Appendf(nil, "%x", d.password), 0o600)
			}},
			"trace.log: the password, in hexadecimal",
		},
		"the quickstart shows another identity": {
			options{meddleAfter: func(d *demo) error {
				d.outputs.Identity = "local:{mallory}"
				return nil
			}},
			"did not see what the server knows",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, err := play(t, test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q\n%s", err, test.want, output)
			}
			if strings.Contains(output, "every promise kept") {
				t.Errorf("it claims success:\n%s", output)
			}
		})
	}
}

func TestDemoCleansUp(t *testing.T) {
	t.Parallel()
	var folder string
	output, err := play(t, options{meddleAfter: func(d *demo) error {
		folder = d.folder
		return nil
	}})
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is left behind: %v", folder, err)
	}
}

func TestDemoKeepsTheFolderIfAsked(t *testing.T) {
	t.Parallel()
	output, err := play(t, options{keep: true})
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	_, folder, found := strings.Cut(strings.TrimSpace(output), "kept in ")
	if !found {
		t.Fatalf("it does not say where:\n%s", output)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	if _, err := os.Stat(filepath.Join(folder, "work", savedPlan)); err != nil {
		t.Error(err)
	}
}
