package vedauth_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// person is a fake server with somebody in front of it. Every pause of the client passes on the server's clock at once,
// and the person acts during the pause of that number, counted from 1.
type person struct {
	fake   *fakevedauth.Server
	client *vedauth.Client
	acts   map[int]func()
	waited []time.Duration
}

func newPerson(t *testing.T, options fakevedauth.Options) *person {
	t.Helper()
	p := &person{fake: fakevedauth.StartForTest(t, options), acts: map[int]func(){}}
	client, err := vedauth.New(vedauth.Config{
		Server: p.fake.URL(), CAPEM: []byte(p.fake.CAPEM()), Getenv: func(string) string { return "" }, Retries: -1,
		Now: p.fake.Now, Wait: p.wait,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.client = client
	return p
}

func (p *person) wait(ctx context.Context, d time.Duration) error {
	p.waited = append(p.waited, d)
	p.fake.Advance(d)
	if act := p.acts[len(p.waited)]; act != nil {
		act()
	}
	return ctx.Err()
}

func (p *person) start(t *testing.T) *vedauth.Device {
	t.Helper()
	device, err := p.client.StartDevice(t.Context(), "terraform", "certificate:manage")
	if err != nil {
		t.Fatal(err)
	}
	return device
}

// approve confirms the login at the browser.
func (p *person) approve(t *testing.T, device *vedauth.Device) func() {
	return func() {
		if err := p.fake.Approve(device.UserCode, fakevedauth.DefaultUser); err != nil {
			t.Error(err)
		}
	}
}

func TestStartDevice(t *testing.T) {
	t.Parallel()
	p := newPerson(t, fakevedauth.Options{DeviceInterval: 7 * time.Second, DeviceExpiry: 10 * time.Minute})
	began := p.fake.Now()
	device := p.start(t)
	if device.ClientID != "terraform" || device.Code.Empty() || len(device.UserCode) != 9 {
		t.Errorf("device: %+v", device)
	}
	if device.VerificationURI != p.fake.URL()+"/vedauth/device" ||
		!strings.HasSuffix(device.Complete, "?user_code="+device.UserCode) {
		t.Errorf("addresses: %s, %s", device.VerificationURI, device.Complete)
	}
	if device.Interval != 7*time.Second || device.Until.Sub(began).Round(time.Minute) != 10*time.Minute {
		t.Errorf("interval %v, until %v after the start", device.Interval, device.Until.Sub(began))
	}
	sent := p.fake.RequestsTo(refusal.Device)[0]
	form, err := url.ParseQuery(string(sent.Body))
	if err != nil || sent.Header.Get("Content-Type") != "application/x-www-form-urlencoded" ||
		len(form) != 2 || form.Get("client_id") != "terraform" || form.Get("scope") != "certificate:manage" {
		t.Errorf("sent %s as %s", sent.Body, sent.Header.Get("Content-Type"))
	}
	if l := p.fake.Ledger(); l.Issued != 0 {
		t.Errorf("%v before anybody confirmed", l)
	}
}

// TestAwaitDevice: what the person, the server and the network can do while the client polls.
func TestAwaitDevice(t *testing.T) {
	t.Parallel()
	const s = time.Second
	lost := fakevedauth.Reset().AfterCommit()
	for name, test := range map[string]struct {
		options fakevedauth.Options
		faults  []fakevedauth.Fault
		// approve and deny are the pauses in which the person acts; 0 is never.
		approve, deny int
		late          bool            // the machine sleeps in the first pause
		waited        []time.Duration // of a login that succeeds
		kind          vedauth.Kind    // of one that does not; 0 for success
		says          string
		issued        int
	}{
		"confirmed at once": {approve: 1, waited: []time.Duration{5 * s}, issued: 1},
		"confirmed later":   {approve: 3, waited: []time.Duration{5 * s, 5 * s, 5 * s}, issued: 1},
		"denied":            {deny: 2, kind: vedauth.Refused, says: "access_denied"},
		"nobody came":       {kind: vedauth.Refused, says: "the code ended before anybody confirmed the login"},
		"the pause was long": {
			options: fakevedauth.Options{DeviceExpiry: 12 * s}, late: true, kind: vedauth.Refused,
			says: "the code ended before anybody confirmed the login",
		},
		"server says expired": {
			faults: []fakevedauth.Fault{fakevedauth.Refusal("device-expired", refusal.Modern)},
			kind:   vedauth.Refused, says: "expired_token",
		},
		"unknown code": {
			faults: []fakevedauth.Fault{fakevedauth.Refusal("token-invalid-grant", refusal.Modern)},
			kind:   vedauth.Refused, says: "invalid_grant",
		},
		"switched off": {
			faults: []fakevedauth.Fault{fakevedauth.Refusal("browser-disabled", refusal.Modern)},
			kind:   vedauth.Refused, says: "Browser-based authentication",
		},
		"told to slow down": {
			faults:  []fakevedauth.Fault{fakevedauth.Refusal("device-slow-down", refusal.Modern), fakevedauth.Refusal("device-slow-down", refusal.Modern)},
			approve: 2, waited: []time.Duration{5 * s, 10 * s, 15 * s}, issued: 1,
		},
		"busy": {
			faults: []fakevedauth.Fault{fakevedauth.Status(503), fakevedauth.Status(429)}, approve: 1,
			waited: []time.Duration{5 * s, 10 * s, 15 * s}, issued: 1,
		},
		"busy for ever": {
			faults: slices.Repeat([]fakevedauth.Fault{fakevedauth.Status(503)}, 50), kind: vedauth.Refused,
			says: "the last poll failed",
		},
		"answer lost while pending": {
			faults: []fakevedauth.Fault{lost}, approve: 2, waited: []time.Duration{5 * s, 10 * s}, issued: 1,
		},
		"lost before the server saw it": {
			faults: []fakevedauth.Fault{fakevedauth.Reset()}, approve: 1, waited: []time.Duration{5 * s, 10 * s},
			issued: 1,
		},
		"answer with the token lost": {
			faults: []fakevedauth.Fault{lost}, approve: 1, kind: vedauth.Ambiguous, says: "carried it out", issued: 1,
		},
		"lost, and then denied": {
			faults: []fakevedauth.Fault{fakevedauth.Reset()}, deny: 2, kind: vedauth.Refused, says: "access_denied",
		},
		"lost, then pending, then unknown": {
			faults: []fakevedauth.Fault{
				fakevedauth.Reset(), fakevedauth.Refusal("device-pending", refusal.Modern),
				fakevedauth.Refusal("token-invalid-grant", refusal.Modern),
			},
			kind: vedauth.Refused, says: "invalid_grant",
		},
		"lost until the end": {
			faults: slices.Repeat([]fakevedauth.Fault{fakevedauth.Reset()}, 50), kind: vedauth.Ambiguous,
			says: "carried it out",
		},
		"a web page": {
			faults: []fakevedauth.Fault{fakevedauth.HTML(200, "Log in")}, kind: vedauth.Unexpected, says: "Log in",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, test.options)
			device := p.start(t)
			p.fake.Inject(refusal.Token, fakevedauth.Sequence(test.faults...))
			if test.approve > 0 {
				p.acts[test.approve] = p.approve(t, device)
			}
			if test.late {
				p.acts[1] = func() { p.fake.Advance(20 * s) }
			}
			if test.deny > 0 {
				p.acts[test.deny] = func() {
					if err := p.fake.Deny(device.UserCode); err != nil {
						t.Error(err)
					}
				}
			}
			token, err := p.client.AwaitDevice(t.Context(), device)
			if l := p.fake.Ledger(); l.Issued != test.issued {
				t.Errorf("%v, want %d issued", l, test.issued)
			}
			if test.kind == 0 {
				if err != nil || token.AccessToken.Empty() || token.RefreshToken.Empty() || token.Identity != nil ||
					token.ClientID != "terraform" {
					t.Errorf("%+v, %v", token, err)
				}
				if !slices.Equal(p.waited, test.waited) {
					t.Errorf("waited %v, want %v", p.waited, test.waited)
				}
				return
			}
			failure := asError(t, err)
			if failure.Kind != test.kind || !strings.Contains(failure.Error(), test.says) {
				t.Errorf("kind %d, want %d: %v", failure.Kind, test.kind, err)
			}
			mustNotHold(t, failure.Error(), device.Code.Reveal())
			if last := p.fake.Now(); last.After(device.Until.Add(time.Minute)) {
				t.Errorf("it went on until %v after the end of the code", last.Sub(device.Until))
			}
		})
	}
}

// TestThePaceSatisfiesAStrictServer: one that answers slow_down by its own clock is never asked too early.
func TestThePaceSatisfiesAStrictServer(t *testing.T) {
	t.Parallel()
	p := newPerson(t, fakevedauth.Options{DeviceSlowDown: true})
	device := p.start(t)
	p.acts[10] = p.approve(t, device)
	if _, err := p.client.AwaitDevice(t.Context(), device); err != nil || len(p.waited) != 10 {
		t.Errorf("%d polls, %v", len(p.waited), err)
	}
}

// TestADeviceCodeIsGoodOnce: the exchange is sent once, and a second one is refused.
func TestADeviceCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	p := newPerson(t, fakevedauth.Options{})
	device := p.start(t)
	_, err := p.client.ExchangeDevice(t.Context(), "terraform", device.Code)
	if failure := asError(t, err); failure.Row.Class != refusal.Pending {
		t.Errorf("not confirmed: %v", err)
	}
	p.approve(t, device)()
	if _, err := p.client.ExchangeDevice(t.Context(), "terraform", device.Code); err != nil {
		t.Error(err)
	}
	_, err = p.client.ExchangeDevice(t.Context(), "terraform", device.Code)
	if failure := asError(t, err); failure.Row.Class != refusal.Grant {
		t.Errorf("a second time: %v", err)
	}
	last := p.fake.RequestsTo(refusal.Token)[2]
	want := map[string]any{
		"client_id":   "terraform",
		"device_code": device.Code.Reveal(),
		"grant_type":  "urn:ietf:params:oauth:grant-type:device_code",
	}
	if got := last.Fields(); len(got) != 3 || got["grant_type"] != want["grant_type"] ||
		got["device_code"] != want["device_code"] {
		t.Errorf("the body has other fields than %v", want)
	}
	p.fake.Inject(refusal.Token, fakevedauth.Always(fakevedauth.Status(503)))
	_, err = p.client.ExchangeDevice(t.Context(), "terraform", device.Code)
	if failure := asError(t, err); failure.Kind != vedauth.Busy || failure.Attempts != 1 {
		t.Errorf("busy: %v", err)
	}
}

func TestAwaitDeviceIsCancelled(t *testing.T) {
	t.Parallel()
	p := newPerson(t, fakevedauth.Options{})
	device := p.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	p.acts[2] = cancel
	if _, err := p.client.AwaitDevice(ctx, device); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if polls := len(p.fake.RequestsTo(refusal.Token)); polls != 1 {
		t.Errorf("%d polls, want the one before the cancellation", polls)
	}
}

// TestADamagedDeviceTokenIsHandedOver: a grant whose answer is of no use comes with the error, to be revoked.
func TestADamagedDeviceTokenIsHandedOver(t *testing.T) {
	t.Parallel()
	p := newPerson(t, fakevedauth.Options{})
	device := p.start(t)
	p.acts[1] = p.approve(t, device)
	p.fake.Inject(refusal.Token, fakevedauth.Once(fakevedauth.Trailing("<!-- bye -->")))
	_, err := p.client.AwaitDevice(t.Context(), device)
	failure := asError(t, err)
	if failure.Grant == nil || failure.Grant.ClientID != "terraform" {
		t.Fatalf("no grant with %v", err)
	}
	if err := p.client.Revoke(t.Context(), failure.Grant); err != nil {
		t.Error(err)
	}
	if l := p.fake.Ledger(); l.Live != 0 {
		t.Error(l)
	}
}
