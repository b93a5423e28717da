package terraformcli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-version"
)

// The oldest versions that keep ephemeral values out of plan files.
const (
	MinimumTerraform = "1.10.0"
	MinimumTofu      = "1.12.0"
)

// versionTimeout is how long "version" may take: the first start of a program can be slow, a working one is not slower
// than this.
const versionTimeout = 30 * time.Second

// busyPause is the time between two tries to start a program that is still being written.
const busyPause = 20 * time.Millisecond

// ErrTooOld means that a program runs but is older than MinimumTerraform or MinimumTofu.
var ErrTooOld = errors.New("too old")

// CLI is a Terraform or OpenTofu program that was found and that runs.
type CLI struct {
	// Path is absolute.
	Path string
	// Name is "Terraform" or "OpenTofu".
	Name string
	// Version is as the program prints it, without the leading v: "1.13.3".
	Version string
	// IsTofu is true for OpenTofu.
	IsTofu bool
	// Why says in half a sentence how it came to be chosen.
	Why string
}

// String is the line that tells a reader which program is used: name, version, path and reason.
func (c CLI) String() string {
	return fmt.Sprintf("%s %s at %s (%s)", c.Name, c.Version, c.Path, c.Why)
}

// Command is what a user types: "terraform" or "tofu".
func (c CLI) Command() string {
	if c.IsTofu {
		return "tofu"
	}
	return "terraform"
}

// RegistryHost is where the program looks for a provider whose source names no host.
func (c CLI) RegistryHost() string {
	if c.IsTofu {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}

// TestingEnvironment holds what terraform-plugin-testing needs in the environment to use this program, by name. An
// empty value means that the variable must be unset.
func (c CLI) TestingEnvironment() map[string]string {
	return map[string]string{
		"TF_ACC_TERRAFORM_PATH": c.Path,
		"TF_ACC_PROVIDER_HOST":  c.RegistryHost(),
		// One that names a missing file makes the library misread the version.
		"TF_CLI_CONFIG_FILE": "",
	}
}

// firstLine is how both programs name themselves: "Terraform v1.13.3", "OpenTofu v1.12.6". Warnings may precede it.
var firstLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)$`)

// identify runs the program at path to learn what it is. The error wraps ErrTooOld if it runs and is too old.
func identify(ctx context.Context, path string) (CLI, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return CLI{}, err
	}
	output, err := askVersion(ctx, path)
	if err != nil {
		return CLI{}, fmt.Errorf("%s does not run: %w", path, err)
	}
	match := firstLine.FindStringSubmatch(strings.ReplaceAll(string(output), "\r", ""))
	if match == nil {
		return CLI{}, fmt.Errorf("%s does not say that it is Terraform or OpenTofu when run with %q", path, "version")
	}
	cli := CLI{Path: path, Name: match[1], Version: match[2], IsTofu: match[1] == "OpenTofu"}
	return cli, cli.checkVersion()
}

// askVersion tries again for a moment if the program's file is still open for writing. It can be although it was
// closed: a process that is being started at the same time inherits open files until it becomes another program.
func askVersion(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	pause := time.NewTicker(busyPause)
	defer pause.Stop()
	for {
		command := exec.CommandContext(ctx, path, "version")
		command.Env = CleanEnvironment()
		output, err := command.Output()
		if !errors.Is(err, syscall.ETXTBSY) {
			return output, err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}

func (c CLI) checkVersion() error {
	have, err := version.NewVersion(c.Version)
	if err != nil {
		return fmt.Errorf("%s: version %q of %s is not a version: %w", c.Path, c.Version, c.Name, err)
	}
	minimum := MinimumTerraform
	if c.IsTofu {
		minimum = MinimumTofu
	}
	if have.LessThan(version.Must(version.NewVersion(minimum))) {
		return fmt.Errorf("%s is %s %s, and the provider needs %s or newer: %w",
			c.Path, c.Name, c.Version, minimum, ErrTooOld)
	}
	return nil
}
