package terraformcli

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// found describes a machine: what PATH offers and what the environment names.
type found struct {
	path  map[string]string
	named string
}

func (f found) finder(t *testing.T) Finder {
	t.Helper()
	mirror := newMirror(t)
	return Finder{
		Getenv: func(name string) string {
			if name != Variable {
				t.Errorf("asked for the variable %s", name)
			}
			return f.named
		},
		LookPath: func(name string) (string, error) {
			if path := f.path[name]; path != "" {
				return path, nil
			}
			return exec.LookPath(name)
		},
		Folder: t.TempDir(),
		Source: mirror.source(),
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	terraform := fakeCLI(t, "terraform", "Terraform v1.11.4\non linux_amd64\n")
	warning := fakeCLI(t, "terraform", "Warning: something\r\n\r\nTerraform v1.14.0-rc1\r\n")
	tofu := fakeCLI(t, "tofu", "OpenTofu v1.12.6\non linux_amd64\n")
	oldTerraform := fakeCLI(t, "terraform", "Terraform v1.9.8\n")
	oldTofu := fakeCLI(t, "tofu", "OpenTofu v1.11.2\n")
	stranger := fakeCLI(t, "terraform", "Terrarium v7\n")
	broken := fakeCLI(t, "terraform", "")

	cases := map[string]struct {
		machine            found
		path, version, why string
		isTofu             bool
	}{
		"terraform before tofu": {
			machine: found{path: map[string]string{"terraform": terraform, "tofu": tofu}},
			path:    terraform, version: "1.11.4", why: "the terraform on PATH",
		},
		"tofu alone": {
			machine: found{path: map[string]string{"terraform": "", "tofu": tofu}},
			path:    tofu, version: "1.12.6", isTofu: true, why: "the tofu on PATH; ",
		},
		"the variable wins": {
			machine: found{path: map[string]string{"terraform": terraform}, named: tofu},
			path:    tofu, version: "1.12.6", isTofu: true, why: "named by VEDAUTH_TERRAFORM",
		},
		"a warning and a later pre-release": {
			machine: found{path: map[string]string{"terraform": warning}},
			path:    warning, version: "1.14.0-rc1", why: "the terraform on PATH",
		},
		"an old terraform is passed over": {
			machine: found{path: map[string]string{"terraform": oldTerraform, "tofu": tofu}},
			path:    tofu, version: "1.12.6", isTofu: true, why: "is Terraform 1.9.8, and the provider needs 1.10.0 or newer",
		},
		"nothing usable, so install": {
			machine: found{path: map[string]string{"terraform": oldTerraform, "tofu": oldTofu}},
			version: InstalledVersion, why: "just installed into this checkout",
		},
		"not terraform at all": {
			machine: found{path: map[string]string{"terraform": stranger, "tofu": oldTofu}},
			version: InstalledVersion, why: "does not say that it is Terraform",
		},
		"a terraform that does not say anything": {
			machine: found{path: map[string]string{"terraform": broken, "tofu": oldTofu}},
			version: InstalledVersion, why: "needs 1.12.0 or newer",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finder := test.machine.finder(t)
			if test.machine.path["terraform"] == "" {
				finder.LookPath = onlyTofu(test.machine.path["tofu"])
			}
			cli, err := finder.Find(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if test.path != "" && cli.Path != test.path {
				t.Errorf("path %s, want %s", cli.Path, test.path)
			}
			if cli.Version != test.version || cli.IsTofu != test.isTofu || !strings.Contains(cli.Why, test.why) {
				t.Errorf("found %+v, want version %s because %q", cli, test.version, test.why)
			}
		})
	}
}

func onlyTofu(path string) func(string) (string, error) {
	return func(name string) (string, error) {
		if name == "tofu" && path != "" || name == path {
			return path, nil
		}
		return "", exec.ErrNotFound
	}
}

func TestFindRefusesWhatTheVariableNames(t *testing.T) {
	t.Parallel()
	terraform := fakeCLI(t, "terraform", "Terraform v1.11.4\n")
	cases := map[string]struct{ named, want string }{
		"missing":     {t.TempDir() + "/nothing", "VEDAUTH_TERRAFORM names no program"},
		"a folder":    {t.TempDir(), "VEDAUTH_TERRAFORM names no program"},
		"too old":     {fakeCLI(t, "terraform", "Terraform v1.9.8\n"), "needs 1.10.0 or newer"},
		"pre-release": {fakeCLI(t, "terraform", "Terraform v1.10.0-rc1\n"), "needs 1.10.0 or newer"},
		"old tofu":    {fakeCLI(t, "tofu", "OpenTofu v1.11.9\n"), "needs 1.12.0 or newer"},
		"no version":  {fakeCLI(t, "tofu", "OpenTofu vNext\n"), "is not a version"},
		"a stranger":  {fakeCLI(t, "terraform", "Hello\n"), "does not say that it is Terraform or OpenTofu"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finder := found{path: map[string]string{"terraform": terraform}, named: test.named}.finder(t)
			_, err := finder.Find(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), Variable) {
				t.Errorf("error %v, want %q and the variable's name", err, test.want)
			}
		})
	}
}

func TestTooOldCanBeTold(t *testing.T) {
	t.Parallel()
	_, err := identify(t.Context(), fakeCLI(t, "terraform", "Terraform v0.15.5\n"))
	if !errors.Is(err, ErrTooOld) {
		t.Errorf("error %v does not wrap ErrTooOld", err)
	}
}

func TestCLISaysWhatItIs(t *testing.T) {
	t.Parallel()
	cli := CLI{Path: "/opt/tofu", Name: "OpenTofu", Version: "1.12.6", IsTofu: true, Why: "the tofu on PATH"}
	if got, want := cli.String(), "OpenTofu 1.12.6 at /opt/tofu (the tofu on PATH)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := cli.TestingEnvironment()["TF_ACC_PROVIDER_HOST"]; got != "registry.opentofu.org" {
		t.Errorf("registry %q", got)
	}
	if got := cli.Command() + " " + (CLI{}).Command(); got != "tofu terraform" {
		t.Errorf("commands %q", got)
	}
	if got := (CLI{}).RegistryHost(); got != "registry.terraform.io" {
		t.Errorf("registry %q", got)
	}
}
