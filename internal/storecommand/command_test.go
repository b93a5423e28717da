package storecommand_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/storecommand"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
)

// desk is a person's machine with a token store, and a server.
type desk struct {
	t              *testing.T
	fake           *fakevedauth.Server
	directory      string
	store          *tokenstore.Store
	env            map[string]string
	stdout, stderr bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	folder := t.TempDir()
	d := &desk{
		t:         t,
		fake:      fakevedauth.StartForTest(t, fakevedauth.Options{}),
		directory: filepath.Join(folder, "store"),
	}
	ca := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(ca, []byte(d.fake.CAPEM()), 0o600); err != nil {
		t.Fatal(err)
	}
	d.env = map[string]string{
		"VEDAUTH_URL":         d.fake.URL(),
		"VEDAUTH_CLIENT_ID":   fakevedauth.DefaultClientID,
		"VEDAUTH_CA_FILE":     ca,
		"VEDAUTH_TOKEN_STORE": d.directory,
	}
	store, err := tokenstore.New(tokenstore.Options{Dir: d.directory, Now: d.fake.Now})
	if err != nil {
		t.Fatal(err)
	}
	d.store = store
	return d
}

// put stores a grant of the server under a name.
func (d *desk) put(name string) (grantID int) {
	d.t.Helper()
	tokens, err := d.fake.Issue(fakevedauth.DefaultClientID, fakevedauth.DefaultUser, "certificate:manage")
	if err != nil {
		d.t.Fatal(err)
	}
	lease, err := d.store.Put(d.t.Context(), tokenstore.NewGrant{Key: d.key(name), Tokens: tokenstore.Tokens{
		AccessToken: secret.New(tokens.Access), RefreshToken: secret.New(tokens.Refresh), Scope: "certificate:manage",
		ExpiresIn: fakevedauth.DefaultAccessTTL, RefreshUntil: d.fake.Now().Add(fakevedauth.DefaultGrantTTL),
	}})
	if err != nil {
		d.t.Fatal(err)
	}
	lease.Release()
	return tokens.GrantID
}

func (d *desk) key(name string) tokenstore.Key {
	d.t.Helper()
	key, err := tokenstore.NewKey(d.fake.URL(), fakevedauth.DefaultClientID, name)
	if err != nil {
		d.t.Fatal(err)
	}
	return key
}

// run runs a command and returns its exit code. Nothing that it prints may hold a secret.
func (d *desk) run(arguments ...string) int {
	d.t.Helper()
	d.stdout.Reset()
	d.stderr.Reset()
	if !storecommand.Knows(arguments) {
		d.t.Fatalf("%v is not a command", arguments)
	}
	code := storecommand.Run(d.t.Context(), arguments, storecommand.Machine{
		Getenv: func(name string) string { return d.env[name] }, Stdout: &d.stdout, Stderr: &d.stderr, Now: d.fake.Now,
	})
	for _, value := range d.fake.Secrets() {
		if strings.Contains(d.stdout.String()+d.stderr.String(), value) {
			d.t.Errorf("%v printed a secret", arguments)
		}
	}
	return code
}

// want compares the exit code, and looks for texts in what was printed.
func (d *desk) want(got, want int, texts ...string) {
	d.t.Helper()
	printed := d.stdout.String() + d.stderr.String()
	if got != want {
		d.t.Errorf("exit code %d, want %d:\n%s", got, want, printed)
	}
	for _, text := range texts {
		if !strings.Contains(printed, text) {
			d.t.Errorf("%q is not in:\n%s", text, printed)
		}
	}
}

func (d *desk) stored(name string) bool {
	d.t.Helper()
	_, err := os.Stat(d.store.Path(d.key(name)))
	return err == nil
}

func TestForget(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arguments []string
		prepare   func(d *desk, grantID int)
		code      int
		says      []string
		stored    bool
		revoked   int
		refreshed int
	}{
		"revoked and deleted": {
			says:    []string{"Forgot the grant default of client_id terraform at https://", "revoked on the server and deleted here"},
			revoked: 1,
		},
		"local": {arguments: []string{"-local"}, says: []string{"lives on on the server"}},
		"access token expired": {
			prepare: func(d *desk, _ int) { d.fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour) }, revoked: 1,
			refreshed: 1,
		},
		"already gone on the server": {prepare: func(d *desk, id int) { d.fake.RevokeGrant(id) }, revoked: 1},
		"expired and gone": {prepare: func(d *desk, id int) {
			d.fake.RevokeGrant(id)
			d.fake.Advance(fakevedauth.DefaultAccessTTL + time.Hour)
		}, says: []string{"already gone"}, revoked: 1},
		"the whole grant has ended": {
			prepare: func(d *desk, _ int) { d.fake.Advance(2 * fakevedauth.DefaultGrantTTL) },
		},
		"the server does not answer": {
			prepare: func(d *desk, _ int) { d.fake.Inject(fakevedauth.Any, fakevedauth.Always(fakevedauth.Status(400))) },
			code:    1, says: []string{"could not be revoked", "is kept. Try again", "With -local only the file " +
				"is deleted"}, stored: true,
		},
		"a broken file": {
			prepare: func(d *desk, _ int) {
				if err := os.Chmod(d.store.Path(d.key("")), 0o644); err != nil {
					d.t.Fatal(err)
				}
			},
			code: 1, says: []string{"chmod 600"}, stored: true,
		},
	} {
		if name == "a broken file" && runtime.GOOS == "windows" {
			continue // a mode says nothing there
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			id := d.put("")
			d.put("other")
			if test.prepare != nil {
				test.prepare(d, id)
			}
			d.want(d.run(append([]string{"forget"}, test.arguments...)...), test.code, test.says...)
			if d.stored("") != test.stored || !d.stored("other") {
				t.Errorf("stored: %t, and the other: %t", d.stored(""), d.stored("other"))
			}
			if l := d.fake.Ledger(); l.Revoked != test.revoked || l.Refreshed != test.refreshed {
				t.Errorf(
					"%v, %d refreshed; want %d revoked, %d refreshed",
					l,
					l.Refreshed,
					test.revoked,
					test.refreshed,
				)
			}
			if test.code == storecommand.Done {
				d.want(
					d.run("forget"),
					storecommand.Failed,
					"No grant",
					`The command "list" shows what is stored in `+d.directory,
				)
			}
		})
	}
}

// TestForgetByFlags: flags go before variables, and any form of the address will do.
func TestForgetByFlags(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.put("team a")
	ca := d.env["VEDAUTH_CA_FILE"]
	d.env = map[string]string{"VEDAUTH_URL": "https://other.example.com", "VEDAUTH_TOKEN_STORE": "off"}
	code := d.run(
		"forget",
		"-url",
		strings.TrimPrefix(d.fake.URL(), "https://")+"/vedsdk/",
		"-client-id",
		fakevedauth.DefaultClientID,
		"-name",
		"team a",
		"-token-store",
		d.directory,
		"-ca-file",
		ca,
	)
	d.want(code, storecommand.Done, `Forgot the grant "team a"`)
	if l := d.fake.Ledger(); l.Live != 0 {
		t.Error(l)
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env       map[string]string
		arguments []string
		code      int
		says      string
	}{
		"no url":       {map[string]string{"VEDAUTH_URL": ""}, []string{"forget"}, 2, "VEDAUTH_URL"},
		"no client_id": {map[string]string{"VEDAUTH_CLIENT_ID": ""}, []string{"forget"}, 2, "VEDAUTH_CLIENT_ID"},
		"http": {nil, []string{"forget", "-url", "http://tpp.example.com"}, 2, "The address of the " +
			"server cannot be used"},
		"no such flag":     {nil, []string{"forget", "-force"}, 2, "-h lists the flags"},
		"a name as a word": {nil, []string{"forget", "default"}, 2, `"default" is not a flag`},
		"store off":        {map[string]string{"VEDAUTH_TOKEN_STORE": "off"}, []string{"list"}, 2, "-token-store"},
		"relative store":   {nil, []string{"list", "-token-store", "store"}, 1, "not absolute"},
		"no home": {
			map[string]string{"VEDAUTH_TOKEN_STORE": ""}, []string{"list"}, 1, "no place for the token store",
		},
		"no such authority": {nil, []string{"forget", "-ca-file", "/no/such/file"}, 2, "/no/such/file"},
		"help":              {nil, []string{"forget", "-h"}, 0, "-client-id"},
		"help of list":      {nil, []string{"list", "-help"}, 0, "-token-store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.put("")
			for name, value := range test.env {
				d.env[name] = value
			}
			d.want(d.run(test.arguments...), test.code, test.says)
			if !d.stored("") || len(d.fake.Requests()) != 0 {
				t.Error("something was done all the same")
			}
		})
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.want(d.run("list"), storecommand.Done, "No grants are stored in "+d.directory)
	d.put("")
	d.put("team \x1b[31m")
	d.want(
		d.run("list"),
		storecommand.Done,
		"SERVER",
		d.fake.URL()+"  terraform  default",
		"certificate:manage",
		`"team \x1b[31m"`,
		"usable",
	)
	if lines := strings.Count(d.stdout.String(), "\n"); lines != 3 {
		t.Errorf("%d lines:\n%s", lines, &d.stdout)
	}
	d.fake.Advance(2 * fakevedauth.DefaultGrantTTL)
	d.want(d.run("list"), storecommand.Done, "ended")
	if err := os.WriteFile(
		filepath.Join(d.directory, strings.Repeat("0", 32)+".json"),
		[]byte("{"),
		0o644,
	); err != nil {
		t.Fatal(err)
	}
	wrong := "chmod 600"
	if runtime.GOOS == "windows" { // a mode says nothing there
		wrong = "not a stored grant"
	}
	d.want(d.run("list"), storecommand.Done, "Warning: ", wrong, "terraform  default")
	if len(d.fake.Requests()) != 0 {
		t.Error("list asked the server")
	}
}

// TestKnows: Terraform starts the program without arguments, and a person may debug it.
func TestKnows(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]bool{
		"": false, "-debug": false, "forget": true, "list -h": true, "remember": false,
	} {
		if got := storecommand.Knows(strings.Fields(arguments)); got != want {
			t.Errorf("%q is a command: %t", arguments, got)
		}
	}
}
