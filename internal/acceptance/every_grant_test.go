package acceptance_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// everyGrant is a configuration with a block of each grant that needs no person: four whose grants the provider owns,
// and two whose grants are in the token store.
const everyGrant = `
variable "seed" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "code" {
  type      = string
  ephemeral = true
  sensitive = true
}

ephemeral "vedauth_oauth_token" "t" {
  scope = "certificate"
}

ephemeral "vedauth_jwt_token" "t" {
  scope          = "certificate"
  github_actions = { audience = "` + audience + `" }
}

ephemeral "vedauth_certificate_token" "t" {
  scope            = "certificate"
  certificate_file = "${path.module}/client.pem"
  private_key_file = "${path.module}/client.pem"
}

ephemeral "vedauth_token" "t" {
  scope  = "ssh"
  grants = ["oauth"]
}

ephemeral "vedauth_refreshed_token" "t" {
  refresh_token = var.seed
}

ephemeral "vedauth_device_token" "t" {
  scope       = "certificate"
  device_code = var.code
  name        = "device"
}

locals {
  tokens = merge(local.kept, {
    OAUTH       = ephemeral.vedauth_oauth_token.t.access_token
    JWT         = ephemeral.vedauth_jwt_token.t.access_token
    CERTIFICATE = ephemeral.vedauth_certificate_token.t.access_token
    ANY         = ephemeral.vedauth_token.t.access_token
    REFRESHED   = ephemeral.vedauth_refreshed_token.t.access_token
    DEVICE      = ephemeral.vedauth_device_token.t.access_token
  })
}
`

// keptGrant is a block whose grant the user keeps, once the block has been opened.
const keptGrant = `
ephemeral "vedauth_oauth_token" "kept" {
  scope           = "certificate"
  state           = "kept"
  revoke_on_close = false
}

locals {
  kept = { KEPT = ephemeral.vedauth_oauth_token.kept.access_token }
}
`

// nothingKept takes its place.
const nothingKept = `
locals {
  kept = {}
}
`

// What everyGrant and keptGrant cost in one walk: grants that are the provider's to end, and one that is the user's.
const (
	ownedInAWalk = 4
	keptInAWalk  = 1
)

// everyWorld is a world with everyGrant and keptGrant, and with all that its blocks need: a pipeline, a certificate,
// a store, and two grants that belong in it.
type everyWorld struct {
	*pipeline
	store string
	// given are the values of the variables seed and code.
	given map[string]string
}

func newEveryWorld(t *testing.T) *everyWorld {
	t.Helper()
	w := &everyWorld{pipeline: newPipelineOn(t, fakevedauth.Options{ClientAuth: tls.RequestClientCert})}
	w.store = filepath.Join(t.TempDir(), "store")
	w.space.Setenv("VEDAUTH_TOKEN_STORE", w.store)
	w.giveCertificate()
	w.given = map[string]string{"seed": w.seed(), "code": w.confirmedCode("certificate")}
	w.space.Setenv("TF_VAR_code", w.given["code"])
	w.write("tokens.tf", everyGrant)
	w.write("kept.tf", keptGrant)
	return w
}

// isOwned tells the grants that a run of everyGrant has to end.
func isOwned(g fakevedauth.Grant) bool { return isAuthorized(g) && g.State != "kept" }

// isAuthorized tells the grants that the provider asked for. The others are the user's: a seed, and a confirmed login.
func isAuthorized(g fakevedauth.Grant) bool {
	return g.Endpoint != "" && g.Endpoint != fakevedauth.Token
}

// liveOf counts the live grants that fit.
func liveOf(l fakevedauth.Ledger, fits func(fakevedauth.Grant) bool) int {
	return l.Count(func(g fakevedauth.Grant) bool { return g.Live && fits(g) })
}

// wantOnlyUsers checks that goneWithin from now the only live grants are the user's own: kept of those that the
// provider asked for, and both that are in the store, with the newest tokens that the server gave out for them.
func (w *everyWorld) wantOnlyUsers(kept int) {
	w.t.Helper()
	w.waitUntilGone(func(l fakevedauth.Ledger) bool { return liveOf(l, isAuthorized) <= kept && liveOf(l, isOwned) == 0 })
	ledger := w.fake.Ledger()
	if live := liveOf(ledger, isAuthorized); live != kept {
		w.t.Errorf("%d grants that the user keeps, want %d", live, kept)
	}
	var issued []fakevedauth.Endpoint
	for _, g := range ledger.Grants {
		if isOwned(g) {
			issued = append(issued, g.Endpoint)
		}
	}
	for _, endpoint := range []fakevedauth.Endpoint{fakevedauth.OAuth, fakevedauth.JWT, fakevedauth.Certificate} {
		if !slices.Contains(issued, endpoint) {
			w.t.Errorf("no grant of %s was issued: %v", endpoint, issued)
		}
	}
	w.wantInStore(2)
}

// wantInStore checks that so many grants of the user are live, and that none of their tokens is lost: the store holds
// those that are good now.
func (w *everyWorld) wantInStore(grants int) {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.store, "*.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	var stored strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			w.t.Fatal(err)
		}
		stored.Write(content)
	}
	for _, g := range w.fake.Grants() {
		if isAuthorized(g) || !g.Live {
			continue
		}
		grants--
		if tokens, _ := w.fake.TokensOf(g.ID); !strings.Contains(stored.String(), tokens.Refresh) {
			w.t.Errorf("the refresh token of grant %d, refreshed %d times, is not in the store", g.ID, g.Refreshes)
		}
	}
	if grants != 0 {
		w.t.Errorf("%d stored grants are missing on the server", grants)
	}
}

// revokedWithCertificate checks that the grants of a certificate were ended with it.
func (w *everyWorld) revokedWithCertificate() {
	w.t.Helper()
	count := func(endpoint fakevedauth.Endpoint) (n int) {
		for _, request := range w.fake.RequestsTo(endpoint) {
			if strings.Contains(request.ClientCertificate, "CN="+fakevedauth.DefaultUser) {
				n++
			}
		}
		return n
	}
	if logins, ends := count(fakevedauth.Certificate), count(fakevedauth.Revoke); logins == 0 || ends < logins {
		w.t.Errorf("%d logins and %d revocations with the certificate", logins, ends)
	}
}

// everyWorker is a consumer of every token that works until it is let go.
const everyWorker = `
resource "terraform_data" "work" {
  provisioner "local-exec" {
    command     = "` + hasEveryToken + ` && echo > ${path.module}/working && cat ${path.module}/leave"
    environment = local.tokens
  }
}
`

// everyConsumer is a consumer of every token that ends well.
const everyConsumer = `
resource "terraform_data" "t" {
  provisioner "local-exec" {
    command     = "` + hasEveryToken + `"
    environment = local.tokens
  }
}
`

// hasEveryToken is a shell's condition.
const hasEveryToken = `test -n \"$OAUTH\" -a -n \"$JWT\" -a -n \"$CERTIFICATE\" -a -n \"$ANY\" -a -n \"$KEPT\"` +
	` -a -n \"$REFRESHED\" -a -n \"$DEVICE\"`
