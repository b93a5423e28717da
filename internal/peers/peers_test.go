//go:build linux

package peers_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/peers"
)

// echo answers with what Apache says of the caller.
func echo(w http.ResponseWriter, r *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]string{
		"user": r.Header.Get("X-Remote-User"), "mech": r.Header.Get("X-Gss-Mech"),
		"dn": r.Header.Get("X-Client-DN"), "host": r.Header.Get("X-Host"),
	})
}

// TestControls logs in with clients that are not ours: what fails here is the rig.
func TestControls(t *testing.T) {
	t.Parallel()
	rig := peers.Start(t, http.HandlerFunc(echo))
	user := peers.Users()[3].Name
	cache, err := rig.Cache(user)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []peers.Host{peers.Nego, peers.NegoHTTP, peers.NegoOnly, peers.NegoH2, peers.KrbOnly} {
		cmd := exec.Command("curl", "-sk", "--negotiate", "-u", ":", "-d", "x", rig.URL(host, peers.Integrated))
		cmd.Env = append(os.Environ(), "KRB5_CONFIG="+rig.Krb5Conf, "KRB5CCNAME=FILE:"+cache)
		output, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(output), user+"@"+peers.Realm) {
			t.Errorf("%s: %v %s", host, err, output)
		}
	}
	for _, kind := range []peers.ClientCert{peers.CertRSA, peers.CertEC, peers.CertEd25519} {
		cert, err := rig.Certificate(kind, "tester")
		if err != nil {
			t.Fatal(err)
		}
		config := &tls.Config{RootCAs: rig.Roots, Certificates: []tls.Certificate{*cert}}
		if got := get(t, config, rig.URL(peers.VHost, peers.Certificate)); !strings.Contains(got, "CN=tester") {
			t.Errorf("%s: %s", kind, got)
		}
	}
	failed, err := rig.FailedLogons(user)
	if err != nil || failed != 0 {
		t.Errorf("failed logons: %d, %v", failed, err)
	}
}

func get(t *testing.T, config *tls.Config, url string) string {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}
