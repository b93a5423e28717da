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
	if device.VerificationURI != p.fake.URL()+"/vedauth/device" || !strings.HasSuffix(device.Complete, "?user_code="+device.UserCode) {
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
		"confirmed at once":   {approve: 1, waited: []time.Duration{5 * s}, issued: 1},
		"confirmed later":     {approve: 3, waited: []time.Duration{5 * s, 5 * s, 5 * s}, issued: 1},
		"denied":              {deny: 2, kind: vedauth.Refused, says: "access_denied"},
		"nobody came":         {kind: vedauth.Refused, says: "the code ended before anybody confirmed the login"},
		"the pause was long":  {options: fakevedauth.Options{DeviceExpiry: 12 * s}, late: true, kind: vedauth.Refused, says: "the code ended before anybody confirmed the login"},
		"server says expired": {faults: []fakevedauth.Fault{fakevedauth.Refusal("device-expired", refusal.Modern)}, kind: vedauth.Refused, says: "expired_token"},
		"unknown code":        {faults: []fakevedauth.Fault{fakevedauth.Refusal("token-invalid-grant", refusal.Modern)}, kind: vedauth.Refused, says: "invalid_grant"},
		"switched off": {
			faults: []fakevedauth.Fault{fakevedauth.Refusal("browser-disabled", refusal.Modern)}, kind: vedauth.Refused, says: "Browser-based authentication",
		},
		"told to slow down": {
			faults:  []fakevedauth.Fault{fakevedauth.Refusal("device-slow-down", refusal.Modern), fakevedauth.Refusal("device-slow-down", refusal.Modern)},
			approve: 2, waited: []time.Duration{5 * s, 10 * s, 15 * s}, issued: 1,
		},
		"busy": {
			faults: []fakevedauth.Fault{fakevedauth.Status(503), fakevedauth.Status(429)}, approve: 1, waited: []time.Duration{5 * s, 10 * s, 15 * s}, issued: 1,
		},
		"busy for ever": {
			faults: slices.Repeat([]fakevedauth.Fault{fakevedauth.Status(503)}, 50), kind: vedauth.Refused, says: "the last poll failed",
		},
		"answer lost while pending": {
			faults: []fakevedauth.Fault{lost}, approve: 2, waited: []time.Duration{5 * s, 10 * s}, issued: 1,
		},
		"lost before the server saw it": {
			faults: []fakevedauth.Fault{fakevedauth.Reset()}, approve: 1, waited: []time.Duration{5 * s, 10 * s}, issued: 1,
		},
		"answer with the token lost": {
			faults: []fakevedauth.Fault{lost}, approve: 1, kind: vedauth.Ambiguous, says: "carried it out", issued: 1,
		},
		"lost, and then denied": {
			faults: []fakevedauth.Fault{fakevedauth.Reset()}, deny: 2, kind: vedauth.Refused, says: "access_denied",
		},
		"lost, then pending, then unknown": {
			faults: []fakevedauth.Fault{
				fakevedauth.Reset(), fakevedauth.Refusal("device-pending", refusal.Modern), fakevedauth.Refusal("token-invalid-grant", refusal.Modern),
			},
			kind: vedauth.Refused, says: "invalid_grant",
		},
		"lost until the end": {
			faults: slices.Repeat([]fakevedauth.Fault{fakevedauth.Reset()}, 50), kind: vedauth.Ambiguous, says: "carried it out",
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
				if err != nil || token.AccessToken.Empty() || token.RefreshToken.Empty() || token.Identity != nil || token.ClientID != "terraform" {
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
	want := map[string]any{"client_id": "terraform", "device_code": device.Code.Reveal(), "grant_type": "urn:ietf:params:oauth:grant-type:device_code"}
	if got := last.Fields(); len(got) != 3 || got["grant_type"] != want["grant_type"] || got["device_code"] != want["device_code"] {
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

// TestHostileDeviceReplies: what a person is shown is one line of plain text, and leads to https.
func TestHostileDeviceReplies(t *testing.T) {
	t.Parallel()
	reply := func(userCode, uri, complete, rest string) string {
		return `{"device_code":"c2VjcmV0IGRldmljZSBjb2Rl","user_code":"` + userCode + `","verification_uri":"` + uri +
			`","verification_uri_complete":"` + complete + `"` + rest + `}`
	}
	const good, pair = "https://login.example.com/device", "ABCD-EFGH"
	for name, test := range map[string]struct {
		body string
		says string // of the error; empty where the login can go on
		want vedauth.Device
	}{
		"plain": {
			reply(pair, good, good+"?c=ABCD", `,"interval":2,"expires_in":60`), "",
			vedauth.Device{UserCode: pair, VerificationURI: good, Complete: good + "?c=ABCD", Interval: 2 * time.Second},
		},
		"no interval and no expiry": {reply(pair, good, "", ""), "", vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second}},
		"interval 0":                {reply(pair, good, "", `,"interval":0`), "", vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second}},
		"interval below 0":          {reply(pair, good, "", `,"interval":-7,"expires_in":-1`), "", vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second}},
		"interval of years":         {reply(pair, good, "", `,"interval":99999999,"expires_in":600`), "", vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 300 * time.Second}},
		"interval beyond the end":   {reply(pair, good, "", `,"interval":60,"expires_in":60`), "", vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 30 * time.Second}},
		"escape sequences in the code": {
			reply(`AB\u001b[2J\u0007CD\r\nEF\u202e`, good, "", ""), "", vedauth.Device{UserCode: "AB[2JCDEF", VerificationURI: good, Interval: 5 * time.Second},
		},
		"marks that turn the text around": {
			reply(pair, good+`/\u202egro.elpmaxe`, "", ""), "", vedauth.Device{UserCode: pair, VerificationURI: good + "/gro.elpmaxe", Interval: 5 * time.Second},
		},
		"a code without end": {
			reply(strings.Repeat("A", 5000), good, "", ""), "", vedauth.Device{UserCode: strings.Repeat("A", 300), VerificationURI: good, Interval: 5 * time.Second},
		},
		"complete address to a script":      {reply(pair, good, "javascript:alert(1)", ""), "", vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second}},
		"complete address in disguise":      {reply(pair, good, "https://login.example.com@evil.example.net/", ""), "", vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second}},
		"address to a script":               {reply(pair, "javascript:alert(1)", "", ""), "its verification_uri is not", vedauth.Device{}},
		"address without TLS":               {reply(pair, "http://login.example.com/device", "", ""), "its verification_uri is not", vedauth.Device{}},
		"address of a file":                 {reply(pair, "file:///etc/passwd", "", ""), "its verification_uri is not", vedauth.Device{}},
		"address without a host":            {reply(pair, "https:///device", "", ""), "its verification_uri is not", vedauth.Device{}},
		"address with escape sequences":     {reply(pair, good+`\u001b]0;x`, "", ""), "its verification_uri is not", vedauth.Device{}},
		"address in disguise":               {reply(pair, "https://login.example.com@evil.example.net/", "", ""), "its verification_uri is not", vedauth.Device{}},
		"no address":                        {reply(pair, "", "", ""), "its verification_uri is not", vedauth.Device{}},
		"no code for the person":            {reply("", good, "", ""), "no device_code or no user_code", vedauth.Device{}},
		"a code of escape characters alone": {reply(`\u001b\u0007\u202e`, good, "", ""), "no device_code or no user_code", vedauth.Device{}},
		"no code for the machine":           {`{"user_code":"A","verification_uri":"` + good + `"}`, "no device_code or no user_code", vedauth.Device{}},
		"wrong types":                       {`{"device_code":17,"user_code":"A"}`, "its device_code is a JSON number", vedauth.Device{}},
		"a code quoted elsewhere": {
			reply("", good, "", `,"error":"c2VjcmV0IGRldmljZSBjb2Rl","error_description":"c2VjcmV0IGRldmljZSBjb2Rl"`), "no user_code", vedauth.Device{},
		},
		"not JSON": {`device_code=c2VjcmV0IGRldmljZSBjb2Rl`, "it is not JSON", vedauth.Device{}},
		"empty":    {``, "it ends in the middle", vedauth.Device{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always("200 OK", test.body, isJSON))
			device, err := connect(t, s).StartDevice(t.Context(), "terraform", "certificate")
			if test.says != "" {
				failure := asError(t, err)
				if failure.Kind != vedauth.Unexpected || !strings.Contains(failure.Error(), test.says) {
					t.Errorf("err = %v", err)
				}
				mustNotHold(t, failure.Error(), "c2VjcmV0IGRldmljZSBjb2Rl")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			if device.UserCode != want.UserCode || device.VerificationURI != want.VerificationURI ||
				device.Complete != want.Complete || device.Interval != want.Interval {
				t.Errorf("%+v, want %+v", *device, want)
			}
			if device.ClientID != "terraform" || device.Code.Reveal() != "c2VjcmV0IGRldmljZSBjb2Rl" {
				t.Errorf("%+v has another client or code", *device)
			}
			if life := time.Until(device.Until); life <= 0 || life > 24*time.Hour {
				t.Errorf("the code lives %v", life)
			}
		})
	}
}

// TestStartDeviceMayBeRepeated: it makes no grant, so an answer that never came is no reason to stop.
func TestStartDeviceMayBeRepeated(t *testing.T) {
	t.Parallel()
	body := `{"device_code":"c","user_code":"A","verification_uri":"https://login.example.com"}`
	s := serve(t, inTurn(hangUp, always("503 Service Unavailable", ""), always("200 OK", body, isJSON)))
	if _, err := connect(t, s).StartDevice(t.Context(), "terraform", "certificate"); err != nil || len(s.seen()) != 3 {
		t.Errorf("%d requests, %v", len(s.seen()), err)
	}
}
