//go:build linux

package peers

import (
	_ "embed"
	"strconv"
)

//go:embed testdata/epa.py
var epaScript []byte

// Acceptors with extended protection: Windows authentication is bound to the TLS connection. They answer themselves, as
// JSON with "user", "mech" and "bound".
const (
	EPARequire Host = "EPA_REQUIRE" // A token without the right binding is refused.
	EPAAllow   Host = "EPA_ALLOW"   // A token without any binding is taken, one with a wrong binding is not.
)

func (r *Rig) startEPA() error {
	ports, release, err := freePorts(2)
	if err != nil {
		return err
	}
	defer release()
	if err := r.write("epa.py", epaScript); err != nil {
		return err
	}
	release()
	env := []string{
		"KRB5_CONFIG=" + r.path("krb5.server.conf"), "KRB5_KTNAME=" + r.path("http.keytab"),
		"KRB5RCACHENAME=file2:" + r.path("rcache"),
		"NTLM_USER_FILE=" + r.path("ntlm.users"), "LM_COMPAT_LEVEL=5", "PYTHONDONTWRITEBYTECODE=1",
	}
	if err := r.write("epa.log", nil); err != nil {
		return err
	}
	r.ports[EPARequire], r.ports[EPAAllow] = ports[0], ports[1]
	acceptor, err := startChild(r.owner, env, r.path("epa.log"), "python3", r.path("epa.py"), r.path("server.pem"),
		strconv.Itoa(ports[0]), strconv.Itoa(ports[1]))
	if err != nil {
		return err
	}
	r.children = append(r.children, acceptor)
	if err := acceptor.answers(ports[0]); err != nil {
		return err
	}
	return acceptor.answers(ports[1])
}
