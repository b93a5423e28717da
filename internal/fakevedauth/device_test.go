package fakevedauth_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

const pathDevice = "/vedauth/authorize/device"

func (p peer) startDevice() answer {
	p.t.Helper()
	got := p.post(pathDevice, certificateLogin())
	if got.status != 200 || got.text("device_code") == "" {
		p.t.Fatalf("%+v", got)
	}
	return got
}

func (p peer) poll(code string) answer {
	p.t.Helper()
	return p.post(pathToken, map[string]string{
		"client_id": fakevedauth.DefaultClientID, "device_code": code,
		"grant_type": "urn:ietf:params:oauth:grant-type:device_code",
	})
}

func TestDevice(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{DeviceURI: "https://tpp.example.com/device"})
	p := peerOf(t, fake)
	started := p.startDevice()
	code, userCode := started.text("device_code"), started.text("user_code")
	if started.number("expires_in") != 300 || started.number("interval") != 5 ||
		started.text("verification_uri") != "https://tpp.example.com/device" ||
		started.text("verification_uri_complete") != "https://tpp.example.com/device?user_code="+userCode {
		t.Errorf("%s", started.body)
	}
	if !slices.Contains(fake.Secrets(), code) || slices.Contains(fake.Secrets(), userCode) {
		t.Error("the device code is a secret, the user code is not")
	}
	p.poll(code).expect(t, 400, "", `"error":"authorization_pending"`)
	if waiting := fake.Devices(); len(waiting) != 1 || waiting[0].UserCode != userCode || waiting[0].Polls != 1 {
		t.Errorf("%+v", waiting)
	}
	if err := fake.Approve(userCode, "alice"); err != nil {
		t.Fatal(err)
	}
	got := p.poll(code)
	if got.status != 200 || got.text("refresh_token") == "" || got.json["identity"] != nil {
		t.Errorf("%+v", got)
	}
	p.poll(code).expect(t, 400, "", `"error":"invalid_grant"`)
	if fake.Approve(userCode, "alice") == nil || len(fake.Devices()) != 0 {
		t.Error("it still waits")
	}
	g := fake.Grants()
	if len(g) != 1 || g[0].Identity != fakevedauth.DefaultIdentity || g[0].Endpoint != fakevedauth.Token {
		t.Errorf("%+v", g)
	}
}

// TestDeviceAsForm: both calls take forms too; a refresh does not.
func TestDeviceAsForm(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	p := peerOf(t, fake)
	form := func(path string, fields url.Values) answer {
		got, err := p.try("POST", path, "application/x-www-form-urlencoded", fields.Encode(), "")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	started := form(pathDevice, url.Values{"client_id": {"terraform"}, "scope": {"certificate"}})
	if err := fake.Approve(started.text("user_code"), "local:alice"); err != nil {
		t.Fatal(err)
	}
	got := form(pathToken, url.Values{
		"client_id": {"terraform"}, "device_code": {started.text("device_code")},
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"},
	})
	got.expect(t, 200, "", "access_token")
	refresh := url.Values{"client_id": {"terraform"}, "refresh_token": {got.text("refresh_token")}}
	form(pathToken, refresh).expect(t, 415, "", "")
}

func TestDeviceDeniedAndExpired(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{DeviceExpiry: time.Minute})
	p := peerOf(t, fake)
	denied, expired := p.startDevice(), p.startDevice()
	if err := fake.Deny(denied.text("user_code")); err != nil {
		t.Fatal(err)
	}
	p.poll(denied.text("device_code")).expect(t, 400, "", `"error":"access_denied"`)
	fake.Advance(time.Minute)
	p.poll(expired.text("device_code")).expect(t, 400, "", `"error":"invalid_grant"`)
	fake.Configure(func(o *fakevedauth.Options) { o.DeviceExpiredToken = true })
	p.poll(expired.text("device_code")).expect(t, 400, "", `"error":"expired_token"`)
	if fake.Deny(expired.text("user_code")) == nil || fake.Approve(expired.text("user_code"), "nobody") == nil {
		t.Error("an expired flow was confirmed, or nobody confirmed it")
	}
}

// TestSlowDown: each poll that comes too early makes the interval longer.
func TestSlowDown(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{DeviceSlowDown: true, Now: at(1700000000).now})
	p := peerOf(t, fake)
	code := p.startDevice().text("device_code")
	for _, step := range []struct {
		wait time.Duration
		says string
	}{
		{0, "authorization_pending"},
		{4 * time.Second, "slow_down"},
		{9 * time.Second, "slow_down"},
		{15 * time.Second, "authorization_pending"},
	} {
		fake.Advance(step.wait)
		p.poll(code).expect(t, 400, "", step.says)
	}
}

func TestDeviceRefusals(t *testing.T) {
	t.Parallel()
	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
	fake.AddApplication(fakevedauth.Application{ClientID: "other", Scope: "certificate"})
	fake.AddUser(fakevedauth.User{Names: []string{"bob"}, Identity: "local:{b}"})
	p := peerOf(t, fake)
	p.post(pathDevice, with(certificateLogin(), "client_id", "")).expect(t, 400, "", "invalid_request")
	p.post(pathDevice, with(certificateLogin(), "scope", "")).expect(t, 400, "", "invalid_scope")
	p.post(pathDevice, with(certificateLogin(), "scope", "admin")).expect(t, 400, "", "invalid_scope")

	started := p.startDevice()
	code := started.text("device_code")
	fields := map[string]string{"client_id": "terraform", "device_code": code}
	p.post(pathToken, fields).expect(t, 400, "", "invalid_request")
	fields["grant_type"] = "urn:ietf:params:oauth:grant-type:device_code"
	p.post(pathToken, with(fields, "client_id", "other")).expect(t, 400, "", "invalid_grant")
	p.poll("nonsense").expect(t, 400, "", "invalid_grant")
	if err := fake.Approve(started.text("user_code"), "bob"); err != nil {
		t.Fatal(err)
	}
	p.poll(code).expect(t, 400, "", "unauthorized_client")

	fake.Configure(func(o *fakevedauth.Options) { o.Disabled = only(fakevedauth.Device) })
	p.post(pathDevice, certificateLogin()).expect(t, 400, "", "invalid_client")
}
