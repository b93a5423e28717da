package terraformcli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ownSource is the provider of this checkout, as required_providers names it.
const ownSource = "vedauth/vedauth"

// settings is the CLI's settings file: the providers come from a local folder, whichever program asks, so that "init"
// is not needed and nothing is downloaded.
func settings(providerFolder string, sources []string) string {
	var overrides strings.Builder
	for _, source := range sources {
		for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
			fmt.Fprintf(&overrides, "    %q = %q\n", host+"/"+strings.ToLower(source), filepath.ToSlash(providerFolder))
		}
	}
	return "disable_checkpoint = true\nprovider_installation {\n  dev_overrides {\n" + overrides.String() + "  }\n  direct {}\n}\n"
}

// Workspace is a folder with a configuration, and a CLI that runs in it.
type Workspace struct {
	// CLI is the program that Run and Start run.
	CLI CLI
	// Folder holds the configuration. It is also where state is written.
	Folder string
	// Home stands for the home folder of the person who runs the CLI.
	Home string

	environment []string
	user        *user
}

// user is another user of the system; a nil one is the user of this process.
type user struct{ uid, gid uint32 }

// NewWorkspace makes a workspace in parent, an existing folder, which may go away afterwards with all that is in it.
// Terraform finds the provider in providerFolder: see BuildProvider. Others, by their source such as "hashicorp/http",
// are taken from there too.
func NewWorkspace(cli CLI, parent, providerFolder string, others ...string) (*Workspace, error) {
	parent, err := filepath.Abs(parent)
	if err != nil {
		return nil, err
	}
	if providerFolder, err = filepath.Abs(providerFolder); err != nil {
		return nil, err
	}
	w := &Workspace{CLI: cli, Folder: filepath.Join(parent, "work"), Home: filepath.Join(parent, "home")}
	for _, folder := range []string{w.Folder, w.Home} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	file := filepath.Join(parent, "settings.tfrc")
	content := settings(providerFolder, append([]string{ownSource}, others...))
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		return nil, err
	}
	w.environment = CleanEnvironment(
		"TF_CLI_CONFIG_FILE="+file,
		"HOME="+w.Home,
		"USERPROFILE="+w.Home,
		"APPDATA="+w.Home,
		"LOCALAPPDATA="+w.Home,
	)
	return w, nil
}

// Setenv sets a variable for the CLI and the providers that it starts.
func (w *Workspace) Setenv(name, value string) {
	w.environment = append(w.environment, name+"="+value)
}

// Trace makes the CLI and its providers log everything to file.
func (w *Workspace) Trace(file string) {
	w.Setenv("TF_LOG", "TRACE")
	w.Setenv("TF_LOG_PATH", file)
}

// Write writes a file of the configuration; name is relative to Folder.
func (w *Workspace) Write(name, content string) error {
	path := filepath.Join(w.Folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

// Copy copies the files of a folder, and of those below it, into Folder.
func (w *Workspace) Copy(folder string) error {
	return os.CopyFS(w.Folder, os.DirFS(folder))
}

// Result is what a CLI that has ended leaves.
type Result struct {
	Stdout, Stderr string
	// ExitCode is -1 if a signal ended it.
	ExitCode int
	// CPU is the processor time of the CLI and of the processes that it has waited for, such as its providers.
	CPU time.Duration
}

// Run runs the CLI and waits for it. The error is for a CLI that could not be started, or that ctx ended; a failing
// command is no error but an ExitCode.
func (w *Workspace) Run(ctx context.Context, arguments ...string) (Result, error) {
	process, err := w.Start(ctx, arguments...)
	if err != nil {
		return Result{}, err
	}
	return process.Wait()
}
