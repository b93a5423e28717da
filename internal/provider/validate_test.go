package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// TestBadProviderBlocks: what is wrong in itself is an error at validate, on its attribute.
func TestBadProviderBlocks(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-of-the-proxy"
	b := newBench(t, fakevedauth.Options{}, nil)
	b.secrets = append(b.secrets, secret)
	absolute, err := filepath.Abs("store")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		block config
		where string
		texts []string
	}{
		"http":                  {config{"url": "http://tpp.example.com"}, "url", []string{"http://", "https://"}},
		"user in the url":       {config{"url": "https://alice:" + secret + "@tpp.example.com"}, "url", []string{"user name or password"}},
		"ftp":                   {config{"url": "ftp://tpp.example.com"}, "url", []string{"scheme"}},
		"garbage":               {config{"url": "https://%zz"}, "url", []string{"not a URL"}},
		"no host":               {config{"url": "https:///vedauth"}, "url", []string{"no host"}},
		"a sentence":            {config{"url": "our server"}, "url", []string{"Invalid url"}},
		"a port":                {config{"url": "tpp.example.com:https"}, "url", []string{"Invalid url"}},
		"empty url":             {config{"url": ""}, "url", []string{"empty string", "null"}},
		"blank url":             {config{"url": " "}, "url", []string{"empty"}},
		"empty client_id":       {config{"client_id": ""}, "client_id", []string{"empty string"}},
		"empty scope":           {config{"scope": ""}, "scope", []string{"empty string"}},
		"no scope in scope":     {config{"scope": " ; "}, "scope", []string{"no scope", "certificate:manage"}},
		"scope without name":    {config{"scope": ":manage"}, "scope", []string{"empty name"}},
		"scope with blanks":     {config{"scope": "certificate manage"}, "scope", []string{"separator"}},
		"ca_pem":                {config{"ca_pem": "trust me"}, "ca_pem", []string{"no certificate", "PEM"}},
		"a key as ca_pem":       {config{"ca_pem": "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"}, "ca_pem", []string{"no certificate"}},
		"empty ca_file":         {config{"ca_file": ""}, "ca_file", []string{"empty string"}},
		"proxy, scheme":         {config{"proxy_url": "socks5://proxy.example.com:1080"}, "proxy_url", []string{"neither http nor https"}},
		"proxy, no scheme":      {config{"proxy_url": "proxy.example.com:3128"}, "proxy_url", []string{"http"}},
		"proxy, path":           {config{"proxy_url": "http://proxy.example.com/pac"}, "proxy_url", []string{"http://host:port"}},
		"proxy, sharp password": {config{"proxy_url": "http://alice:12#" + secret + "@proxy.example.com:3128"}, "proxy_url", []string{"http://host:port", "%23"}},
		"proxy, garbage":        {config{"proxy_url": "http://alice:" + secret + "@proxy.example.com:%zz"}, "proxy_url", []string{"http://host:port"}},
		"duration":              {config{"request_timeout": "90"}, "request_timeout", []string{"unit", `"90s"`}},
		"no duration":           {config{"request_timeout": "0s"}, "request_timeout", []string{"longer than nothing"}},
		"negative duration":     {config{"request_timeout": "-1m"}, "request_timeout", []string{"longer than nothing"}},
		"retries":               {config{"max_retries": -1}, "max_retries", []string{"between 0 and 10"}},
		"many retries":          {config{"max_retries": 11}, "max_retries", []string{"between 0 and 10"}},
		"empty access_token":    {config{"access_token": ""}, "access_token", []string{"empty string"}},
		"empty username":        {config{"oauth": config{"username": "", "password": secret}}, "oauth.username", []string{"empty string"}},
		"empty password":        {config{"oauth": config{"username": "alice", "password": ""}}, "oauth.password", []string{"empty string"}},
		"relative store":        {config{"token_store": config{"path": "store"}}, "token_store.path", []string{"absolute"}},
		"lock_timeout":          {config{"token_store": config{"path": absolute, "lock_timeout": "long"}}, "token_store.lock_timeout", []string{"duration"}},
	} {
		b.run(name, func(*testing.T) { b.wantError(b.validate(test.block), test.where, test.texts...) })
	}
	b.run("both ca_pem and ca_file", func(t *testing.T) {
		got := b.validate(config{"ca_pem": b.fake.CAPEM(), "ca_file": "ca.pem"})
		var places []string
		for _, d := range got.errors() {
			places = append(places, place(d))
		}
		if strings.Join(places, " ") != "ca_file ca_pem" && strings.Join(places, " ") != "ca_pem ca_file" {
			t.Errorf("errors at %v: %s", places, got)
		}
	})
	for _, url := range []string{
		"tpp.example.com", "TPP.example.com:8443", "https://tpp.example.com/vedsdk/", "https://[2001:db8::1]/vedauth", "HTTPS://tpp.example.com/VEDAUTH",
	} {
		b.must(b.validate(config{"url": url}))
	}
	b.must(b.validate(config{"proxy_url": "http://alice:" + secret + "@proxy.example.com:3128/", "max_retries": 10, "token_store": config{"disabled": true}}))
}

// TestBadTokenBlocks is the same for the blocks of a token.
func TestBadTokenBlocks(t *testing.T) {
	t.Parallel()
	b := newBench(t, fakevedauth.Options{}, nil)
	for name, test := range map[string]struct {
		block config
		where string
		texts []string
	}{
		"minimum_validity":          {config{"minimum_validity": "soon"}, "minimum_validity", []string{"duration"}},
		"negative minimum_validity": {config{"minimum_validity": "-1h"}, "minimum_validity", []string{"longer than nothing"}},
		"scope":                     {config{"scope": "certificate:manage:discover"}, "scope", []string{"separator"}},
		"empty state":               {config{"state": ""}, "state", []string{"empty string"}},
		"empty client_id":           {config{"client_id": ""}, "client_id", []string{"empty string"}},
	} {
		b.run(name, func(*testing.T) { b.wantError(b.validateEphemeral(oauth, test.block), test.where, test.texts...) })
	}
	b.must(b.validateEphemeral(oauth, alice(config{"minimum_validity": "30m", "scope": "certificate:manage;ssh", "state": "x"})))
	b.must(b.validateEphemeral(oauth, nil)) // everything may come from elsewhere
	b.wantError(b.validateEphemeral("vedauth_token_info", config{"access_token": ""}), "access_token", "empty string")
}

// TestBadCAFiles: that a file cannot be read, or holds no certificate, shows when the provider is configured.
func TestBadCAFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, test := range map[string]struct {
		file  string
		texts []string
	}{
		"absent":    {filepath.Join(folder, "absent.pem"), []string{"absent.pem"}},
		"a folder":  {folder, []string{filepath.Base(folder)}},
		"empty":     {write("empty.pem", ""), []string{"empty.pem", "no certificate"}},
		"no PEM":    {write("ca.der", "\x30\x82\x01\x0a"), []string{"ca.der", "no certificate", "PEM"}},
		"only text": {write("readme.pem", "ask the administrators"), []string{"readme.pem", "no certificate"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fakevedauth.Options{}, nil)
			block := b.block(config{"ca_pem": nil, "ca_file": test.file})
			b.must(b.validate(block))
			b.wantError(b.configure(block), "ca_file", append(test.texts, "The value of ca_file cannot be used")...)
		})
	}
}
