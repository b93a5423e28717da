//go:build linux

package winauth_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/winauth/kerberos"
)

const body = `{"client_id":"terraform","scope":"certificate:manage"}`

// answer is what the backend, or the acceptor with extended protection, says of the caller.
type answer struct {
	User, Mech, Body, DN string
	Bound                bool
}

// backend reports who Apache says is calling, and counts the requests that get through.
type backend struct{ requests atomic.Int64 }

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.requests.Add(1)
	read, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).
		Encode(answer{User: r.Header.Get("X-Remote-User"), Mech: r.Header.Get("X-Gss-Mech"), Body: string(read),
			DN: r.Header.Get("X-Client-DN")})
}

func config(rig *peers.Rig, host peers.Host, mechanism winauth.Mechanism,
	credential winauth.Credential) winauth.Config {
	url := rig.URL(host, peers.Integrated)
	return winauth.Config{
		Transport: func() *http.Transport {
			return &http.Transport{
				TLSClientConfig:   &tls.Config{RootCAs: rig.Roots, Renegotiation: tls.RenegotiateFreelyAsClient},
				ForceAttemptHTTP2: true,
			}
		},
		NewRequest: func(ctx context.Context, withBody bool) (*http.Request, error) {
			if !withBody {
				return http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
			}
			return http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
		},
		Mechanism: mechanism, Credential: credential, Krb5Conf: []string{rig.Krb5Conf}, FinalTimeout: 20 * time.Second,
	}
}

func login(t *testing.T, c winauth.Config) (answer, *winauth.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	result, err := winauth.Login(ctx, c)
	if err != nil {
		return answer{}, nil, err
	}
	defer func() { _ = result.Response.Body.Close() }()
	var got answer
	if err := json.NewDecoder(result.Response.Body).Decode(&got); err != nil {
		return answer{}, nil, fmt.Errorf("status %d: %w", result.Response.StatusCode, err)
	}
	return got, result, nil
}

// ntlmUser and the others are the forms of one user's credential.
func ntlmUser(name string) winauth.Credential {
	return winauth.Credential{Username: peers.Domain + `\` + name, Password: secret.New(peers.Password(name))}
}

func realmUser(name string) winauth.Credential {
	return winauth.Credential{Username: name + "@" + peers.Realm, Password: secret.New(peers.Password(name))}
}

// TestAgainstRealServers starts the servers once for all that follows.
func TestAgainstRealServers(t *testing.T) {
	t.Parallel()
	b := &backend{}
	rig := peers.Start(t, b)
	for name, test := range map[string]func(*testing.T, *peers.Rig){
		"every host":          everyHost,
		"credentials":         credentials,
		"extended protection": extendedProtection,
		"twenty at once":      twentyAtOnce,
		"wrong passwords":     wrongPasswords,
		"refusals of the KDC": refusalsOfTheKDC,
		"not offered":         notOffered,
		"other realm":         otherRealm,
		"unguarded":           unguarded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, rig)
		})
	}
}

func everyHost(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[0].Name
	for _, test := range []struct {
		host       peers.Host
		credential winauth.Credential
		mech, as   string
	}{
		{peers.Nego, ntlmUser(user), "NTLM/NTLM", `EXAMPLE\` + user},
		{peers.NegoHTTP, ntlmUser(user), "NTLM/NTLM", `EXAMPLE\` + user},
		{peers.NTLMRaw, ntlmUser(user), "NTLM/NTLM", `EXAMPLE\` + user},
		{peers.NegoOnly, ntlmUser(user), "Negotiate/NTLM", `EXAMPLE\` + user},
		{peers.OneLine, ntlmUser(user), "NTLM/NTLM", `EXAMPLE\` + user},
		{peers.OddCase, ntlmUser(user), "NTLM/NTLM", `EXAMPLE\` + user},
		{peers.NegoH2, ntlmUser(user), "NTLM/NTLM", `EXAMPLE\` + user},
		{peers.NegoReneg, ntlmUser(user), "NTLM/NTLM", `EXAMPLE\` + user},
		{peers.Nego, realmUser(user), "Negotiate/krb5", user + "@EXAMPLE.TEST"},
		{peers.NegoHTTP, realmUser(user), "Negotiate/krb5", user + "@EXAMPLE.TEST"},
		{peers.NegoOnly, realmUser(user), "Negotiate/krb5", user + "@EXAMPLE.TEST"},
		{peers.OneLine, realmUser(user), "Negotiate/krb5", user + "@EXAMPLE.TEST"},
		{peers.OddCase, realmUser(user), "Negotiate/krb5", user + "@EXAMPLE.TEST"},
		{peers.NegoH2, realmUser(user), "Negotiate/krb5", user + "@EXAMPLE.TEST"},
		{peers.NegoReneg, realmUser(user), "Negotiate/krb5", user + "@EXAMPLE.TEST"},
		{peers.KrbOnly, realmUser(user), "Negotiate/krb5", user + "@EXAMPLE.TEST"},
	} {
		t.Run(string(test.host)+" "+test.mech, func(t *testing.T) {
			t.Parallel()
			got, result, err := login(t, config(rig, test.host, winauth.Auto, test.credential))
			if err != nil {
				t.Fatal(err)
			}
			if got.User != test.as || got.Mech != test.mech || got.Body != body || len(result.Warnings) > 0 {
				t.Errorf("got %+v, warnings %q; want %s by %s", got, result.Warnings, test.as, test.mech)
			}
		})
	}
}

func credentials(t *testing.T, rig *peers.Rig) {
	users := peers.Users()
	first, second := users[1], users[2]
	keytab, err := rig.Keytab(first.Name, second.Name)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := rig.Cache(first.Name)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		mechanism  winauth.Mechanism
		credential winauth.Credential
		as         string
	}{
		"password, default realm": {winauth.Kerberos, winauth.Credential{Username: first.Name,
			Password: secret.New(first.Password)}, first.Name},
		"password, small letters": {winauth.Auto, winauth.Credential{Username: first.Name + "@example.test",
			Password: secret.New(first.Password)}, first.Name},
		"password, realm backslash": {winauth.Kerberos, winauth.Credential{Username: `example.test\` + first.Name,
			Password: secret.New(first.Password)}, first.Name},
		"keytab": {winauth.Auto, winauth.Credential{KeytabFile: keytab}, first.Name},
		"keytab, second principal": {winauth.Auto, winauth.Credential{KeytabFile: "FILE:" + keytab,
			Username: second.Name}, second.Name},
		"cache": {winauth.Auto, winauth.Credential{CCacheFile: "FILE:" + cache}, first.Name},
		"cache, named": {winauth.Kerberos, winauth.Credential{CCacheFile: cache,
			Username: first.Name + "@EXAMPLE.TEST"}, first.Name},
		"bare NTLM user": {winauth.Auto, winauth.Credential{Username: first.Name,
			Password: secret.New(first.Password)}, first.Name},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := login(t, config(rig, peers.Nego, test.mechanism, test.credential))
			if err != nil || !strings.Contains(got.User, test.as) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func extendedProtection(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[4].Name
	for _, host := range []peers.Host{peers.EPARequire, peers.EPAAllow} {
		for _, credential := range []winauth.Credential{ntlmUser(user), realmUser(user)} {
			c := config(rig, host, winauth.Auto, credential)
			if host == peers.EPAAllow { // The other way to make connections.
				dialer := &tls.Dialer{Config: &tls.Config{RootCAs: rig.Roots, NextProtos: []string{"http/1.1"}}}
				c.Transport = func() *http.Transport { return &http.Transport{DialTLSContext: dialer.DialContext} }
			}
			got, _, err := login(t, c)
			if err != nil || !got.Bound || !strings.Contains(got.User, user) {
				t.Errorf("%s, %s: %+v, %v", host, credential.Username, got, err)
			}
		}
	}
}

// twentyAtOnce logs in twenty users by both mechanisms at the same time: none may come in as another.
func twentyAtOnce(t *testing.T, rig *peers.Rig) {
	var wg sync.WaitGroup
	for _, user := range peers.Users() {
		for _, credential := range []winauth.Credential{ntlmUser(user.Name), realmUser(user.Name)} {
			wg.Go(func() {
				got, _, err := login(t, config(rig, peers.Nego, winauth.Auto, credential))
				if err != nil || !strings.Contains(got.User, user.Name) {
					t.Errorf("%s came in as %q: %v", credential.Username, got.User, err)
				}
			})
		}
	}
	wg.Wait()
}

// wrongPasswords: one login with a wrong password is one failed logon, by the servers' own count.
func wrongPasswords(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[19].Name // twentyAtOnce may reset the count; the log does not forget.
	wrong := secret.New("Wr0ng-and-secret")
	_, _, err := login(t,
		config(rig, peers.Nego, winauth.Auto, winauth.Credential{Username: user + "@" + peers.Realm, Password: wrong}))
	var refused *kerberos.Error
	if !errors.As(err, &refused) || refused.Problem != kerberos.WrongPassword || !refused.Refused() {
		t.Errorf("Kerberos: %v", err)
	}
	if got := strings.Count(rig.KDCLog(), "PREAUTH_FAILED: "+user+"@"); got != 1 {
		t.Errorf("the KDC counts %d failed logons", got)
	}
	_, _, err = login(t,
		config(rig, peers.NTLMRaw, winauth.Auto, winauth.Credential{Username: `EXAMPLE\` + user, Password: wrong}))
	var unauthorized *winauth.RefusedError
	if !errors.As(err, &unauthorized) || unauthorized.Response.StatusCode != http.StatusUnauthorized {
		t.Errorf("NTLM: %v", err)
	}
	if got := strings.Count(rig.HostLog(peers.NTLMRaw), "gss_accept_sec_context() failed"); got != 1 {
		t.Errorf("the server counts %d failed logons", got)
	}
	for _, err := range []error{refused, unauthorized} {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), wrong.Reveal()) {
			t.Errorf("the password is in %v", err)
		}
	}
}

func refusalsOfTheKDC(t *testing.T, rig *peers.Rig) {
	down, err := rig.WriteFile("down.conf",
		"[libdefaults]\ndns_lookup_kdc = no\n[realms]\nEXAMPLE.TEST = {\n kdc = 127.0.0.1:1\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := rig.Cache(peers.Users()[5].Name)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rig.Keytab(peers.Users()[6].Name)
	if err != nil {
		t.Fatal(err)
	}
	good := realmUser(peers.Users()[7].Name)
	for name, test := range map[string]struct {
		credential winauth.Credential
		change     func(*winauth.Config)
		want       kerberos.Problem
		says       string
	}{
		"unknown user":     {realmUser("nobody"), nil, kerberos.UnknownUser, "does not know the user nobody@EXAMPLE.TEST"},
		"disabled":         {realmUser(peers.UserDisabled), nil, kerberos.AccountRevoked, "locked, disabled or expired"},
		"expired account":  {realmUser(peers.UserExpired), nil, kerberos.AccountRevoked, "has expired"},
		"expired password": {realmUser(peers.UserPasswordExpired), nil, kerberos.PasswordExpired, "must be changed"},
		"RC4 only":         {realmUser(peers.UserRC4Only), nil, kerberos.EncryptionType, "encryption type"},
		"unknown realm": {winauth.Credential{Username: "x@NOWHERE.TEST", Password: secret.New("x")}, nil,
			kerberos.NoKDC, `realm "NOWHERE.TEST"`},
		"unknown service": {good, func(c *winauth.Config) { c.SPN = "HTTP/nosuch.example.test" },
			kerberos.UnknownService, "setspn -S HTTP/nosuch.example.test"},
		"no KDC": {winauth.Credential{KeytabFile: stranger},
			func(c *winauth.Config) { c.Krb5Conf = []string{down} }, kerberos.NoKDC, "127.0.0.1:1"},
		"someone's keytab": {winauth.Credential{KeytabFile: stranger, Username: good.Username}, nil, kerberos.Keytab,
			"no key of"},
		"cache of another":  {winauth.Credential{CCacheFile: cache, Username: "someone"}, nil, kerberos.Cache, "belongs to"},
		"keytab as a cache": {winauth.Credential{CCacheFile: stranger}, nil, kerberos.Cache, "keytab belongs in keytab_file"},
		"cache as a keytab": {winauth.Credential{KeytabFile: cache}, nil, kerberos.Keytab, "ticket cache belongs in " +
			"ccache_file"},
		"keyring": {winauth.Credential{CCacheFile: "KEYRING:persistent:0"}, nil, kerberos.CacheType, "kinit -c " +
			"FILE:"},
		"short domain": {ntlmUser("x"), nil, kerberos.Realmless, "user@REALM"},
		"no such krb5.conf": {good, func(c *winauth.Config) { c.Krb5Conf = []string{rig.Dir() + "/none"} },
			kerberos.ConfigFile, "krb5_conf_file"},
		"wrong password": {winauth.Credential{Username: "user08@EXAMPLE.TEST", Password: secret.New("x")}, nil,
			kerberos.WrongPassword, "tried once"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(rig, peers.Nego, winauth.Kerberos, test.credential)
			if test.change != nil {
				test.change(&c)
			}
			_, _, err := login(t, c)
			var failed *kerberos.Error
			if !errors.As(err, &failed) || failed.Problem != test.want || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q saying %q", err, test.want, test.says)
			}
		})
	}
}

func notOffered(t *testing.T, rig *peers.Rig) {
	user := peers.Users()[9].Name
	var missing *winauth.NotOfferedError
	_, _, err := login(t, config(rig, peers.KrbOnly, winauth.Auto, ntlmUser(user)))
	if !errors.As(err, &missing) || missing.Wanted != winauth.NTLM {
		t.Errorf("NTLM to a server of Kerberos: %v", err)
	}
	_, _, err = login(t, config(rig, peers.NTLMRaw, winauth.Kerberos, realmUser(user)))
	if !errors.As(err, &missing) || missing.Wanted != winauth.Kerberos || missing.Offered[0] != "ntlm" {
		t.Errorf("Kerberos to a server of NTLM: %v", err)
	}
}

// otherRealm goes from a user's realm to the server's, as krb5.conf says, or as the KDC refers.
func otherRealm(t *testing.T, rig *peers.Rig) {
	credential := winauth.Credential{
		Username: peers.UserElsewhere + "@" + peers.OtherRealm,
		Password: secret.New(peers.Password(peers.UserElsewhere)),
	}
	for _, spn := range []string{peers.SPN, peers.AliasSPN} {
		c := config(rig, peers.Nego, winauth.Auto, credential)
		c.SPN = spn
		got, _, err := login(t, c)
		if err != nil || got.User != "carol@OTHER.TEST" {
			t.Errorf("%s: %+v, %v", spn, got, err)
		}
	}
}

func unguarded(t *testing.T, rig *peers.Rig) {
	c := config(rig, peers.Loc, winauth.Auto, ntlmUser("user10"))
	_, _, err := login(t, c)
	var open *winauth.NoChallengeError
	if !errors.As(err, &open) || open.Response.StatusCode != http.StatusOK {
		t.Errorf("%v", err)
	}
}
