package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// Released says where the released providers are that people use today; those that are not named are installed from
// the registry, by Terraform.
type Released struct {
	// HTTP and External are files.
	HTTP, External string
}

const wanted = `
terraform {
  required_providers {
    %[1]s = { source = "hashicorp/%[1]s" }
  }
}
`

// fetch puts the released providers beside ours, and notes which could be had. A folder of the checkout keeps those that
// come from the registry.
func (w *world) fetch(ctx context.Context, r Released, folder string, progress io.Writer) error {
	if _, err := exec.LookPath("curl"); err == nil {
		w.released["curl"] = true
	} else {
		_, _ = fmt.Fprintln(progress, "there is no curl: hashicorp/external and its like are left out")
	}
	for name, file := range map[string]string{"http": r.HTTP, "external": r.External} {
		if file == "" {
			var err error
			if file, err = w.install(ctx, name, filepath.Join(folder, name)); err != nil {
				_, _ = fmt.Fprintf(progress, "hashicorp/%s could not be had and is left out: %v\n", name, err)
				continue
			}
		}
		if name == "external" && !w.released["curl"] {
			continue
		}
		file, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		if err := os.Symlink(file, program(w.providers, name)); err != nil {
			return err
		}
		w.released[name] = true
	}
	return nil
}

// install lets Terraform install a provider into folder, unless it is there, and returns its file.
func (w *world) install(ctx context.Context, name, folder string) (string, error) {
	installed := func() (string, error) {
		files, err := filepath.Glob(filepath.Join(folder, ".terraform", "providers", "*", "hashicorp", name, "*", "*", "terraform-provider-*"))
		if err != nil || len(files) == 0 {
			return "", fmt.Errorf("there is none in %s", folder)
		}
		return files[len(files)-1], nil
	}
	if file, err := installed(); err == nil {
		return file, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "main.tf"), fmt.Appendf(nil, wanted, name), 0o644); err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, w.cli.Path, "init", "-input=false")
	command.Dir, command.Env = folder, terraformcli.CleanEnvironment()
	if _, err := command.Output(); err != nil {
		return "", fmt.Errorf("%s init: %w", w.cli.Command(), err)
	}
	return installed()
}
