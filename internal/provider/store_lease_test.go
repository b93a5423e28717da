package provider_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
)

// noServer is a server that is down: it shows whether a lease is all that keeps a refresh from being tried.
type noServer struct{}

var errDown = errors.New("down")

func (noServer) Ping(context.Context) error { return errDown }
func (noServer) Refresh(context.Context, secret.String) (tokenstore.Tokens, error) {
	return tokenstore.Tokens{}, errDown
}

// TestBlocksShareAStoredGrantAndItsLease: as long as one of them is open, no other run refreshes the token away.
func TestBlocksShareAStoredGrantAndItsLease(t *testing.T) {
	t.Parallel()
	b, directory := withStore(t, fakevedauth.Options{}, nil)
	block := config{"refresh_token": b.seed("ssh")}
	first, second := b.openType(refreshed, block), b.openType(refreshed, block)
	third := b.openType("vedauth_token", config{"grants": []string{"refresh"}})
	for _, other := range []opened{second, third} {
		if other.result["access_token"] != first.result["access_token"] {
			t.Error("the blocks have different tokens")
		}
	}
	b.wantRefreshed(1)

	b.fake.Advance(fakevedauth.DefaultAccessTTL - time.Minute)
	store, err := tokenstore.New(tokenstore.Options{Dir: directory, Now: b.fake.Now})
	if err != nil {
		t.Fatal(err)
	}
	key, err := tokenstore.NewKey(b.fake.URL(), fakevedauth.DefaultClientID, "")
	if err != nil {
		t.Fatal(err)
	}
	kind := func() tokenstore.Kind {
		_, err := store.Acquire(
			t.Context(),
			tokenstore.Request{Key: key, Server: noServer{}, IfLeased: tokenstore.Refuse},
		)
		var failed *tokenstore.Error
		if !errors.As(err, &failed) {
			t.Fatalf("err = %v", err)
		}
		return failed.Kind
	}
	for i, block := range []opened{first, second, third} {
		if got := kind(); got != tokenstore.Leased {
			t.Errorf("%d of 3 blocks are open, and another run may refresh: kind %d", 3-i, got)
		}
		b.must(b.close(block.private))
	}
	if got := kind(); got != tokenstore.Kept {
		t.Errorf("every block is closed, and another run may not refresh: kind %d", got)
	}
	b.wantRefreshed(1)
}

// TestABlockThatAsksForMoreFailsAlone: a token that another block of the run uses is not refreshed away under it.
func TestABlockThatAsksForMoreFailsAlone(t *testing.T) {
	t.Parallel()
	b, _ := withStore(t, fakevedauth.Options{}, nil)
	first := b.openType(refreshed, config{"refresh_token": b.seed("ssh")})
	b.fake.Advance(fakevedauth.DefaultAccessTTL - 90*time.Minute)
	more := b.openIn(b.ctx, refreshed, config{"minimum_validity": "2h"})
	b.wantError(more.diags, "minimum_validity", "asks for 2h0m0s, but the token lives 1h")
	b.wantText(more.diags.warnings()[0], "", "another block of this run uses its access token", "same minimum_validity")
	b.wantRefreshed(1)

	b.must(b.close(first.private))
	b.must(b.close(b.openType(refreshed, config{"minimum_validity": "2h"}).private))
	b.wantRefreshed(2)
}
