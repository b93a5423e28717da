package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// callsPerRound is how many calls of each kind a round makes; the median of them is the round's value.
const callsPerRound = 50

// caller compares a login by our client with the bare request that it sends.
type caller struct {
	url    string
	client *vedauth.Client
	bare   *http.Client
	body   []byte
}

func newCaller(server *fakevedauth.Server) (*caller, error) {
	client, err := vedauth.New(vedauth.Config{
		Server: server.URL(), CAPEM: []byte(server.CAPEM()), UserAgent: "bench", Getenv: func(string) string { return "" },
	})
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]string{
		"client_id": fakevedauth.DefaultClientID, "username": fakevedauth.DefaultUser,
		"password": fakevedauth.DefaultPassword, "scope": scope,
	})
	return &caller{server.URL() + "/vedauth/Authorize/OAuth", client, server.Client(), body}, err
}

// authorize logs in as the provider does.
func (c *caller) authorize(ctx context.Context) error {
	_, err := c.client.OAuth(ctx, vedauth.OAuthRequest{
		ClientID: fakevedauth.DefaultClientID, Scope: scope,
		Username: fakevedauth.DefaultUser, Password: secret.New(fakevedauth.DefaultPassword),
	})
	return err
}

// post sends the same request on a kept connection, and reads the answer without looking at it.
func (c *caller) post(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(c.body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.bare.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the bare request was answered with %s", answer.Status)
	}
	return err
}

// compare makes calls of both kinds in turns and returns the median seconds of each.
func (c *caller) compare(ctx context.Context) (authorize, post float64, err error) {
	var ours, bare Series
	for range callsPerRound {
		for series, call := range map[*Series]func(context.Context) error{&ours: c.authorize, &bare: c.post} {
			began := time.Now()
			if err := call(ctx); err != nil {
				return 0, 0, err
			}
			*series = append(*series, time.Since(began).Seconds())
		}
	}
	return ours.Median(), bare.Median(), nil
}
