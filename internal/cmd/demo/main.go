// Command demo runs the provider's main job on an embedded server and shows that it leaves nothing behind.
//
// It builds the provider, starts a server on loopback with a certificate authority of its own, and lets a real
// Terraform or OpenTofu plan, apply and destroy examples/quickstart. Then it searches everything that was written for
// the password and the tokens, and compares what the run shows with what the server knows. It exits with 1 if a
// promise was broken.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	keep := flag.Bool("keep", false, "keep the folder with state, plan and log, and say where it is")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, options{output: os.Stdout, keep: *keep})
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
