package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// timed runs f and returns the seconds that it took.
func timed[T any](f func() (T, error)) (seconds float64, value T, err error) {
	began := time.Now()
	value, err = f()
	return time.Since(began).Seconds(), value, err
}

var modelName = regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`)

// machine describes this one in a line, with how busy it is where the system says so.
func machine() string {
	text := fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if match := modelName.FindSubmatch(info); match != nil {
			text += " (" + string(match[1]) + ")"
		}
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		minute, _, _ := strings.Cut(string(load), " ")
		text += ", load " + minute + " when it began"
	}
	return text
}

// versions names what was measured with.
func versions(ctx context.Context, cli terraformcli.CLI) string {
	framework := "github.com/hashicorp/terraform-plugin-framework"
	version, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", framework).Output()
	if err != nil {
		version = []byte("of an unknown version")
	}
	return fmt.Sprintf("%s %s, terraform-plugin-framework %s, %s",
		cli.Name, cli.Version, strings.TrimSpace(string(version)), runtime.Version())
}
