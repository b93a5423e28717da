package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/session"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// TestTheTimeOfAnOpenBeginsWithIt and not with its turn: while nobody knows whether a password is right, one request
// with it goes alone, and others wait for what becomes of it.
func TestTheTimeOfAnOpenBeginsWithIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		grant := oauthGrant()
		const timeout = time.Minute
		client, err := vedauth.New(vedauth.Config{Server: "https://tpp.example.com", Timeout: timeout})
		if err != nil {
			t.Fatal(err)
		}
		s := &settings{session: session.NewProcess().NewSession(), client: client}
		began, ends := time.Now(), make(chan time.Time, 3)
		cred := credential{key: secret.Each("alice", "password"), lockable: true}
		cred.authorize = func(ctx context.Context, _ *vedauth.Client, _ *tokenRequest) (*vedauth.Token, error) {
			end, _ := ctx.Deadline()
			ends <- end
			<-time.After(timeout)
			return nil, &vedauth.Error{Kind: vedauth.Unreachable}
		}
		var all sync.WaitGroup
		for i := range cap(ends) {
			all.Go(func() {
				request := &tokenRequest{clientID: "terraform", scope: fmt.Sprintf("certificate:s%d", i)}
				_, _, err := grant.open(t.Context(), s, client, order{kind: "ephemeral"}, cred, request)
				var failure *vedauth.Error
				if !errors.As(err, &failure) || failure.Kind != vedauth.Unreachable {
					t.Errorf("err = %v", err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took != 2*timeout {
			t.Errorf("took %v, want one after the other and then all", took)
		}
		for range cap(ends) {
			if end := <-ends; !end.Equal(began.Add(3 * timeout)) {
				t.Errorf("a request could take until %v after the beginning, want %v", end.Sub(began), 3*timeout)
			}
		}
	})
}
