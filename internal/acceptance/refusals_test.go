package acceptance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// about returns what Terraform printed about a block.
func about(printed, block string) string {
	var found []string
	for _, message := range strings.Split(printed, "╷") {
		if strings.Contains(unwrap(message), block+",") {
			found = append(found, message)
		}
	}
	return strings.Join(found, "\n")
}

// TestEveryRefusalOfACertificate shows the words of the vendor's page, in both dialects, with cause and next step.
func TestEveryRefusalOfACertificate(t *testing.T) {
	t.Parallel()
	for _, dialect := range []refusal.Dialect{refusal.Modern, refusal.Legacy} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			w := certificateWorld(t)
			w.refuseAll(refusal.Certificate, dialect,
				fmt.Sprintf("pkcs12_file = %q\n  pkcs12_password = var.password", fixture(t, "modern.p12")))
		})
	}
}

// refuseAll makes a block for each row of the table that an endpoint can answer with in a dialect, and checks what the
// user reads.
func (w *world) refuseAll(endpoint refusal.Endpoint, dialect refusal.Dialect, credential string) {
	w.t.Helper()
	kind := strings.TrimPrefix(string(endpoint), "authorize/")
	var main strings.Builder
	rows := map[string]refusal.Row{}
	for _, row := range refusal.Table {
		answers := row.In(dialect)
		if !slices.Contains(row.Endpoints, endpoint) || len(answers) == 0 || answers[0].Text == "" {
			continue
		}
		rows[row.ID] = row
		clientID := "client-" + row.ID
		isMine := func(r fakevedauth.Request) bool { return r.Fields()["client_id"] == clientID }
		fault := fakevedauth.Refusal(row.ID, dialect, "error", "the moon is full", "identity", "local:alice")
		w.fake.Inject(endpoint, fakevedauth.When(isMine, fakevedauth.Always(fault)))
		fmt.Fprintf(&main, "ephemeral \"vedauth_%s_token\" %q {\n  scope = \"certificate\"\n  client_id = %q\n  %s\n}\n",
			kind, row.ID, clientID, credential)
	}
	w.write("main.tf", main.String())
	result := w.mustFail([]string{"plan"})
	for id, row := range rows {
		message := unwrap(about(result.Stderr, "vedauth_"+kind+"_token."+id))
		fill := strings.NewReplacer("[error]", "the moon is full", "[identity]", "local:alice")
		text := fill.Replace(row.In(dialect)[0].Text)
		for _, want := range []string{text, "Cause: " + unwrap(row.Cause), "What to do: " + unwrap(row.Next)} {
			if !strings.Contains(message, want) {
				w.t.Errorf("%s: %q does not say %q", id, message, want)
			}
		}
	}
	if len(rows) < 5 {
		w.t.Errorf("only %d texts", len(rows))
	}
}
