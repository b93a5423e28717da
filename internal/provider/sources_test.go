package provider_test

import (
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// users are one for each place that a credential can come from, so that the request tells which one was taken.
var users = []string{"block-user", "nested-user", "vedauth-user", "venafi-user"}

// passwordOf makes a password that no other user has.
func passwordOf(user string) string { return "password of " + user }

// withUsers is newBench with a server that knows them.
func withUsers(t *testing.T, env map[string]string) *bench {
	t.Helper()
	b := newBench(t, fakevedauth.Options{}, env)
	for _, name := range users {
		b.fake.AddUser(fakevedauth.User{Names: []string{name}, Identity: "local:" + name, Password: passwordOf(name)}, "terraform")
	}
	return b
}

func credentialOf(user string) config { return config{"username": user, "password": passwordOf(user)} }

func variables(names ...string) map[string]string {
	values := map[string]string{
		"VEDAUTH_USERNAME": "vedauth-user", "VEDAUTH_PASSWORD": passwordOf("vedauth-user"),
		"VENAFI_USER": "venafi-user", "VENAFI_PASS": passwordOf("venafi-user"),
	}
	env := map[string]string{}
	for _, name := range names {
		env[name] = values[name]
	}
	return env
}

// TestWhereACredentialComesFrom: whole from the first place that has one.
func TestWhereACredentialComesFrom(t *testing.T) {
	t.Parallel()
	everywhere := variables("VEDAUTH_USERNAME", "VEDAUTH_PASSWORD", "VENAFI_USER", "VENAFI_PASS")
	empty := map[string]string{"VEDAUTH_USERNAME": "", "VEDAUTH_PASSWORD": "", "VENAFI_USER": "venafi-user", "VENAFI_PASS": passwordOf("venafi-user")}
	nested := credentialOf("nested-user")
	for name, test := range map[string]struct {
		env             map[string]string
		block, provider any // credentials
		user            string
	}{
		"the block":                {everywhere, credentialOf("block-user"), nested, "block-user"},
		"the provider block":       {everywhere, nil, nested, "nested-user"},
		"VEDAUTH_*":                {everywhere, nil, nil, "vedauth-user"},
		"VENAFI_*":                 {variables("VENAFI_USER", "VENAFI_PASS"), nil, nil, "venafi-user"},
		"an empty nested block":    {everywhere, nil, config{}, "vedauth-user"},
		"empty variables":          {empty, nil, nil, "venafi-user"},
		"the block, alone":         {nil, credentialOf("block-user"), nil, "block-user"},
		"half a set, but not used": {variables("VEDAUTH_USERNAME"), nil, nested, "nested-user"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withUsers(t, test.env)
			b.must(b.configure(b.block(config{"oauth": test.provider})))
			block, _ := test.block.(config)
			b.must(b.open(block).diags)
			if test.block == nil {
				b.must(b.read(oauth, nil).diags) // a data source looks in the same places but the block
			}
			for _, request := range b.fake.RequestsTo(fakevedauth.OAuth) {
				fields := request.Fields()
				if fields["username"] != test.user || fields["password"] != passwordOf(test.user) {
					t.Errorf("logged in as %v, want %s, with its own password", fields["username"], test.user)
				}
			}
		})
	}
}

// TestHalfACredential: it is an error that says which half is missing, and nothing is made up from another place.
func TestHalfACredential(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env            map[string]string
		there, missing string
	}{
		"VEDAUTH_USERNAME":              {variables("VEDAUTH_USERNAME"), "VEDAUTH_USERNAME is set", "VEDAUTH_PASSWORD is not"},
		"VEDAUTH_PASSWORD":              {variables("VEDAUTH_PASSWORD"), "VEDAUTH_PASSWORD is set", "VEDAUTH_USERNAME is not"},
		"VENAFI_PASS":                   {variables("VENAFI_PASS"), "VENAFI_PASS is set", "VENAFI_USER is not"},
		"halves of both":                {variables("VEDAUTH_USERNAME", "VENAFI_PASS"), "VEDAUTH_USERNAME is set", "VEDAUTH_PASSWORD is not"},
		"a half before a whole":         {variables("VEDAUTH_PASSWORD", "VENAFI_USER", "VENAFI_PASS"), "VEDAUTH_PASSWORD is set", "VEDAUTH_USERNAME is not"},
		"a half with an empty variable": {map[string]string{"VENAFI_USER": "x", "VENAFI_PASS": ""}, "VENAFI_USER is set", "VENAFI_PASS is not"},
	} {
		t.Run("environment, "+name, func(t *testing.T) {
			t.Parallel()
			b := withUsers(t, test.env)
			b.must(b.configure(b.block(nil)))
			b.wantError(b.open(nil).diags, "", "Half a credential", test.there, test.missing)
			b.wantError(b.read(oauth, nil).diags, "", "Half a credential", test.there, test.missing)
			b.wantRequests(fakevedauth.OAuth, 0)
		})
	}
	t.Run("a block", func(t *testing.T) {
		t.Parallel()
		b := withUsers(t, nil)
		b.wantError(b.validateEphemeral(oauth, config{"username": "alice"}), "username", "password", "must be specified")
		b.wantError(b.validateEphemeral(oauth, config{"password": "secret password"}), "password", "username", "must be specified")
		b.wantError(b.validate(config{"oauth": config{"username": "alice"}}), "oauth.username", "oauth.password", "must be specified")
		b.wantError(b.validate(config{"oauth": config{"password": "secret password"}}), "oauth.password", "oauth.username", "must be specified")
		// Of several attributes that would do as the other half, none is given.
		const integrated, certificate = "vedauth_integrated_token", "vedauth_certificate_token"
		b.wantError(b.validateEphemeral(integrated, config{"username": "alice"}), "username", "Half a credential", "password, keytab_file, ccache_file")
		b.wantError(b.validate(config{"integrated": config{"username": "alice"}}), "integrated.username", "Half a credential", "keytab_file")
		b.wantError(b.validateEphemeral(certificate, config{"pkcs12_password": ""}), "pkcs12_password", "Half a credential", "pkcs12_file, pkcs12_base64")
		b.wantError(b.validate(config{"certificate": config{"private_key_password": "secret password"}}),
			"certificate.private_key_password", "Half a credential", "private_key_pem, private_key_file")
		b.must(b.validateEphemeral(integrated, config{"username": "alice", "keytab_file": "alice.keytab"}))
		b.must(b.validateEphemeral(integrated, config{"keytab_file": "alice.keytab"}))
		b.must(b.validateEphemeral(certificate, config{"pkcs12_password": "", "pkcs12_base64": "MIIB"}))
		// Whether the other half comes is not known yet.
		b.must(b.validateEphemeral(integrated, config{"username": "alice", "ccache_file": unknown{}}))
		b.must(b.validateEphemeral(integrated, config{"username": unknown{}}))
		b.must(b.validateEphemeral(oauth, config{"username": "alice", "password": unknown{}}))
		b.must(b.validate(config{"oauth": config{"username": unknown{}, "password": "secret password"}}))
	})
}

// TestNoCredential: the error names the attributes and the variables that would do.
func TestNoCredential(t *testing.T) {
	t.Parallel()
	b := withUsers(t, nil)
	b.must(b.configure(b.block(nil)))
	variables := []string{"VEDAUTH_USERNAME and VEDAUTH_PASSWORD", "VENAFI_USER and VENAFI_PASS"}
	b.wantError(b.open(nil).diags, "username", append(variables, "username and password", "in this block, or in oauth of the provider block")...)
	data := b.read(oauth, nil).diags
	b.wantError(data, "", append(variables, "username and password", "in oauth of the provider block")...)
	b.wantRequests(fakevedauth.OAuth, 0)
}
