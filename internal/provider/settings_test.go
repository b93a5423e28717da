package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestUnknownSettings: what is not known yet is no error at validate and in Configure; the first block that needs it
// fails, and names it.
func TestUnknownSettings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block     config
		where     string
		texts     []string
		infoNeeds bool // vedauth_token_info needs it, too
	}{
		"url":             {config{"url": unknown{}}, "url", []string{"url in the provider block is not known yet", "VEDAUTH_URL"}, true},
		"ca_pem":          {config{"ca_pem": unknown{}}, "ca_pem", []string{"ca_pem in the provider block"}, true},
		"ca_file":         {config{"ca_pem": nil, "ca_file": unknown{}}, "ca_file", []string{"ca_file", "VEDAUTH_CA_FILE"}, true},
		"proxy_url":       {config{"proxy_url": unknown{}}, "proxy_url", []string{"proxy_url"}, true},
		"request_timeout": {config{"request_timeout": unknown{}}, "request_timeout", []string{"VEDAUTH_REQUEST_TIMEOUT"}, true},
		"max_retries":     {config{"max_retries": unknown{}}, "max_retries", []string{"max_retries"}, true},
		"client_id":       {config{"client_id": unknown{}}, "client_id", []string{"client_id", "VEDAUTH_CLIENT_ID"}, false},
		"scope":           {config{"scope": unknown{}}, "scope", []string{"scope", "VEDAUTH_SCOPE"}, false},
		"the credential":  {config{"oauth": unknown{}}, "oauth", []string{"oauth in the provider block"}, false},
		"the password":    {config{"oauth": config{"username": "alice", "password": unknown{}}}, "oauth", []string{"oauth.password"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fakevedauth.Options{}, nil)
			block := b.block(merge(config{"oauth": alice(nil), "access_token": "c29tZSB0b2tlbiBvciBvdGhlcg=="}, test.block))
			b.must(b.validate(block))
			b.must(b.configure(block))
			b.wantError(b.open(nil).diags, test.where, test.texts...)
			b.wantError(b.read(oauth, nil).diags, test.where, test.texts...)
			if info := b.read("vedauth_token_info", nil); test.infoNeeds {
				b.wantError(info.diags, test.where, test.texts...)
			} else {
				b.must(info.diags)
			}
			b.wantRequests(fakevedauth.OAuth, 0)
		})
	}
}

// TestUnknownButNotNeeded: a block of its own settings does not care, and a whole block of unknown values validates.
func TestUnknownButNotNeeded(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	block := b.block(config{
		"client_id": unknown{}, "scope": unknown{}, "oauth": unknown{}, "access_token": unknown{}, "token_store": unknown{},
	})
	b.must(b.configure(block))
	b.must(b.open(alice(config{"client_id": "terraform", "scope": "ssh"})).diags)
	b.wantError(b.read("vedauth_token_info", nil).diags, "access_token", "access_token in the provider block", "VEDAUTH_ACCESS_TOKEN")

	all := config{}
	for _, attribute := range b.schema.Provider.Block.Attributes {
		all[attribute.Name] = unknown{}
	}
	b.must(b.validate(all))
	for typeName, schema := range b.schema.EphemeralResourceSchemas {
		all := config{}
		for _, attribute := range schema.Block.Attributes {
			if attribute.Optional {
				all[attribute.Name] = unknown{}
			}
		}
		b.must(b.validateEphemeral(typeName, all))
	}
}

// TestMissingSettings: what is missing is an error when it is needed, on that attribute, with the variables that would do.
func TestMissingSettings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		attribute string
		texts     []string
	}{
		"url":       {"url", []string{"Missing url", "in the provider block", "VEDAUTH_URL or VENAFI_URL"}},
		"client_id": {"client_id", []string{"Missing client_id", "in this block or in the provider block", "VEDAUTH_CLIENT_ID or VENAFI_CLIENT_ID"}},
		"scope":     {"scope", []string{"Missing scope", "in this block or in the provider block", "VEDAUTH_SCOPE"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fakevedauth.Options{}, map[string]string{"VEDAUTH_URL": "", "VEDAUTH_SCOPE": ""})
			block := b.block(config{test.attribute: nil, "oauth": alice(nil)})
			b.must(b.validate(block))
			b.must(b.configure(block))
			b.wantError(b.open(nil).diags, test.attribute, test.texts...)
			b.wantError(b.read(oauth, nil).diags, test.attribute, test.texts...)
			b.wantRequests(fakevedauth.OAuth, 0)
		})
	}
	t.Run("everything at once", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, fakevedauth.Options{}, nil)
		b.must(b.configure(nil))
		var places []string
		for _, d := range b.open(nil).diags {
			places = append(places, place(d))
		}
		if got := strings.Join(places, " "); got != "url client_id scope username" {
			t.Errorf("errors at %s", got)
		}
	})
	t.Run("access_token", func(t *testing.T) {
		t.Parallel()
		b := configured(t, fakevedauth.Options{}, nil)
		b.wantError(b.openIn(b.ctx, "vedauth_token_info", nil).diags, "access_token", "in this block or in the provider block", "VEDAUTH_ACCESS_TOKEN")
		data := b.read("vedauth_token_info", nil).diags
		b.wantError(data, "access_token", "Set it in the provider block", "VEDAUTH_ACCESS_TOKEN")
		if strings.Contains(data.String(), "this block") {
			t.Errorf("the data source has no such attribute: %s", data)
		}
	})
}

// TestNotConfigured: calls in an order that Terraform does not make end in an error, not in a panic.
func TestNotConfigured(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	for _, typeName := range []string{oauth, "vedauth_token_info"} {
		b.wantError(b.openIn(b.ctx, typeName, nil).diags, "", "before it was configured")
		b.wantError(b.read(typeName, nil).diags, "", "before it was configured")
	}
	b.must(b.close(nil))
	broken := b.block(config{"request_timeout": "soon", "oauth": alice(nil)})
	b.wantError(b.configure(broken), "request_timeout", "not a duration")
	b.wantError(b.open(nil).diags, "request_timeout", "not a duration")
}

// TestSettingsFromTheEnvironment: they work, and an unusable one is named.
func TestSettingsFromTheEnvironment(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, map[string]string{
		"VEDAUTH_CLIENT_ID": "terraform", "VEDAUTH_SCOPE": "ssh", "VEDAUTH_REQUEST_TIMEOUT": "20s",
		"VEDAUTH_USERNAME": fakevedauth.DefaultUser, "VEDAUTH_PASSWORD": fakevedauth.DefaultPassword,
	})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(b.fake.CAPEM()), 0o600); err != nil {
		t.Fatal(err)
	}
	b.env["VEDAUTH_URL"], b.env["VEDAUTH_CA_FILE"] = b.fake.URL()+"/vedauth/", file
	b.must(b.configure(nil))
	b.must(b.open(nil).diags)
	b.env["VEDAUTH_CA_FILE"] = filepath.Join(t.TempDir(), "none.pem")
	b.must(b.configure(config{"ca_pem": b.fake.CAPEM()})) // the block's own goes before the variable of the other
	b.must(b.open(nil).diags)
	b.env["VEDAUTH_CA_FILE"] = file
	b.env["VENAFI_URL"], b.env["VEDAUTH_URL"] = b.env["VEDAUTH_URL"], ""
	b.must(b.configure(nil))
	b.must(b.open(nil).diags)

	for variable, test := range map[string]struct{ value, where, text string }{
		"VEDAUTH_URL":             {"http://tpp.example.com", "url", "https://"},
		"VEDAUTH_REQUEST_TIMEOUT": {"90", "request_timeout", "unit"},
		"VEDAUTH_CA_FILE":         {filepath.Join(t.TempDir(), "none.pem"), "ca_file", "none.pem"},
	} {
		before := b.env[variable]
		b.env[variable] = test.value
		b.wantError(b.configure(nil), test.where, "The value of "+variable, test.text)
		b.env[variable] = before
	}
	b.env["VEDAUTH_SCOPE"] = "certificate:"
	b.must(b.configure(nil))
	b.wantError(b.open(nil).diags, "scope", "The value of VEDAUTH_SCOPE", "privilege")
}
