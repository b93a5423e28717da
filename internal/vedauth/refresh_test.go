package vedauth_test

import (
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// TestRefreshInLowerCase: servers before 21.3 want client_id in lower case, and refuse another without spending the
// token. Only that refusal is answered with another request.
func TestRefreshInLowerCase(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		clientID string
		options  fakevedauth.Options
		fault    *fakevedauth.Fault
		sent     []string
		fails    bool
	}{
		"old server, mixed case": {
			"MyApp", fakevedauth.Options{LowerCaseClientBug: true}, nil, []string{"MyApp", "myapp"}, false,
		},
		"old server, lower case": {
			"myapp", fakevedauth.Options{LowerCaseClientBug: true}, nil, []string{"myapp"}, false,
		},
		"new server, mixed case": {"MyApp", fakevedauth.Options{}, nil, []string{"MyApp"}, false},
		"busy": {
			"MyApp", fakevedauth.Options{}, fault(fakevedauth.Status(503)), []string{"MyApp"}, true,
		},
		"lost": {
			"MyApp", fakevedauth.Options{}, fault(fakevedauth.Reset().AfterCommit()), []string{"MyApp"}, true,
		},
		"dead": {
			"MyApp", fakevedauth.Options{}, fault(fakevedauth.Refusal("refresh-token-dead", refusal.Modern)),
			[]string{"MyApp"}, true,
		},
		"dead, without a reason": {
			"MyApp", fakevedauth.Options{}, fault(fakevedauth.Refusal("token-invalid-grant", refusal.Modern)),
			[]string{"MyApp"}, true,
		},
		"mismatch of another kind": {
			"myapp", fakevedauth.Options{}, fault(fakevedauth.Refusal("refresh-client-mismatch", refusal.Modern)),
			[]string{"myapp"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, test.options)
			p.fake.AddApplication(fakevedauth.Application{ClientID: test.clientID, Scope: fakevedauth.DefaultScope})
			p.fake.AddRule(fakevedauth.Rule{ClientID: test.clientID, Identity: fakevedauth.DefaultIdentity})
			seed, err := p.fake.Issue(test.clientID, fakevedauth.DefaultUser, "certificate")
			if err != nil {
				t.Fatal(err)
			}
			if test.fault != nil {
				p.fake.Inject(refusal.Token, fakevedauth.Once(*test.fault))
			}
			token, err := p.client.Refresh(t.Context(), test.clientID, secret.New(seed.Refresh))
			if test.fails {
				mustNotHold(t, asError(t, err).Error(), seed.Refresh)
			} else if err != nil || token.RefreshToken.Reveal() == seed.Refresh || token.ClientID == "" {
				t.Errorf("%+v, %v", token, err)
			}
			requests := p.fake.RequestsTo(refusal.Token)
			if len(requests) != len(test.sent) {
				t.Fatalf("%d requests, want %d", len(requests), len(test.sent))
			}
			for i, request := range requests {
				if got := request.Fields(); got["client_id"] != test.sent[i] || got["refresh_token"] != seed.Refresh ||
					len(got) != 2 {
					t.Errorf("request %d was for %v", i+1, got["client_id"])
				}
			}
		})
	}
}

func fault(f fakevedauth.Fault) *fakevedauth.Fault { return &f }

// TestARefreshTellsNoIdentity: and everything else that the answer holds is there.
func TestARefreshTellsNoIdentity(t *testing.T) {
	t.Parallel()
	p := newPerson(t, fakevedauth.Options{})
	seed, err := p.fake.Issue("terraform", fakevedauth.DefaultUser, "ssh")
	if err != nil {
		t.Fatal(err)
	}
	token, err := p.client.Refresh(t.Context(), "terraform", secret.New(seed.Refresh))
	if err != nil {
		t.Fatal(err)
	}
	if token.Identity != nil || token.Scope != "ssh" || token.ExpiresIn == nil || token.RefreshUntil == nil ||
		token.Served.IsZero() {
		t.Errorf("%+v", token)
	}
	if _, known := token.Remaining(p.fake.Now()); !known {
		t.Error("how long it lives is not known")
	}
}
