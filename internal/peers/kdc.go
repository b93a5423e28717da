//go:build linux

package peers

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// The realms. Realm has the web server, OtherRealm trusts it and is trusted by nobody else.
const (
	Realm      = "EXAMPLE.TEST"
	OtherRealm = "OTHER.TEST"
	// Domain is what NTLM calls Realm.
	Domain = "EXAMPLE"
	// SPN is the web server's name in Kerberos, AliasSPN another of its names. The KDC of OtherRealm refers to Realm for
	// the alias, without the client's doing.
	SPN      = "HTTP/localhost"
	AliasSPN = "HTTP/web.example.test"
)

// Special accounts of Realm, beside those of Users. Their password is Password(name).
const (
	UserDisabled        = "disabled"
	UserExpired         = "expired"
	UserPasswordExpired = "mustchange"
	UserRC4Only         = "oldcrypto"
	// UserElsewhere is an account of OtherRealm.
	UserElsewhere = "carol"
)

// Users returns twenty accounts that both Kerberos and NTLM know.
func Users() []User {
	users := make([]User, 20)
	for i := range users {
		name := fmt.Sprintf("user%02d", i)
		users[i] = User{name, Password(name)}
	}
	return users
}

// Password returns the password of a user of the rig.
func Password(name string) string { return "Pässword-of-" + name }

const krb5Conf = `[libdefaults]
  default_realm = EXAMPLE.TEST
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  permitted_enctypes = %[3]s
[realms]
  EXAMPLE.TEST = {
    kdc = 127.0.0.1:%[1]d
  }
  OTHER.TEST = {
    kdc = 127.0.0.1:%[1]d
  }
[domain_realm]
  localhost = EXAMPLE.TEST
%[2]s
`

const kdcConf = `[kdcdefaults]
  kdc_listen = 127.0.0.1:%[1]d
  kdc_tcp_listen = 127.0.0.1:%[1]d
[realms]
  EXAMPLE.TEST = {
    database_name = %[2]s/principal
    key_stash_file = %[2]s/stash
    acl_file = %[2]s/acl
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
    default_principal_flags = +preauth
  }
  OTHER.TEST = {
    database_name = %[2]s/other
    key_stash_file = %[2]s/other.stash
    acl_file = %[2]s/acl
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
    default_principal_flags = +preauth
  }
[logging]
  kdc = FILE:%[2]s/kdc.log
  default = FILE:%[2]s/krb5.log
`

const aes = "aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96"

func (r *Rig) kdcEnv() []string {
	return []string{
		"KRB5_CONFIG=" + r.path("krb5.server.conf"),
		"KRB5_KDC_PROFILE=" + r.path("kdc.conf"),
		"KRB5RCACHENAME=file2:" + r.path("rcache"),
	}
}

func (r *Rig) startKDC() error {
	ports, release, err := freePorts(1)
	if err != nil {
		return err
	}
	defer release()
	port := ports[0]
	r.Krb5Conf = r.path("krb5.conf")
	for name, content := range map[string]string{
		"krb5.conf": fmt.Sprintf(krb5Conf, port, "", aes),
		// The KDC must know RC4 to have accounts with it, and where to refer to.
		"krb5.server.conf": fmt.Sprintf(krb5Conf, port, "  .example.test = EXAMPLE.TEST", aes+" arcfour-hmac\n  "+
			"allow_weak_crypto = true"),
		"kdc.conf": fmt.Sprintf(kdcConf, port, r.dir),
	} {
		if err := r.write(name, []byte(content)); err != nil {
			return err
		}
	}
	if err := r.fillDatabases(); err != nil {
		return err
	}
	release()
	kdc, err := startChild(r.owner, r.kdcEnv(), r.path("kdc.out"), "krb5kdc", "-n", "-r", Realm, "-r", OtherRealm, "-P",
		r.path("kdc.pid"))
	if err != nil {
		return err
	}
	r.children = append(r.children, kdc)
	return kdc.answers(port)
}

func (r *Rig) fillDatabases() error {
	for _, realm := range []string{Realm, OtherRealm} {
		if _, err := run(r.owner, r.kdcEnv(), "", "kdb5_util", "-r", realm, "create", "-s", "-P", "master"); err != nil {
			return err
		}
	}
	var commands strings.Builder
	add := func(name, flags string) {
		fmt.Fprintf(&commands, "addprinc %s -pw %s %s\n", flags, Password(name), name)
	}
	for _, user := range Users() {
		add(user.Name, "")
	}
	add(UserDisabled, "-allow_tix")
	add(UserExpired, `-expire "2001-01-01 00:00:00"`)
	add(UserPasswordExpired, `-pwexpire "2001-01-01 00:00:00"`)
	add(UserRC4Only, "-e arcfour-hmac:normal")
	for _, service := range []string{SPN, AliasSPN} {
		fmt.Fprintf(&commands, "addprinc -randkey %s\nktadd -k %s -norandkey %s\n", service, r.path("http.keytab"), service)
	}
	trust := "addprinc -pw trust -e aes256-cts-hmac-sha1-96:normal krbtgt/" + Realm + "@" + OtherRealm + "\n"
	if _, err := run(r.owner, r.kdcEnv(), commands.String()+trust, "kadmin.local", "-r", Realm); err != nil {
		return err
	}
	other := fmt.Sprintf("addprinc -pw %s %s\n%s", Password(UserElsewhere), UserElsewhere, trust)
	_, err := run(r.owner, r.kdcEnv(), other, "kadmin.local", "-r", OtherRealm)
	return err
}

// Keytab writes a keytab of the users and returns its path.
func (r *Rig) Keytab(users ...string) (string, error) {
	file := r.path(strings.Join(users, "-") + ".keytab")
	_, err := run(r.owner, r.kdcEnv(), "ktadd -k "+file+" -norandkey "+strings.Join(users, " ")+"\n", "kadmin.local", "-r",
		Realm)
	return file, err
}

// Cache runs kinit and returns the path of the ticket cache. Options go to kinit, as in -l 1s.
func (r *Rig) Cache(user string, options ...string) (string, error) {
	file := r.path(user + strings.Join(options, "") + ".ccache")
	args := append([]string{"kinit", "-c", "FILE:" + file}, options...)
	_, err := run(r.owner, []string{"KRB5_CONFIG=" + r.Krb5Conf}, Password(user)+"\n", append(args, user)...)
	return file, err
}

var failedAttempts = regexp.MustCompile(`Failed password attempts: (\d+)`)

// FailedLogons returns how many wrong passwords the KDC has counted for a user since the last right one.
func (r *Rig) FailedLogons(user string) (int, error) {
	output, err := run(r.owner, r.kdcEnv(), "getprinc "+user+"\n", "kadmin.local", "-r", Realm)
	if err != nil {
		return 0, err
	}
	found := failedAttempts.FindStringSubmatch(output)
	if found == nil {
		return 0, fmt.Errorf("no count in %q", output)
	}
	return strconv.Atoi(found[1])
}

// WriteFile writes a file into the rig's folder, for configurations that differ from Krb5Conf, and returns its path.
func (r *Rig) WriteFile(name, content string) (string, error) {
	return r.path(name), os.WriteFile(r.path(name), []byte(content), 0o600)
}
