package vedauth_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// TestAProtocolSwitch is an answer that is over with its header. Nothing is read from the connection that it leaves
// open: no deadline would end that, and Terraform would wait for ever.
func TestAProtocolSwitch(t *testing.T) {
	t.Parallel()
	const patience = 30 * time.Second // for a client that does not hang up
	ended := make(chan error, 1)
	s := serve(t, func(_ int, _ request, conn net.Conn) {
		raw(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		_, err := conn.Read(make([]byte, 1))
		ended <- err
	})
	_, err := connect(t, s).OAuth(t.Context(), login)
	if failure := asError(t, err); failure.Kind != vedauth.Unexpected || failure.Status != 101 {
		t.Errorf("kind %d, %v", failure.Kind, err)
	}
	if err := <-ended; errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the client did not hang up")
	}
}

// TestAPackedReplyThatIsCutOff: its grant can be revoked all the same, if the token can be read.
func TestAPackedReplyThatIsCutOff(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 4096) // of which gzip makes a whole block, without its end
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	whole := packed(fmt.Sprintf(`{"access_token":%q,"x":"%x"}`, accessInGoodToken, noise))
	for name, test := range map[string]struct {
		reply string
		grant bool
	}{
		"in its data":      {whole[:len(whole)-200], true},
		"in its beginning": {whole[:5], false},
		"behind it":        {whole + "garbage", true},
	} {
		s := serve(t, func(_ int, _ request, conn net.Conn) {
			raw(conn, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+test.reply)
		})
		_, err := connect(t, s).OAuth(t.Context(), login)
		failure := asError(t, err)
		if failure.Kind != vedauth.Ambiguous || (failure.Grant != nil) != test.grant {
			t.Errorf("%s: kind %d, a grant %t, %v", name, failure.Kind, failure.Grant != nil, err)
		}
		if failure.Grant != nil && failure.Grant.AccessToken.Reveal() != accessInGoodToken {
			t.Errorf("%s: another token", name)
		}
	}
}

// packed is text as gzip packs it.
func packed(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return out.String()
}
