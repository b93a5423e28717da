package acceptance_test

import (
	"encoding/json"
	"net/url"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// confirmedCode is the device code of a login that a person has confirmed.
func (w *world) confirmedCode(scope string) string {
	w.t.Helper()
	device, user := w.deviceCode(scope)
	if err := w.fake.Approve(user, fakevedauth.DefaultUser); err != nil {
		w.t.Fatal(err)
	}
	return device
}

// deviceCode begins a login by hand.
func (w *world) deviceCode(scope string) (device, user string) {
	w.t.Helper()
	form := url.Values{"client_id": {fakevedauth.DefaultClientID}, "scope": {scope}}
	resp, err := w.fake.Client().PostForm(w.fake.URL()+"/vedauth/authorize/device", form)
	if err != nil {
		w.t.Fatal(err)
	}
	var codes struct {
		Device string `json:"device_code"`
		User   string `json:"user_code"`
	}
	err = json.NewDecoder(resp.Body).Decode(&codes)
	_ = resp.Body.Close()
	if err != nil {
		w.t.Fatal(err)
	}
	return codes.Device, codes.User
}
