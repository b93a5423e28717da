//go:build linux

package peers

import (
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// needed are the programs and modules without which there is no rig.
var needed = []string{
	"/usr/sbin/krb5kdc", "/usr/sbin/kdb5_util", "/usr/sbin/kadmin.local", "/usr/bin/kinit", "/usr/bin/curl",
	"/usr/sbin/apache2",
	"/usr/lib/apache2/modules/mod_auth_gssapi.so", "/usr/lib/python3/dist-packages/gssapi", "/etc/gss/mech.d",
}

// Require passes if the servers are installed. Otherwise the test is not run, and says so, or, with
// VEDAUTH_PEERS=require in the environment, fails.
func Require(tb testing.TB) {
	tb.Helper()
	require(tb, needed)
}

func require(tb testing.TB, needed []string) {
	tb.Helper()
	var missing []string
	for _, path := range needed {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, path)
		}
	}
	switch {
	case len(missing) == 0:
	case os.Getenv("VEDAUTH_PEERS") == "require":
		tb.Fatalf("VEDAUTH_PEERS=require, and missing: %s; run internal/peers/install.sh as root",
			strings.Join(missing, ", "))
	default:
		tb.Skipf("not run against real servers: %s missing; to run, execute internal/peers/install.sh as root", missing[0])
	}
}

// Rig is the running servers.
type Rig struct {
	// Roots trusts the servers' certificates.
	Roots *x509.CertPool
	// Krb5Conf is the path of the clients' krb5.conf.
	Krb5Conf string

	dir      string
	owner    owner
	pki      *pki
	ports    map[Host]int
	backends sync.Map // by the address that a client asked for, see Front
	children []*child
	janitor  *child
}

// User is an account that KDC and NTLM know.
type User struct{ Name, Password string }

// Start starts everything, with backend behind every virtual host, and stops it when the test ends. It calls Require.
func Start(tb testing.TB, backend http.Handler) *Rig {
	tb.Helper()
	Require(tb)
	var err error
	for range 3 {
		r := &Rig{ports: map[Host]int{}}
		if err = r.start(backend, tb.Cleanup); err == nil {
			tb.Cleanup(func() {
				if tb.Failed() {
					tb.Logf("Apache's log ends with:\n%s", tail(r.ApacheLog()))
					tb.Logf("the KDC's log ends with:\n%s", tail(r.KDCLog()))
				}
				r.stop()
			})
			return r
		}
		r.stop()
	}
	tb.Fatalf("the servers do not start: %v", err)
	return nil
}

func (r *Rig) start(backend http.Handler, cleanup func(func())) error {
	if err := r.makeDir(); err != nil {
		return err
	}
	var err error
	if r.pki, err = newPKI(); err != nil {
		return err
	}
	r.Roots = x509.NewCertPool()
	r.Roots.AddCert(r.pki.root.cert)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: r.byFront(backend)} // Only Apache talks to it.
	go func() { _ = server.Serve(listener) }()
	cleanup(func() { _ = server.Close() })

	if err := r.startKDC(); err != nil {
		return fmt.Errorf("KDC: %w\n%s", err, tail(r.KDCLog()))
	}
	if err := r.startApache(listener.Addr().String()); err != nil {
		return fmt.Errorf("apache: %w\n%s", err, tail(r.ApacheLog()))
	}
	if err := r.startEPA(); err != nil {
		return fmt.Errorf("EPA acceptor: %w\n%s", err, tail(r.read("epa.log")))
	}
	return nil
}

// makeDir makes the private folder, and the process that removes it when this one is gone.
func (r *Rig) makeDir() error {
	dir, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return err
	}
	r.dir, r.owner = dir, newOwner()
	if err := r.owner.give(dir); err != nil {
		return err
	}
	r.janitor, err = startChild(owner{}, nil, "/dev/null", "sh", "-c", `trap "" TERM; cat >/dev/null <&3; rm -rf "$1"`,
		"janitor", dir)
	return err
}

func (r *Rig) stop() {
	for i := len(r.children) - 1; i >= 0; i-- {
		r.children[i].stop()
	}
	if r.janitor != nil {
		r.janitor.stop()
	}
}

func (r *Rig) path(name string) string { return filepath.Join(r.dir, name) }

// write writes a file that the servers can read.
func (r *Rig) write(name string, content []byte) error {
	if err := os.WriteFile(r.path(name), content, 0o600); err != nil {
		return err
	}
	return r.owner.give(r.path(name))
}

func (r *Rig) read(name string) string {
	data, err := os.ReadFile(r.path(name))
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// KDCLog returns what the KDC has logged.
func (r *Rig) KDCLog() string { return r.read("kdc.log") }

// ApacheLog returns what Apache has logged outside of its virtual hosts.
func (r *Rig) ApacheLog() string { return r.read("error.log") }

// HostLog returns what Apache has logged of a virtual host.
func (r *Rig) HostLog(host Host) string { return r.read(string(host) + ".log") }

// tail is the end of a log.
func tail(text string) string {
	const lines = 20
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// freePorts finds so many free ports and returns them with the function that lets go of them, to be called just before
// a server takes them. They lie below those that systems give out by themselves, so that no other connection takes one
// in between; another rig may, which is why Start tries again.
func freePorts(count int) (ports []int, release func(), err error) {
	const first, last = 11000, 32000
	var listeners []net.Listener
	release = func() {
		for _, l := range listeners {
			_ = l.Close()
		}
	}
	for tries := 0; len(ports) < count; tries++ {
		port := first + rand.IntN(last-first)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil && tries > 100*count {
			release()
			return nil, nil, err
		}
		if err == nil {
			listeners, ports = append(listeners, l), append(ports, port)
		}
	}
	return ports, release, nil
}
