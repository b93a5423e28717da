// Command terraform-provider-vedauth is the Terraform provider vedauth/vedauth. Terraform starts it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/vedauth/terraform-provider-vedauth/internal/orphan"
	"github.com/vedauth/terraform-provider-vedauth/internal/provider"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/storecommand"
)

// version is set by the linker.
var version = "dev"

const (
	address = "registry.terraform.io/vedauth/vedauth"
	// wayOut is how long the process may live after its server has stopped: Terraform kills it after two seconds.
	wayOut = 1800 * time.Millisecond
	// wayOutAlone is how long revocations may take when nobody waits for the process any more.
	wayOutAlone = 30 * time.Second
)

func main() {
	if storecommand.Knows(os.Args[1:]) { // a person runs it, not Terraform
		os.Exit(command())
	}
	debug := flag.Bool("debug", false, "serve until interrupted, for a debugger; prints what to set TF_REATTACH_PROVIDERS to")
	flag.Parse()

	// Package net/http writes to the standard logger what a server sends unasked, which may hold a token.
	log.SetOutput(io.Discard)
	process := session.NewProcess()
	alone := func() {
		shutdown(process, wayOutAlone)
		os.Exit(1)
	}
	if *debug {
		orphan.OnStop(alone)
	} else {
		quiet()
		orphan.Watch(alone)
	}
	err := providerserver.Serve(context.Background(), provider.New(version, process), providerserver.ServeOpts{
		Address: address, Debug: *debug, ProtocolVersion: 6,
	})
	// The server stops at every end of a run, also after a failure or an interruption that made Terraform skip Close.
	shutdown(process, wayOut)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// command works on the token store, as its arguments say, and returns the exit code.
func command() int {
	// None of them may end it between a refresh and its answer.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return storecommand.Run(ctx, os.Args[1:], storecommand.Machine{Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr})
}

// shutdown revokes what is left. What it cannot revoke it names on stderr, which Terraform writes to its log.
func shutdown(process *session.Process, limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := process.Shutdown(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "[WARN] vedauth: a token may not have been revoked:", err)
	}
}
