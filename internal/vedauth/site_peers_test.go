//go:build linux

package vedauth_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// tester is whom the client certificates of the tests name.
const tester = "tester"

// site is a virtual host of the real servers, with a vedauth of its own behind it.
type site struct {
	t    *testing.T
	rig  *peers.Rig
	fake *fakevedauth.Server
	url  string
	// opened counts the connections that the client made.
	opened atomic.Int64
	waits  pauses
}

// newSite puts a vedauth behind a virtual host. intercept, if not nil, is as in peers.Rig.Front.
func newSite(t *testing.T, rig *peers.Rig, host peers.Host, intercept func(n int, conn net.Conn) bool) *site {
	t.Helper()
	s := &site{t: t, rig: rig, fake: fakevedauth.New(fakevedauth.Options{PlainHTTP: true, TrustProxyHeaders: true})}
	t.Cleanup(s.fake.Close)
	for _, user := range peers.Users() {
		known := fakevedauth.User{Names: namesOf(user.Name), Identity: identityOf(user.Name)}
		s.fake.AddUser(known, fakevedauth.DefaultClientID)
	}
	s.fake.AddUser(fakevedauth.User{Names: []string{tester}, Identity: identityOf(tester)}, fakevedauth.DefaultClientID)
	s.url = rig.Front(t, host, s.fake, func(n int, conn net.Conn) bool {
		s.opened.Add(1)
		return intercept != nil && intercept(n, conn)
	})
	return s
}

// namesOf are the names by which Apache may know a user of the rig: Kerberos's and NTLM's.
func namesOf(user string) []string {
	upn := user + "@" + peers.Realm
	return []string{upn, `\` + upn, peers.Domain + `\` + user, user}
}

func identityOf(user string) string { return "AD+example:" + user }

// client makes a client that trusts the real servers, and the test's own.
func (s *site) client(change ...func(*vedauth.Config)) *vedauth.Client {
	s.t.Helper()
	authorities, err := os.ReadFile(s.rig.CAFile())
	if err != nil {
		s.t.Fatal(err)
	}
	config := vedauth.Config{
		Server: s.url, CAPEM: append(authorities, trusted.pem...), UserAgent: "test/1", Timeout: time.Minute,
		Getenv: func(string) string { return "" }, Wait: s.waits.wait,
	}
	for _, alter := range change {
		alter(&config)
	}
	client, err := vedauth.New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// seen returns what vedauth saw of its only request to an endpoint: the TLS version and the user or certificate.
func (s *site) seen(endpoint refusal.Endpoint) (version, user, certificate string) {
	s.t.Helper()
	requests := s.fake.RequestsTo(endpoint)
	if len(requests) != 1 {
		s.t.Fatalf("%d requests to %s, want one", len(requests), endpoint)
	}
	header := requests[0].Header
	return header.Get("X-Tls"), header.Get("X-Remote-User"), strings.TrimSuffix(header.Get("X-Client-DN"), "(null)")
}

// mechanism is how whoever sent the last request to Authorize/Integrated logged on, as in "Negotiate/krb5".
func (s *site) mechanism() string {
	requests := s.fake.RequestsTo(refusal.Integrated)
	return requests[len(requests)-1].Header.Get("X-Gss-Mech")
}

// untouched fails the test if vedauth got any request.
func (s *site) untouched() {
	s.t.Helper()
	if requests := s.fake.Requests(); len(requests) != 0 {
		s.t.Errorf("%d requests got through, want none", len(requests))
	}
}

// once fails the test if vedauth did not get exactly one request to an endpoint.
func (s *site) once(endpoint refusal.Endpoint) {
	s.t.Helper()
	if n := len(s.fake.RequestsTo(endpoint)); n != 1 {
		s.t.Errorf("%d requests got through, want one", n)
	}
}

// waitFor waits until vedauth's ledger is as it should be.
func (s *site) waitFor(satisfied func(fakevedauth.Ledger) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if err := s.fake.WaitFor(ctx, satisfied); err != nil {
		s.t.Fatal(err)
	}
}

// issue makes a client certificate that names the tester.
func issue(t *testing.T, rig *peers.Rig, kind peers.ClientCert, name string) *tls.Certificate {
	t.Helper()
	cert, err := rig.Certificate(kind, name)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// explains checks that a failure is of a kind and says all of texts.
func explains(t *testing.T, err error, kind vedauth.Kind, texts ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	failure := asError(t, err)
	if failure.Kind != kind {
		t.Errorf("kind %d, want %d: %v", failure.Kind, kind, err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%v\ndoes not say %q", err, text)
		}
	}
	if failure.Next() == "" && kind != vedauth.Canceled {
		t.Errorf("%v\ndoes not say what to do", err)
	}
}

// together runs a group of tests against the servers of one rig, at the same time.
func together(t *testing.T, rig *peers.Rig, tests map[string]func(*testing.T, *peers.Rig)) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, rig)
		})
	}
}

func hostAnd(host peers.Host, what any) string { return fmt.Sprintf("%s, %v", host, what) }
