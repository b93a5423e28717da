package terraformcli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

// InstalledVersion is the Terraform that is installed where there is none.
const InstalledVersion = "1.13.3"

// installTimeout leaves a slow line time for some 30 MB.
const installTimeout = 10 * time.Minute

// Source is a server with the layout of the vendor's release server. The zero Source is that server.
type Source struct {
	// URL is the server's address without a trailing slash.
	URL string
	// PublicKey is the armored PGP key that its checksums must be signed with.
	PublicKey string
}

// install returns the Terraform in folder/InstalledVersion, and whether it had to be downloaded for that. The download
// is checked against its checksum, and the checksum against its signature; after a failure nothing is left behind.
// beforehand is called before a download.
func install(ctx context.Context, folder string, source Source, beforehand func()) (cli CLI, isNew bool, err error) {
	home := filepath.Join(folder, InstalledVersion)
	if cli, err := identifyInstalled(ctx, home); err == nil {
		return cli, false, nil
	}
	beforehand()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return CLI{}, false, err
	}
	// Terraform is complete before it gets its name: an interrupted download, or a second one at the same time, never
	// leaves half a program there.
	scratch, err := os.MkdirTemp(folder, ".install-")
	if err != nil {
		return CLI{}, false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()

	if err := download(ctx, scratch, source); err != nil {
		return CLI{}, false, err
	}
	if _, err := identifyInstalled(ctx, scratch); err != nil {
		return CLI{}, false, err
	}
	if err := os.Rename(scratch, home); err != nil {
		// Another process was faster, or what is there is damaged.
		if cli, err := identifyInstalled(ctx, home); err == nil {
			return cli, false, nil
		}
		if err := os.RemoveAll(home); err != nil {
			return CLI{}, false, err
		}
		if err := os.Rename(scratch, home); err != nil {
			return CLI{}, false, err
		}
	}
	cli, err = identifyInstalled(ctx, home)
	return cli, true, err
}

func download(ctx context.Context, folder string, source Source) error {
	var steps bytes.Buffer
	release := releases.ExactVersion{
		Product:          product.Terraform,
		Version:          version.Must(version.NewVersion(InstalledVersion)),
		InstallDir:       folder,
		Timeout:          installTimeout,
		ApiBaseURL:       source.URL,
		ArmoredPublicKey: source.PublicKey,
	}
	release.SetLogger(log.New(&steps, "", 0))
	_, err := release.Install(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		// The library loses the reason for which it refuses an archive, and then misses the program that it has not
		// unpacked. Its log still has the reason.
		return fmt.Errorf("the download was refused: %w; steps:\n%s", err, bytes.TrimSpace(steps.Bytes()))
	}
	return err
}

func identifyInstalled(ctx context.Context, folder string) (CLI, error) {
	cli, err := identify(ctx, filepath.Join(folder, product.Terraform.BinaryName()))
	if err == nil && cli.Version != InstalledVersion {
		err = fmt.Errorf("%s is version %s instead of %s", cli.Path, cli.Version, InstalledVersion)
	}
	return cli, err
}
