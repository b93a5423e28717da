//go:build linux

package peers

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"strings"
	"text/template"
)

// Host names a virtual host. Those of the first group guard Integrated with Windows authentication, those of the second
// Certificate with a client certificate; other paths are open. The backend sees who came in X-Remote-User, X-Gss-Mech,
// X-Client-DN, X-Client-Issuer-DN and X-Tls.
type Host string

// The paths that are guarded, in any case, as on IIS.
const (
	Integrated  = "/vedauth/authorize/integrated"
	Certificate = "/vedauth/authorize/certificate"
)

// Windows authentication. All but NegoHTTP speak TLS 1.2 and 1.3.
const (
	Nego      Host = "NEGO"       // Negotiate and NTLM, a line each; Kerberos or NTLM within Negotiate.
	NegoHTTP  Host = "NEGO_HTTP"  // The same without TLS.
	NTLMRaw   Host = "NTLMRAW"    // Offers NTLM alone.
	NegoOnly  Host = "NEGO_ONLY"  // Offers Negotiate alone, and takes NTLM in it.
	OneLine   Host = "ONE_LINE"   // "Negotiate, NTLM" on one line.
	OddCase   Host = "ODD_CASE"   // "ntlm" before "negotiate", with a Basic challenge on the same line.
	NegoH2    Host = "NEGO_H2"    // HTTP/2 if the client offers it.
	NegoReneg Host = "NEGO_RENEG" // TLS 1.2, renegotiates for an optional client certificate.
	KrbOnly   Host = "KRB_ONLY"   // Kerberos alone.
)

// Client certificates.
const (
	Loc      Host = "LOC"       // TLS 1.2 and 1.3, asked for on the path only.
	Loc12    Host = "LOC_12"    // TLS 1.2 only, likewise.
	Loc13    Host = "LOC_13"    // TLS 1.3 only, likewise: impossible without post-handshake authentication.
	LocOpt   Host = "LOC_OPT"   // TLS 1.2 and 1.3, optional on the path.
	LocH2    Host = "LOC_H2"    // As LOC, with HTTP/2.
	VHost    Host = "VHOST"     // Asked for in the handshake.
	VHostOpt Host = "VHOST_OPT" // Optional in the handshake.
	VHost12  Host = "VHOST_12"
	VHost13  Host = "VHOST_13"
	VHostH2  Host = "VHOST_H2"
	OptLoc   Host = "OPT_LOC" // Optional in the handshake, required on the path.
	LocAll   Host = "LOC_ALL" // As LOC, but on every path of vedauth.
	RenegAll Host = "RENEG"   // TLS 1.2, renegotiates for an optional certificate on every path of vedauth.
)

// site is what the configuration of a virtual host is made from.
type site struct {
	Host               Host
	Port               int
	Plain, H2          bool
	Protocol           string
	Verify, PathVerify string
	Gssapi, Challenge  string
	// Paths is a regular expression for the paths that PathVerify is about; empty is Certificate.
	Paths string
}

const (
	gssapi = "GssapiConnectionBound On"
	// verifyDepth is how many authorities of a client certificate the servers follow.
	verifyDepth = 3
)

// sites returns the virtual hosts, without their ports.
func sites() []site {
	const only12, only13 = "-all +TLSv1.2", "-all +TLSv1.3"
	return []site{
		{Host: Nego, Gssapi: gssapi},
		{Host: NegoHTTP, Gssapi: gssapi, Plain: true},
		{Host: NTLMRaw, Gssapi: gssapi, Challenge: "NTLM"},
		{Host: NegoOnly, Gssapi: gssapi, Challenge: "Negotiate"},
		{Host: OneLine, Gssapi: gssapi, Challenge: "Negotiate, NTLM"},
		{Host: OddCase, Gssapi: gssapi, Challenge: `Basic realm=\"a, b\", ntlm , negotiate`},
		{Host: NegoH2, Gssapi: gssapi, H2: true},
		{Host: NegoReneg, Gssapi: gssapi, Protocol: only12, PathVerify: "optional"},
		{Host: KrbOnly, Gssapi: "GssapiConnectionBound Off\nGssapiAllowedMech krb5"},
		{Host: Loc, PathVerify: "require"},
		{Host: Loc12, PathVerify: "require", Protocol: only12},
		{Host: Loc13, PathVerify: "require", Protocol: only13},
		{Host: LocOpt, PathVerify: "optional"},
		{Host: LocH2, PathVerify: "require", H2: true},
		{Host: VHost, Verify: "require"},
		{Host: VHostOpt, Verify: "optional"},
		{Host: VHost12, Verify: "require", Protocol: only12},
		{Host: VHost13, Verify: "require", Protocol: only13},
		{Host: VHostH2, Verify: "require", H2: true},
		{Host: OptLoc, Verify: "optional", PathVerify: "require"},
		{Host: LocAll, PathVerify: "require", Paths: "/vedauth/"},
		{Host: RenegAll, PathVerify: "optional", Protocol: only12, Paths: "/vedauth/"},
	}
}

var httpd = template.Must(template.New("httpd").Parse(`ServerRoot {{.Dir}}
ServerName localhost
DefaultRuntimeDir {{.Dir}}
PidFile {{.Dir}}/httpd.pid
ErrorLog {{.Dir}}/error.log
LogLevel warn auth_gssapi:info ssl:info
Mutex sem
# All threads at once, and patience: a busy Apache closes idle connections early, and with them logons under way.
StartServers 4
ServerLimit 4
ThreadsPerChild 64
MaxRequestWorkers 256
MinSpareThreads 256
MaxSpareThreads 256
KeepAliveTimeout 60
{{range .Modules}}LoadModule {{.}}_module /usr/lib/apache2/modules/mod_{{.}}.so
{{end}}SSLSessionCache shmcb:{{.Dir}}/ssl_scache(512000)
{{range .Sites}}Listen 127.0.0.1:{{.Port}}
<VirtualHost 127.0.0.1:{{.Port}}>
  ErrorLog {{$.Dir}}/{{.Host}}.log
  Protocols {{if .H2}}h2 {{end}}http/1.1
{{- if not .Plain}}
  SSLEngine on
  SSLProtocol {{or .Protocol "-all +TLSv1.2 +TLSv1.3"}}
  SSLCertificateFile {{$.Dir}}/server.pem
  SSLCACertificateFile {{$.Dir}}/root.pem
  SSLVerifyDepth {{$.Depth}}
  SSLVerifyClient {{or .Verify "none"}}
  RequestHeader set X-Client-DN "%{SSL_CLIENT_S_DN}s"
  RequestHeader set X-Client-Issuer-DN "%{SSL_CLIENT_I_DN}s"
  RequestHeader set X-Tls "%{SSL_PROTOCOL}s"
{{- end}}
  ProxyPass / http://{{$.Backend}}/ disablereuse=on
  RequestHeader set X-Remote-User "expr=%{REMOTE_USER}"
  RequestHeader set X-Gss-Mech "%{GSS_MECH}e"
  RequestHeader set X-Host "{{.Host}}"
{{- if .Gssapi}}
  <LocationMatch "(?i)^` + Integrated + `/?$">
    AuthType GSSAPI
    AuthName rig
    {{.Gssapi}}
    GssapiPublishMech On
    RequestHeader unset Authorization
    Require valid-user
    {{- if .Challenge}}
    SetEnvIf Authorization "^$" gssapi-no-negotiate
    Header always add WWW-Authenticate "{{.Challenge}}" "expr=-z req('Authorization') && %{REQUEST_STATUS} == '401'"
    {{- end}}
    {{- if .PathVerify}}
    SSLVerifyClient {{.PathVerify}}
    {{- end}}
  </LocationMatch>
{{- else if .PathVerify}}
  <LocationMatch "(?i)^{{or .Paths "` + Certificate + `/?$"}}">
    SSLVerifyClient {{.PathVerify}}
  </LocationMatch>
{{- end}}
</VirtualHost>
{{end}}`))

func (r *Rig) startApache(backend string) error {
	all := sites()
	ports, release, err := freePorts(len(all))
	if err != nil {
		return err
	}
	defer release()
	for i := range all {
		all[i].Port = ports[i]
		r.ports[all[i].Host] = ports[i]
	}
	if err := r.writeApache(all, backend); err != nil {
		return err
	}
	release()
	env := []string{
		"KRB5_CONFIG=" + r.path("krb5.server.conf"), "KRB5_KTNAME=" + r.path("http.keytab"),
		"KRB5RCACHENAME=file2:" + r.path("rcache"),
		"NTLM_USER_FILE=" + r.path("ntlm.users"), "LM_COMPAT_LEVEL=5",
	}
	apache, err := startChild(r.owner, env, r.path("error.log"), "apache2", "-d", r.dir, "-f", r.path("httpd.conf"),
		"-DFOREGROUND")
	if err != nil {
		return err
	}
	r.children = append(r.children, apache)
	return apache.answers(ports[0])
}

func (r *Rig) writeApache(all []site, backend string) error {
	var config bytes.Buffer
	err := httpd.Execute(&config, map[string]any{
		"Dir": r.dir, "Depth": verifyDepth, "Backend": backend, "Sites": all,
		"Modules": []string{
			"mpm_event", "authn_core", "authz_core", "authz_user", "auth_gssapi", "ssl", "socache_shmcb", "proxy",
			"proxy_http", "headers", "http2", "setenvif",
		},
	})
	if err != nil {
		return err
	}
	server, err := r.pki.server.pem()
	if err != nil {
		return err
	}
	var accounts strings.Builder
	for _, user := range Users() {
		fmt.Fprintf(&accounts, "%s:%s:%s\n", Domain, user.Name, user.Password)
		// Windows knows the user principal name as well; gss-ntlmssp has to be told.
		fmt.Fprintf(&accounts, ":%s@%s:%s\n", user.Name, Realm, user.Password)
	}
	for name, content := range map[string][]byte{
		"httpd.conf": config.Bytes(), "server.pem": server, "ntlm.users": []byte(accounts.String()), "error.log": nil,
		"root.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.pki.root.cert.Raw}),
	} {
		if err := r.write(name, content); err != nil {
			return err
		}
	}
	return nil
}

// URL returns the address of a path on a virtual host.
func (r *Rig) URL(host Host, path string) string {
	scheme := "https"
	if host == NegoHTTP {
		scheme = "http"
	}
	return fmt.Sprintf("%s://localhost:%d%s", scheme, r.ports[host], path)
}

// CAFile is a file with the authority of the servers' certificates, as PEM.
func (r *Rig) CAFile() string { return r.path("root.pem") }

// Dir is the rig's folder, in which tests may write.
func (r *Rig) Dir() string { return r.dir }
