package terraformcli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Variable names the program to use, as a path. It wins over everything, and nothing stands in for it if it is wrong.
const Variable = "VEDAUTH_TERRAFORM"

// Finder looks for a program. The zero value looks in this process's environment and installs into this checkout.
type Finder struct {
	// Getenv is os.Getenv if nil.
	Getenv func(name string) string
	// LookPath is exec.LookPath if nil.
	LookPath func(name string) (string, error)
	// Folder is where Terraform is installed if there is none; .tools/terraform of the checkout if empty.
	Folder string
	// Source is where it is downloaded from; the vendor's release server if zero.
	Source Source
	// Notify, if not nil, is told in a sentence before something is downloaded, which may take a while.
	Notify func(message string)
}

// Find is Finder.Find with the zero Finder.
func Find(ctx context.Context) (CLI, error) { return Finder{}.Find(ctx) }

// Find returns the first of: the program that Variable names, terraform on PATH, tofu on PATH, the Terraform that an
// earlier Find installed into Folder, and a newly installed one. A program on PATH that is too old or does not run is
// passed over, and CLI.Why says so.
func (f Finder) Find(ctx context.Context) (CLI, error) {
	f, err := f.withDefaults(ctx)
	if err != nil {
		return CLI{}, err
	}
	if path := f.Getenv(Variable); path != "" {
		return f.named(ctx, path)
	}
	cli, passedOver, found := f.onPath(ctx)
	if found {
		return cli, nil
	}
	return f.installed(ctx, passedOver)
}

func (f Finder) withDefaults(ctx context.Context) (Finder, error) {
	if f.Getenv == nil {
		f.Getenv = os.Getenv
	}
	if f.LookPath == nil {
		f.LookPath = exec.LookPath
	}
	if f.Folder == "" {
		root, err := Checkout(ctx)
		if err != nil {
			return f, err
		}
		f.Folder = filepath.Join(root, ".tools", "terraform")
	}
	return f, nil
}

func (f Finder) named(ctx context.Context, path string) (CLI, error) {
	path, err := f.LookPath(path)
	if err != nil {
		return CLI{}, fmt.Errorf("%s names no program: %w", Variable, err)
	}
	cli, err := identify(ctx, path)
	if err != nil {
		return CLI{}, fmt.Errorf("%s names a program that cannot be used: %w", Variable, err)
	}
	cli.Why = "named by " + Variable
	return cli, nil
}

// onPath returns the first usable program on PATH, and why others were passed over.
func (f Finder) onPath(ctx context.Context) (cli CLI, passedOver []string, found bool) {
	for _, name := range []string{"terraform", "tofu"} {
		path, err := f.LookPath(name)
		if err != nil {
			passedOver = append(passedOver, "no "+name+" on PATH")
			continue
		}
		if cli, err = identify(ctx, path); err != nil {
			passedOver = append(passedOver, err.Error())
			continue
		}
		cli.Why = because("the "+name+" on PATH", passedOver)
		return cli, nil, true
	}
	return CLI{}, passedOver, false
}

func (f Finder) installed(ctx context.Context, passedOver []string) (CLI, error) {
	cli, isNew, err := install(ctx, f.Folder, f.Source, func() {
		if f.Notify != nil {
			f.Notify(fmt.Sprintf("Installing Terraform %s into %s: %s.",
				InstalledVersion, f.Folder, strings.Join(passedOver, "; ")))
		}
	})
	if err != nil {
		return CLI{}, fmt.Errorf("cannot install Terraform %s: %w\n%s.\nPut terraform (%s or newer) or tofu "+
			"(%s or newer) on PATH, or name one in %s",
			InstalledVersion, err, strings.Join(passedOver, "; "), MinimumTerraform, MinimumTofu, Variable)
	}
	cli.Why = because("installed into this checkout earlier", passedOver)
	if isNew {
		cli.Why = because("just installed into this checkout", passedOver)
	}
	return cli, nil
}

func because(reason string, passedOver []string) string {
	if len(passedOver) == 0 {
		return reason
	}
	return reason + "; " + strings.Join(passedOver, "; ")
}

// Checkout is the folder of the checkout that the current folder belongs to.
func Checkout(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("cannot ask go for the folder of the checkout: %w", err)
	}
	file := strings.TrimSpace(string(output))
	if filepath.Base(file) != "go.mod" {
		return "", errors.New("the current folder is not in a checkout of the provider")
	}
	return filepath.Dir(file), nil
}
