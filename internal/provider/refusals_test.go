package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// vendorTexts are the failures on the vendor's page of Authorize/OAuth.
var vendorTexts = []string{
	"Application identifier is missing", "Missing username or password", "Username/Password authentication not enabled",
	"Failed to issue grant: ", "Username/password combination not valid",
}

// TestEveryRefusal: each answer in the table that Authorize/OAuth can give, in each dialect and wherever the server puts
// its words: the user reads them, with cause and next step, and the request is made once.
func TestEveryRefusal(t *testing.T) {
	t.Parallel()
	var seen []string
	for _, row := range refusal.Table {
		if !slices.Contains(row.Endpoints, refusal.OAuth) {
			continue
		}
		for i, answer := range row.Answers {
			seen = append(seen, answer.Text)
			for name, carrier := range map[string]fakevedauth.Carrier{
				"as the dialect does": fakevedauth.AsTable, "in the body": fakevedauth.InBody,
				"in the reason phrase": fakevedauth.InReason, "in both": fakevedauth.InBoth,
			} {
				if carrier == fakevedauth.InReason && answer.Text == "" {
					continue // a code travels in a body only
				}
				t.Run(fmt.Sprintf("%s %d %s %s", row.ID, i, answer.Dialect, name), func(t *testing.T) {
					t.Parallel()
					refuseAndRead(t, row, answer, carrier)
				})
			}
		}
	}
	for _, text := range vendorTexts {
		if !strings.Contains(strings.Join(seen, "\n"), text) {
			t.Errorf("the table has no row for %q", text)
		}
	}
}

func refuseAndRead(t *testing.T, row refusal.Row, answer refusal.Answer, carrier fakevedauth.Carrier) {
	t.Helper()
	b := configured(t, fakevedauth.Options{}, config{"oauth": alice(nil)})
	fill := []string{"error", "the moon is full", "identity", "local:alice"}
	b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.RefusalAnswer(answer, carrier, fill...)))
	words := strings.NewReplacer("[error]", fill[1], "[identity]", fill[3]).Replace(answer.Text)
	if words == "" {
		words = answer.Code
	}
	texts := []string{
		"Unable to obtain a token", "Asked: POST " + b.fake.URL() + "/vedauth/Authorize/OAuth", `client_id "terraform"`, `scope "certificate:manage"`,
		fmt.Sprintf("Answer: The answer was %d", answer.Status), words, "Cause: " + row.Cause, "What to do: " + row.Next,
	}
	b.wantError(b.open(nil).diags, "", texts...)
	b.wantRequests(fakevedauth.OAuth, 1)
	b.wantError(b.open(nil).diags, "", texts...) // from memory
	b.wantRequests(fakevedauth.OAuth, 1)
	b.wantError(b.read(oauth, nil).diags, "", texts...)
	b.wantLedger(0, 0)
}

// TestRefusalsByAPage: IIS and proxies answer with pages of their own, of which the title is told, and with no guess at
// what vedauth would have meant.
func TestRefusalsByAPage(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			b := configured(t, fakevedauth.Options{}, nil)
			b.fake.Inject(fakevedauth.OAuth, fakevedauth.Always(fakevedauth.HTML(status, "Access & more is denied.")))
			got := b.open(alice(nil)).diags
			b.wantError(got, "", fmt.Sprint(status), `web page titled "Access & more is denied."`, "IIS or a proxy")
			if strings.Contains(got.String(), "Cause:") {
				t.Errorf("a page of something else is explained as vedauth's: %s", got)
			}
			b.wantRequests(fakevedauth.OAuth, 1)
		})
	}
}

// TestRealRefusals: the fake refuses by itself, as the server would for what a user got wrong.
func TestRealRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block  config
		change func(*fakevedauth.Server)
		row    string
	}{
		"wrong password":    {config{"password": "not the right one"}, nil, "password-wrong"},
		"unknown user":      {config{"username": "bob"}, nil, "password-wrong"},
		"unknown client_id": {config{"client_id": "Terraform"}, nil, "invalid-grant-password"},
		"too much":          {config{"scope": "admin:delete"}, nil, "scope-not-authorized"},
		"no rule": {nil, func(s *fakevedauth.Server) {
			s.RemoveRules(fakevedauth.DefaultClientID, fakevedauth.DefaultIdentity)
		}, "no-rule"},
		"switched off": {nil, func(s *fakevedauth.Server) {
			s.Configure(func(o *fakevedauth.Options) { o.Disabled = map[fakevedauth.Endpoint]bool{fakevedauth.OAuth: true} })
		}, "password-disabled"},
	} {
		for _, dialect := range []refusal.Dialect{fakevedauth.Modern, fakevedauth.Legacy} {
			t.Run(name+", "+string(dialect), func(t *testing.T) {
				t.Parallel()
				b := configured(t, fakevedauth.Options{Dialect: dialect}, nil)
				b.secrets = append(b.secrets, "not the right one")
				if test.change != nil {
					test.change(b.fake)
				}
				row, ok := refusal.ByID(test.row)
				if !ok {
					t.Fatal("no such row")
				}
				if test.row == "invalid-grant-password" && dialect == fakevedauth.Legacy {
					row, _ = refusal.ByID("bad-request") // the old dialect has no code, and this answer no text
				}
				b.wantError(b.open(alice(test.block)).diags, "", row.Cause, row.Next)
				b.wantRequests(fakevedauth.OAuth, 1)
				b.wantLedger(0, 0)
			})
		}
	}
}

// TestOneWrongPasswordIsOneLogon: whatever the blocks ask for, and of whatever kind they are.
func TestOneWrongPasswordIsOneLogon(t *testing.T) {
	t.Parallel()
	b := configured(t, fakevedauth.Options{LockAfter: 3}, config{"oauth": alice(config{"password": "not the right one"})})
	for _, scope := range []string{"ssh", "certificate", "codesign", "ssh"} {
		b.wantError(b.open(config{"scope": scope}).diags, "", "combination not valid")
		b.wantError(b.read(oauth, config{"scope": scope}).diags, "", "combination not valid")
	}
	b.wantRequests(fakevedauth.OAuth, 1)
	if n := b.fake.Ledger().FailedLogons[fakevedauth.DefaultIdentity]; n != 1 {
		t.Errorf("%d failed logons", n)
	}
	b.must(b.open(alice(nil)).diags) // another password is another credential
}
