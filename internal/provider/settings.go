package provider

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/terminal"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// settings are what one provider block says, together with the environment. What is missing or unknown in it is an
// error only for those who need it.
type settings struct {
	block   values
	getenv  func(string) string
	screen  func() (io.WriteCloser, error)
	session *session.Session
	client  *vedauth.Client // nil if the server is missing or unknown
	wrong   diag.Diagnostics
}

// server names the server in a message.
func (s *settings) server() string {
	if s == nil || s.client == nil {
		return "the server"
	}
	return s.client.Server()
}

// setting is the value of an attribute from where it was found.
type setting struct {
	value   string
	unknown bool
	// origin names the place in a message: the attribute, or the variable.
	origin string
}

// lookup finds a text attribute of the provider block: the block first, then the environment. An empty variable counts
// as unset.
func (s *settings) lookup(a attribute) setting {
	if raw, ok := s.block[a.name]; ok && !raw.IsKnown() {
		return setting{unknown: true, origin: a.name}
	}
	if value := s.block.text(a.name); value != "" {
		return setting{value: value, origin: a.name}
	}
	for _, name := range a.env {
		if value := s.getenv(name); value != "" {
			return setting{value: value, origin: name}
		}
	}
	return setting{origin: a.name}
}

// need is lookup for a setting without which the caller cannot go on. The block's own value goes first.
func (s *settings) need(own values, a attribute) (string, diag.Diagnostics) {
	if value := own.text(a.name); value != "" {
		return value, nil
	}
	found := s.lookup(a)
	switch {
	case found.unknown:
		return "", diag.Diagnostics{unknownSetting(a.name, a.env)}
	case found.value == "":
		where := "the provider block"
		if _, ok := own[a.name]; ok {
			where = "this block or in the provider block"
		}
		return "", diag.Diagnostics{missing(a.name, where, a.env)}
	}
	if err := a.wrong(found.value); err != nil {
		return "", diag.Diagnostics{invalid(a.name, found.origin, err)}
	}
	return found.value, nil
}

// needClient returns the client, or why there is none.
func (s *settings) needClient() (*vedauth.Client, diag.Diagnostics) {
	switch {
	case s.client != nil:
		return s.client, nil
	case s.wrong.HasError():
		return nil, s.wrong
	}
	for _, a := range append(connectionAttributes(), retriesAttribute) {
		if found := s.lookup(a); found.unknown {
			return nil, diag.Diagnostics{unknownSetting(a.name, a.env)}
		}
	}
	return nil, diag.Diagnostics{missing(urlAttribute.name, "the provider block", urlAttribute.env)}
}

// lookupEnv reads a variable in the form of os.LookupEnv. An empty one counts as unset.
func (s *settings) lookupEnv(name string) (string, bool) {
	value := s.getenv(name)
	return value, value != ""
}

// newSettings reads the provider block. Its diagnostics are about what is wrong in itself, in the block or in the
// environment.
func newSettings(block values, m Machine, process *session.Process, userAgent string) (*settings, diag.Diagnostics) {
	s := &settings{block: block, getenv: m.Getenv, screen: m.Screen, session: process.NewSession()}
	if s.screen == nil {
		s.screen = terminal.Open
	}
	var diags diag.Diagnostics
	config := vedauth.Config{UserAgent: userAgent, Getenv: m.Getenv, Now: m.Now, Wait: m.Wait, Log: logRequest}
	complete := true
	for _, a := range connectionAttributes() {
		found := s.lookup(a)
		complete = complete && !found.unknown
		if found.value == "" || found.unknown {
			continue
		}
		err := a.wrong(found.value)
		if err == nil {
			err = apply(&config, a.name, found.value)
		}
		if err != nil {
			diags.Append(invalid(a.name, found.origin, err))
		}
	}
	if n, ok := block.integer(retriesAttribute.name); ok {
		if config.Retries = int(n); n == 0 {
			config.Retries = -1
		}
	}
	if raw, ok := block[retriesAttribute.name]; ok && !raw.IsKnown() {
		complete = false
	}
	if s.wrong = diags; diags.HasError() || !complete || config.Server == "" {
		return s, diags
	}
	client, err := vedauth.New(config)
	if err != nil {
		diags.AddError("Unable to prepare the connection to the server", err.Error())
	}
	s.client, s.wrong = client, diags
	return s, diags
}

// apply puts one setting of the connection into the client's configuration.
func apply(config *vedauth.Config, name, value string) (err error) {
	switch name {
	case urlAttribute.name:
		config.Server, err = vedauth.ParseURL(value)
	case caPEMAttribute.name:
		config.CAPEM = []byte(value)
	case caFileAttribute.name:
		if config.CAPEM == nil {
			config.CAPEM, err = readCA(value)
		}
	case proxyAttribute.name:
		config.ProxyURL, err = url.Parse(value)
	case timeoutAttribute.name:
		config.Timeout, err = time.ParseDuration(value)
	}
	return err
}

func readCA(file string) ([]byte, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := vedauth.CheckCA(pem); err != nil {
		return nil, fmt.Errorf("the file %s: %w", file, err)
	}
	return pem, nil
}

// logRequest writes one line for each attempt, at debug level. It gets nothing secret to write.
func logRequest(ctx context.Context, event vedauth.Event) {
	fields := map[string]any{
		"endpoint": string(event.Endpoint), "attempt": event.Attempt, "duration_ms": event.Duration.Milliseconds(),
	}
	if event.Status != 0 {
		fields["status"] = event.Status
	}
	if event.Problem != "" {
		fields["problem"] = event.Problem
	}
	tflog.Debug(ctx, "request to vedauth", fields)
}
