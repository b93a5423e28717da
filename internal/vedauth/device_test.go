package vedauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

const deviceReply = `{"device_code":"mwMLUQJk-device","user_code":"BDWP-HQPK","verification_uri":"https://tpp.example.com/login",` +
	`"verification_uri_complete":"https://tpp.example.com/login?code=BDWP-HQPK","expires_in":300,"interval":7}`

func TestStartDevice(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	clock := func(c *vedauth.Config) { c.Now = func() time.Time { return now } }
	s := serveInMemory(t, always("200 OK", deviceReply, isJSON))
	device, err := connect(t, s, clock).StartDevice(t.Context(), "terra form", "ssh;certificate:manage")
	if err != nil {
		t.Fatal(err)
	}
	if device.ClientID != "terra form" || device.Code.Reveal() != "mwMLUQJk-device" || device.UserCode != "BDWP-HQPK" ||
		device.VerificationURI != "https://tpp.example.com/login" || !strings.HasSuffix(device.Complete, "?code=BDWP-HQPK") ||
		device.Interval != 7*time.Second || !device.Until.Equal(now.Add(5*time.Minute)) {
		t.Errorf("%+v", device)
	}
	r := s.seen()[0]
	if r.body != "client_id=terra+form&scope=ssh%3Bcertificate%3Amanage" || r.URL.Path != "/vedauth/Authorize/Device" ||
		r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s %s %v", r.URL, r.body, r.Header)
	}
}

// TestWhatADeviceReplyMayLack, and what it may hold that must not reach a person's terminal.
func TestWhatADeviceReplyMayLack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change *strings.Replacer
		want   string // of the error, or empty
	}{
		{strings.NewReplacer(`"interval":7`, `"x":1`, `"expires_in":300`, `"y":1`), ""},
		{strings.NewReplacer(`"interval":7`, `"interval":-7`, `"expires_in":300`, `"expires_in":-1`), ""},
		{strings.NewReplacer(`"verification_uri_complete"`, `"other"`), ""},
		{strings.NewReplacer("https://tpp.example.com/login?", "javascript:alert(1)?"), ""},
		{strings.NewReplacer("BDWP", `B\u001b[31m\u202eDWP`), ""},
		{strings.NewReplacer("device_code", "x"), "it has no device_code or no user_code"},
		{strings.NewReplacer("user_code", "x"), "it has no device_code or no user_code"},
		{strings.NewReplacer("verification_uri\":\"https:", "verification_uri\":\"http:"), "verification_uri is not an https address"},
		{strings.NewReplacer(`"verification_uri"`, `"x"`), "verification_uri is not an https address"},
		{strings.NewReplacer(`"interval":7`, `"interval":"7"`), "its interval is a JSON string"},
		{strings.NewReplacer(`}`, ``), "it ends in the middle of the JSON text"},
	} {
		s := serveInMemory(t, always("200 OK", test.change.Replace(deviceReply), isJSON))
		device, err := connect(t, s).StartDevice(t.Context(), "terraform", "ssh")
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			} else {
				mustNotHold(t, err.Error(), "mwMLUQJk", "BDWP")
			}
			continue
		}
		if err != nil || device.Interval < 5*time.Second || strings.ContainsAny(device.UserCode+device.Complete, "\x1b\u202e") ||
			strings.HasPrefix(device.Complete, "java") {
			t.Errorf("%+v, %v", device, err)
		}
	}
	_, err := connect(t, serveInMemory(t, always("400 Bad Request", `{"error":"invalid_client"}`))).StartDevice(t.Context(), "x", "ssh")
	if failure := asError(t, err); failure.Row.ID != "invalid-client" {
		t.Errorf("row %q", failure.Row.ID)
	}
}

// TestAwaitDevice polls in the time of a bubble.
func TestAwaitDevice(t *testing.T) {
	t.Parallel()
	refusal := func(code string) script { return always("400 Bad Request", `{"error":"`+code+`"}`, isJSON) }
	pending, slow, good := refusal("authorization_pending"), refusal("slow_down"), always("200 OK", goodToken, isJSON)
	for _, test := range []struct {
		name  string
		polls script
		took  time.Duration
		n     int
		want  string
	}{
		{"at once", good, 5 * time.Second, 1, ""},
		{"pending twice", inTurn(pending, pending, good), 15 * time.Second, 3, ""},
		{"slow down", inTurn(slow, pending, good), 25 * time.Second, 3, ""},
		{"busy", inTurn(always("503 Busy", ""), good), 15 * time.Second, 2, ""},
		{"a lost poll that changed nothing", inTurn(hangUp, good), 15 * time.Second, 2, ""},
		{"a lost poll that brought the token", inTurn(hangUp, refusal("invalid_grant")), 15 * time.Second, 2, "the new tokens are lost"},
		{"denied", inTurn(pending, refusal("access_denied")), 10 * time.Second, 2, "refused the request in the browser"},
		{"expired", refusal("expired_token"), 5 * time.Second, 1, "ended before anybody confirmed"},
		{"used up", refusal("invalid_grant"), 5 * time.Second, 1, "used, expired or revoked"},
		{"never confirmed", pending, 60 * time.Second, 12, "the code ended before anybody confirmed the login"},
		{"never reached", always("503 Busy", ""), 50 * time.Second, 4, "the last poll failed: the server cannot serve this now"},
		{"damaged", always("200 OK", goodToken+"x"), 5 * time.Second, 1, "it has other text behind the JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serveInMemory(t, test.polls)
				client := connect(t, s, func(c *vedauth.Config) { c.Wait = nil })
				began := time.Now()
				token, err := client.AwaitDevice(t.Context(), &vedauth.Device{
					ClientID: "terraform", Code: secret.New("mwMLUQJk-device"), Interval: 5 * time.Second, Until: began.Add(time.Minute),
				})
				if took := time.Since(began); took != test.took || len(s.seen()) != test.n {
					t.Errorf("%d polls in %v, want %d in %v", len(s.seen()), took, test.n, test.took)
				}
				if test.want == "" {
					if err != nil || token.AccessToken.Reveal() != accessInGoodToken {
						t.Error(err)
					}
				} else if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %q", err, test.want)
				}
				if test.name == "damaged" && asError(t, err).Grant == nil {
					t.Error("the grant is lost")
				}
				want := `{"client_id":"terraform","device_code":"mwMLUQJk-device","grant_type":"urn:ietf:params:oauth:grant-type:device_code"}`
				if s.seen()[0].body != want {
					t.Error(s.seen()[0].body)
				}
			})
		})
	}
}

func TestAwaitDeviceIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := serveInMemory(t, always("200 OK", goodToken))
	_, err := connect(t, s).AwaitDevice(ctx, &vedauth.Device{Code: secret.New("x"), Until: time.Now().Add(time.Hour)})
	if !errors.Is(err, context.Canceled) || len(s.seen()) != 0 {
		t.Errorf("%d polls, %v", len(s.seen()), err)
	}
}
