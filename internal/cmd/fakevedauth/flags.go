package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// passwordVariable holds the password of the user; a flag would show it in the list of processes.
const passwordVariable = "FAKEVEDAUTH_PASSWORD"

// settings are what the flags say.
type settings struct {
	options       fakevedauth.Options
	user          string
	clientID      string
	scope         string
	accessTTL     time.Duration
	noRefresh     bool
	caFile        string
	urlFile       string
	controlAddr   string
	controlFile   string
	exitWithStdin bool
}

func parseFlags(args []string, getenv func(string) string, complaints io.Writer) (settings, error) {
	var s settings
	var legacy, clientCertificate bool
	var era string
	flags := flag.NewFlagSet("fakevedauth", flag.ContinueOnError)
	flags.SetOutput(complaints)
	flags.StringVar(&s.options.Addr, "listen", "127.0.0.1:0", "`address` to listen on; port 0 is any free one")
	flags.BoolVar(&s.options.PlainHTTP, "plain-http", false, "listen without TLS, behind a proxy")
	flags.StringVar(&s.caFile, "ca-file", "", "`file` to write the certificate of the server's authority to, as PEM")
	flags.StringVar(&s.urlFile, "url-file", "", "`file` to write the server's URL to, last of all files")
	flags.StringVar(&s.controlAddr, "control", "", "loopback `address` of the control API; none without")
	flags.StringVar(&s.controlFile, "control-file", "", "`file` to write the URL of the control API to")
	flags.StringVar(&s.user, "user", fakevedauth.DefaultUser, "`name` of the user")
	flags.StringVar(&s.clientID, "client-id", fakevedauth.DefaultClientID, "client_id of the `application`")
	flags.StringVar(&s.scope, "scope", fakevedauth.DefaultScope, "the most `scope` that the application gives")
	flags.DurationVar(&s.accessTTL, "access-ttl", fakevedauth.DefaultAccessTTL, "validity of access tokens")
	flags.BoolVar(&s.noRefresh, "no-refresh", false, "give no refresh tokens")
	flags.DurationVar(&s.options.Latency, "latency", 0, "delay of every reply")
	flags.BoolVar(&legacy, "legacy", false, "refuse in the words of old servers, in the reason phrase")
	flags.StringVar(&era, "era", "21", "generation of token replies: 21, 20 or 2019")
	flags.BoolVar(&clientCertificate, "client-certificate", false, "ask for a client certificate in the handshake")
	flags.BoolVar(&s.options.TrustProxyHeaders, "trust-proxy-headers", false,
		"take identities from X-Remote-User and X-Client-DN")
	flags.BoolVar(&s.exitWithStdin, "exit-with-stdin", false, "stop when standard input ends")
	flags.Usage = func() {
		_, _ = fmt.Fprintf(complaints, usage, passwordVariable, fakevedauth.DefaultPassword)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	eras := map[string]fakevedauth.Era{"21": fakevedauth.Era21, "20": fakevedauth.Era20, "2019": fakevedauth.Era2019}
	var known bool
	if s.options.Era, known = eras[era]; !known {
		return settings{}, fmt.Errorf("-era %s: want 21, 20 or 2019", era)
	}
	if s.options.PlainHTTP && s.caFile != "" {
		return settings{}, errors.New("-ca-file: there is no authority with -plain-http")
	}
	if legacy {
		s.options.Dialect = fakevedauth.Legacy
	}
	if clientCertificate {
		s.options.ClientAuth = tls.RequestClientCert
	}
	s.options.Empty = true
	s.options.Password = getenv(passwordVariable)
	if s.options.Password == "" {
		s.options.Password = fakevedauth.DefaultPassword
	}
	return s, nil
}

const usage = `fakevedauth is a stand-in for a Trust Protection Platform authorization server.

It prints its URL, the files it has written and "ready", serves until SIGINT or SIGTERM, and then prints its ledger:
grants issued N, revoked N, live N

The password of the user is taken from %s; without it, it is %q.

`

// addWorld makes the one application and the one user.
func (s settings) addWorld(fake *fakevedauth.Server) {
	fake.AddApplication(fakevedauth.Application{
		ClientID: s.clientID, Scope: s.scope, AccessTTL: s.accessTTL, NoRefresh: s.noRefresh,
	})
	names := []string{s.user}
	if !strings.ContainsAny(s.user, `:\@`) {
		names = append(names, "local:"+s.user)
	}
	fake.AddUser(fakevedauth.User{
		Names: names, Identity: fakevedauth.DefaultIdentity, Password: s.options.Password,
	}, s.clientID)
}
