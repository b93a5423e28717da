package vedauth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

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
		"no interval and no expiry": {
			reply(pair, good, "", ""), "",
			vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second},
		},
		"interval 0": {
			reply(pair, good, "", `,"interval":0`), "",
			vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second},
		},
		"interval below 0": {
			reply(pair, good, "", `,"interval":-7,"expires_in":-1`), "",
			vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second},
		},
		"interval of years": {
			reply(pair, good, "", `,"interval":99999999,"expires_in":600`), "",
			vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 300 * time.Second},
		},
		"interval beyond the end": {
			reply(pair, good, "", `,"interval":60,"expires_in":60`), "",
			vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 30 * time.Second},
		},
		"escape sequences in the code": {
			reply(`AB\u001b[2J\u0007CD\r\nEF\u202e`, good, "", ""), "",
			vedauth.Device{UserCode: "AB[2JCDEF", VerificationURI: good, Interval: 5 * time.Second},
		},
		"marks that turn the text around": {
			reply(pair, good+`/\u202egro.elpmaxe`, "", ""), "",
			vedauth.Device{UserCode: pair, VerificationURI: good + "/gro.elpmaxe", Interval: 5 * time.Second},
		},
		"a code without end": {
			reply(strings.Repeat("A", 5000), good, "", ""), "",
			vedauth.Device{UserCode: strings.Repeat("A", 300), VerificationURI: good, Interval: 5 * time.Second},
		},
		"complete address to a script": {
			reply(pair, good, "javascript:alert(1)", ""), "",
			vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second},
		},
		"complete address in disguise": {
			reply(pair, good, "https://login.example.com@evil.example.net/", ""), "",
			vedauth.Device{UserCode: pair, VerificationURI: good, Interval: 5 * time.Second},
		},
		"address to a script": {
			reply(pair, "javascript:alert(1)", "", ""), "its verification_uri is not", vedauth.Device{},
		},
		"address without TLS": {
			reply(pair, "http://login.example.com/device", "", ""), "its verification_uri is not", vedauth.Device{},
		},
		"address of a file": {
			reply(pair, "file:///etc/passwd", "", ""), "its verification_uri is not", vedauth.Device{},
		},
		"address without a host": {
			reply(pair, "https:///device", "", ""), "its verification_uri is not", vedauth.Device{},
		},
		"address with escape sequences": {
			reply(pair, good+`\u001b]0;x`, "", ""), "its verification_uri is not", vedauth.Device{},
		},
		"address in disguise": {
			reply(pair, "https://login.example.com@evil.example.net/", "", ""), "its verification_uri is not",
			vedauth.Device{},
		},
		"no address":             {reply(pair, "", "", ""), "its verification_uri is not", vedauth.Device{}},
		"no code for the person": {reply("", good, "", ""), "no device_code or no user_code", vedauth.Device{}},
		"a code of escape characters alone": {reply(`\u001b\u0007\u202e`, good, "", ""), "no device_code or no " +
			"user_code", vedauth.Device{}},
		"no code for the machine": {
			`{"user_code":"A","verification_uri":"` + good + `"}`, "no device_code or no user_code",
			vedauth.Device{},
		},
		"wrong types": {`{"device_code":17,"user_code":"A"}`, "its device_code is a JSON " +
			"number", vedauth.Device{}},
		"a code quoted elsewhere": {
			reply("", good, "", `,"error":"c2VjcmV0IGRldmljZSBjb2Rl","error_description":"c2VjcmV0IGRldmljZSBjb2Rl"`),
			"no user_code", vedauth.Device{},
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
