package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// fakeKDC answers each request with what script returns for it, and closes the connection on nil.
type fakeKDC struct {
	address string
	script  func(number int, request messages.ASReq) []byte

	mutex    sync.Mutex
	requests []messages.ASReq
}

func startKDC(t *testing.T, script func(number int, request messages.ASReq) []byte) *fakeKDC {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	k := &fakeKDC{address: listener.Addr().String(), script: script}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			k.serve(conn)
		}
	}()
	return k
}

func (k *fakeKDC) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	header := make([]byte, 4)
	if _, err := io.ReadFull(conn, header); err != nil {
		return
	}
	raw := make([]byte, binary.BigEndian.Uint32(header))
	if _, err := io.ReadFull(conn, raw); err != nil {
		return
	}
	var request messages.ASReq
	if err := request.Unmarshal(raw); err != nil {
		return
	}
	k.mutex.Lock()
	k.requests = append(k.requests, request)
	number := len(k.requests)
	k.mutex.Unlock()
	if answer := k.script(number, request); answer != nil {
		_, _ = conn.Write(data32(answer))
	}
}

// proofs counts the requests that carried a proof of the password.
func (k *fakeKDC) proofs() int {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	count := 0
	for _, request := range k.requests {
		if request.PAData.Contains(patype.PA_ENC_TIMESTAMP) {
			count++
		}
	}
	return count
}

var kdcTime = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

func refuse(t *testing.T, code int32, hints types.PADataSequence) []byte {
	t.Helper()
	message := messages.NewKRBError(types.PrincipalName{NameType: 2, NameString: []string{"krbtgt", "A.TEST"}}, "A.TEST",
		code, "")
	message.STime = kdcTime
	if hints != nil {
		encoded, err := marshalPAData(hints)
		if err != nil {
			t.Error(err)
		}
		message.EData = encoded
	}
	encoded, err := message.Marshal()
	if err != nil {
		t.Error(err)
	}
	return encoded
}

func preauthHints(t *testing.T) types.PADataSequence {
	t.Helper()
	info, err := marshalETypeInfo2(18, "A.TESTalice")
	if err != nil {
		t.Error(err)
	}
	return types.PADataSequence{
		{PADataType: patype.PA_ENC_TIMESTAMP},
		{PADataType: patype.PA_ETYPE_INFO2, PADataValue: info},
	}
}

func clientOf(t *testing.T, kdcs ...*fakeKDC) *Client {
	t.Helper()
	content := "[libdefaults]\ndefault_realm = A.TEST\n[realms]\nA.TEST = {\n"
	for _, kdc := range kdcs {
		content += "kdc = " + kdc.address + "\n"
	}
	client, err := New(load(t, writeFile(t, "krb5.conf", content+"}\n")),
		Credential{Username: "alice", Password: secret.New("Pa55word")})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestRefusalsInWords(t *testing.T) {
	t.Parallel()
	for code, want := range map[int32]Problem{
		1: AccountRevoked, 6: UnknownUser, 12: Policy, 14: EncryptionType, 18: AccountRevoked, 23: PasswordExpired,
		24: WrongPassword, 37: ClockSkew, 60: OtherRefusal, 68: UnknownRealm,
	} {
		kdc := startKDC(t, func(int, messages.ASReq) []byte { return refuse(t, code, nil) })
		_, err := clientOf(t, kdc).Token(t.Context(), "HTTP/host", nil)
		var failed *Error
		if !errors.As(err, &failed) || failed.Problem != want || failed.Code != code || !failed.Refused() {
			t.Errorf("code %d: %v", code, err)
			continue
		}
		if !strings.Contains(err.Error(), fmt.Sprintf("(Kerberos error %d)", code)) || strings.Contains(err.Error(), "%!") {
			t.Errorf("code %d: %v", code, err)
		}
		if want == ClockSkew && !strings.Contains(err.Error(), "the KDC 2001-02-03T04:05:06Z") {
			t.Errorf("the clock is not told: %v", err)
		}
	}
}

// TestOneProof: whatever becomes of the request that proves the password, it goes out once, to one KDC.
func TestOneProof(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		second func() []byte
		want   Problem
	}{
		"wrong":        {func() []byte { return refuse(t, 24, nil) }, WrongPassword},
		"asked again":  {func() []byte { return refuse(t, 25, preauthHints(t)) }, Policy},
		"broken off":   {func() []byte { return nil }, NoAnswer},
		"no sense":     {func() []byte { return []byte("nonsense") }, Internal},
		"another skew": {func() []byte { return refuse(t, 37, nil) }, ClockSkew},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := func(_ int, request messages.ASReq) []byte {
				if !request.PAData.Contains(patype.PA_ENC_TIMESTAMP) {
					return refuse(t, 25, preauthHints(t))
				}
				return test.second()
			}
			first, second := startKDC(t, script), startKDC(t, script)
			_, err := clientOf(t, first, second).Token(t.Context(), "HTTP/host", nil)
			if problemOf(err) != test.want {
				t.Errorf("%v", err)
			}
			if got := first.proofs() + second.proofs(); got != 1 {
				t.Errorf("%d proofs of the password went out", got)
			}
		})
	}
}

// TestNextKDC: a KDC that cannot be reached, or that breaks off before any proof, makes way for the next.
func TestNextKDC(t *testing.T) {
	t.Parallel()
	silent := startKDC(t, func(int, messages.ASReq) []byte { return nil })
	last := startKDC(t, func(int, messages.ASReq) []byte { return refuse(t, 6, nil) })
	_, err := clientOf(t, &fakeKDC{address: "127.0.0.1:1"}, silent, last).Token(t.Context(), "HTTP/host", nil)
	if problemOf(err) != UnknownUser {
		t.Errorf("%v", err)
	}
	_, err = clientOf(t, &fakeKDC{address: "127.0.0.1:1"}).Token(t.Context(), "HTTP/host", nil)
	var failed *Error
	if !errors.As(err, &failed) || failed.Problem != NoKDC || failed.Refused() {
		t.Errorf("%v", err)
	}
}

// TestHostileKDC: answers that are wrong in every way are errors, not panics, and not huge allocations.
func TestHostileKDC(t *testing.T) {
	t.Parallel()
	endless, err := marshalETypeInfo2(18, "salt", 0x7f, 0xff, 0xff, 0xff)
	if err != nil {
		t.Fatal(err)
	}
	for name, hints := range map[string]types.PADataSequence{
		"endless derivation": {{PADataType: patype.PA_ENC_TIMESTAMP}, {PADataType: patype.PA_ETYPE_INFO2,
			PADataValue: endless}},
		"empty list": {{PADataType: patype.PA_ENC_TIMESTAMP}, {PADataType: patype.PA_ETYPE_INFO2,
			PADataValue: []byte{0x30, 0}}},
		"no timestamp": {{PADataType: 151}},
	} {
		kdc := startKDC(t, func(int, messages.ASReq) []byte { return refuse(t, 25, hints) })
		if _, err := clientOf(t, kdc).Token(t.Context(), "HTTP/host", nil); problemOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	released := make(chan struct{})
	kdc := startKDC(t, func(int, messages.ASReq) []byte {
		cancel()
		<-released
		return nil
	})
	defer close(released)
	if _, err := clientOf(t, kdc).Token(ctx, "HTTP/host", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// overdue is a context whose end is that of its time.
type overdue struct{ context.Context }

func (c overdue) Err() error {
	if c.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

// TestTimeIsUp: a KDC that keeps silent for all the time there is has been asked, which the caller must not take for a
// request that it may send again.
func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	released := make(chan struct{})
	kdc := startKDC(t, func(_ int, request messages.ASReq) []byte {
		if !request.PAData.Contains(patype.PA_ENC_TIMESTAMP) {
			return refuse(t, 25, preauthHints(t))
		}
		cancel()
		<-released
		return nil
	})
	defer close(released)
	_, err := clientOf(t, kdc).Token(overdue{ctx}, "HTTP/host", nil)
	if problemOf(err) != NoAnswer || !strings.Contains(err.Error(), kdc.address+" in time") {
		t.Errorf("%v", err)
	}
}

func TestUserNames(t *testing.T) {
	t.Parallel()
	config := load(t,
		writeFile(t, "krb5.conf", "[libdefaults]\ndefault_realm = A.TEST\n[realms]\nlower.test = {\nkdc = x\n}\n"))
	for username, want := range map[string]string{
		"alice": "alice@A.TEST", "alice@b.test": "alice@B.TEST", "alice@lower.test": "alice@lower.test",
		`b.test\alice`:    "alice@B.TEST",
		"svc/host@B.TEST": "svc/host@B.TEST", "a@b@C.TEST": "a@b@C.TEST",
	} {
		client, err := New(config, Credential{Username: username, Password: secret.New("x")})
		if err != nil || client.User() != want {
			t.Errorf("%s: %v, %v", username, client, err)
		}
	}
	for username, want := range map[string]Problem{"": UnknownUser, `SHORT\alice`: Realmless} {
		if _, err := New(config, Credential{Username: username, Password: secret.New("x")}); problemOf(err) != want {
			t.Errorf("%q: %v", username, err)
		}
	}
	if _, err := New(load(t), Credential{Username: "alice", Password: secret.New("x")}); problemOf(err) != Realmless {
		t.Errorf("no default realm: %v", err)
	}
}
