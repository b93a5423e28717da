package storecommand

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// The exit codes.
const (
	// Done: what was asked for is so.
	Done = 0
	// Failed: it could not be done; the message says why.
	Failed = 1
	// Misused: the command line cannot be understood.
	Misused = 2
)

// Machine is what a command sees of the machine it runs on.
type Machine struct {
	Getenv func(string) string
	// Stdout takes results, Stderr messages.
	Stdout, Stderr io.Writer
	// Now is the clock; nil is the real time.
	Now func() time.Time
}

// Knows reports whether the program's arguments (without its name) are one of the commands.
func Knows(arguments []string) bool {
	return len(arguments) > 0 && (arguments[0] == "forget" || arguments[0] == "list")
}

// Run runs a command that Knows accepts, and returns the exit code.
func Run(ctx context.Context, arguments []string, m Machine) int {
	if m.Now == nil {
		m.Now = time.Now
	}
	run := list
	if arguments[0] == "forget" {
		run = forget
	}
	err := run(ctx, arguments[1:], m)
	var misused *usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return Done
	case errors.As(err, &misused):
		m.say("%v\n", err)
		return Misused
	default:
		m.say("%v\n", err)
		return Failed
	}
}

// usageError is a command line that cannot be understood, or that lacks something.
type usageError struct{ text string }

// Error gives the text.
func (e *usageError) Error() string { return e.text }

// say writes a message for the person.
func (m Machine) say(format string, arguments ...any) {
	_, _ = fmt.Fprintf(m.Stderr, format, arguments...) // there is nobody else to tell
}

// options are the flags of a command, each with the variables that stand in for it.
type options struct {
	flags *flag.FlagSet
	env   func(string) string
	store *string
}

func newOptions(name, synopsis string, m Machine) *options {
	o := &options{flags: flag.NewFlagSet(name, flag.ContinueOnError), env: m.Getenv}
	o.flags.SetOutput(io.Discard) // errors are shown by Run
	o.flags.Usage = func() {
		_, _ = fmt.Fprintf(m.Stdout, "Usage: terraform-provider-vedauth %s\n\n%s\n\n", name, synopsis)
		o.flags.SetOutput(m.Stdout)
		o.flags.PrintDefaults()
	}
	o.store = o.flags.String(
		"token-store",
		"",
		"absolute `directory` of the token store ($VEDAUTH_TOKEN_STORE, else the user's own)",
	)
	return o
}

// parse reads the command line.
func (o *options) parse(arguments []string) error {
	err := o.flags.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return &usageError{err.Error() + "; -h lists the flags."}
	case o.flags.NArg() > 0:
		return &usageError{fmt.Sprintf("%q is not a flag; -h lists them.", o.flags.Arg(0))}
	}
	return nil
}

// either is a flag's value or, if it is not given, the first variable that is set.
func (o *options) either(value string, variables ...string) string {
	for _, name := range variables {
		if value == "" {
			value = o.env(name)
		}
	}
	return value
}

// open opens the token store.
func (o *options) open(now func() time.Time) (*tokenstore.Store, error) {
	location := o.either(*o.store, "VEDAUTH_TOKEN_STORE")
	if location == "off" {
		return nil, &usageError{
			"VEDAUTH_TOKEN_STORE=off says that there is no token store. Name its directory with -token-store.",
		}
	}
	directory, err := tokenstore.Locate(location, o.env)
	if err != nil {
		return nil, err
	}
	return tokenstore.New(tokenstore.Options{Dir: directory, Now: now})
}

// connect makes the client of a server.
func connect(server, caFile string, m Machine) (*vedauth.Client, error) {
	config := vedauth.Config{Server: server, Getenv: m.Getenv, Now: m.Now, UserAgent: "terraform-provider-vedauth"}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err == nil {
			err = vedauth.CheckCA(pem)
		}
		if err != nil {
			return nil, &usageError{fmt.Sprintf("The certificates in %s cannot be used: %v.", caFile, err)}
		}
		config.CAPEM = pem
	}
	return vedauth.New(config)
}

// plain shows a text as it is if it is one line of printable characters, and quoted otherwise: names come from files.
func plain(text string) string {
	if quoted := fmt.Sprintf("%q", text); text == "" || strings.Contains(text, " ") || quoted != `"`+text+`"` {
		return quoted
	}
	return text
}
