package provider

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
)

// integratedName is the name of the grant.
const integratedName = "integrated"

// integratedGrant is a login with Windows authentication, at Authorize/Integrated.
func integratedGrant() grant {
	return grant{
		name:   integratedName,
		doc:    "a Windows account, by NTLM or Kerberos",
		wanted: "username and password, or keytab_file, or ccache_file",
		inputs: []attribute{stateAttribute},
		credentials: []attribute{
			{
				name: "username", input: true, needs: []string{"password", "keytab_file", "ccache_file"},
				doc: "Name of the account: `DOMAIN\\user`, `user@REALM` or `user`. With a keytab: the first principal in it, unless given.",
			},
			{
				name: "password", input: true, sensitive: true, requires: []string{"username"}, conflicts: []string{"keytab_file", "ccache_file"},
				doc: "Password of the account. A wrong one is tried once, because directories lock accounts.",
			},
			{
				name: "keytab_file", input: true, check: checkPath, env: []string{"KRB5_KTNAME"}, conflicts: []string{"password", "ccache_file"},
				doc: "Path of a Kerberos keytab.",
			},
			{
				name: "ccache_file", input: true, check: checkPath, env: []string{"KRB5CCNAME"}, conflicts: []string{"password", "keytab_file"},
				doc: "Path of a Kerberos ticket cache, as `kinit` makes one. Only files, not `KEYRING:`, `KCM:` or `DIR:`.",
			},
		},
		settings: []attribute{
			{
				name: "mechanism", input: true, check: checkMechanism, fallback: "`auto`",
				doc: "`kerberos`, `ntlm` or `auto`: Kerberos if there is a keytab, a ticket cache or a `user@REALM` whose realm has a KDC, else NTLM. `auto` changes to NTLM with a warning if no KDC can be reached or the server does not take Kerberos, and never after a KDC has refused the password.",
			},
			{
				name: "krb5_conf_file", input: true, check: checkPath, env: []string{"KRB5_CONFIG"}, fallback: "`/etc/krb5.conf`, or DNS where there is none",
				doc: "Path of the Kerberos configuration.",
			},
			{
				name: "spn", input: true, fallback: "`HTTP/` and the host of `url`",
				doc: "Kerberos name of the server, such as `HTTP/tpp.example.com`.",
			},
		},
		environment: []map[string]string{
			{"username": "VEDAUTH_USERNAME", "password": "VEDAUTH_PASSWORD"},
			{"ccache_file": "KRB5CCNAME"},
			{"keytab_file": "KRB5_KTNAME"},
		},
		read: readIntegrated,
		present: func(found values, _ *settings, _ string) string {
			local := maps.Clone(found) // Kerberos' own variables may say FILE: before a path
			for _, name := range []string{"keytab_file", "ccache_file"} {
				file := strings.TrimPrefix(found.text(name), "FILE:")
				local[name] = textValue(&file)
			}
			return missingFile(local, "keytab_file", "ccache_file")
		},
		instead: loggedOnUser(),
	}
}

// loggedOnUser is what stands in for an account: on Windows the user who runs Terraform is one.
func loggedOnUser() string {
	if runtime.GOOS == "windows" {
		return "the user who runs Terraform"
	}
	return ""
}

func checkMechanism(value string) error {
	switch winauth.Mechanism(value) {
	case winauth.Auto, winauth.Kerberos, winauth.NTLM:
		return nil
	}
	return errors.New("it is none of auto, kerberos and ntlm")
}

// readIntegrated makes a credential of who logs in and how.
func readIntegrated(found values, _ *settings, _ string) (credential, diag.Diagnostics) {
	who := winauth.Credential{
		Username: found.text("username"), Password: secret.New(found.text("password")),
		KeytabFile: found.text("keytab_file"), CCacheFile: found.text("ccache_file"),
	}
	if who.Username != "" && who.Password.Empty() && who.KeytabFile == "" && who.CCacheFile == "" {
		return credential{}, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("password"), "Missing password",
			"username is given without a password, a keytab_file or a ccache_file. Set one of them, or leave username out.")}
	}
	mechanism, spn, conf := found.text("mechanism"), found.text("spn"), found.text("krb5_conf_file")
	cred := credential{
		key:      append(secret.Each(who.Username, who.KeytabFile, who.CCacheFile, mechanism, spn, conf), who.Password),
		lockable: !who.Password.Empty() || who.KeytabFile != "",
		authorize: func(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error) {
			return client.Integrated(ctx, vedauth.IntegratedRequest{
				ClientID: r.clientID, Scope: r.scope, State: r.state, Mechanism: winauth.Mechanism(mechanism), Credential: who,
				SPN: spn, Krb5Conf: winauth.SplitPaths(conf), Warn: r.warn,
			})
		},
	}
	return cred, nil
}
