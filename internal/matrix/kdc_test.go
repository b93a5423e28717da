package matrix_test

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"

	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
)

// kdc is a KDC that knows one account, and does what the cell has it do to one of the questions.
type kdc struct {
	fault    matrix.KDC
	listener *net.TCPListener
	release  <-chan struct{}
	account  *realm

	mu     sync.Mutex
	asked  int
	proofs int
	wg     sync.WaitGroup
}

func startKDC(t *testing.T, fault matrix.KDC, release <-chan struct{}) *kdc {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	k := &kdc{fault: fault, listener: listener, release: release, account: newRealm(fault)}
	k.wg.Go(k.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		k.wg.Wait()
	})
	return k
}

// address is where the KDC is, or was.
func (k *kdc) address() string {
	if k.fault.Does == matrix.IsGone && k.fault.At == matrix.Hello {
		return "127.0.0.1:1"
	}
	return k.listener.Addr().String()
}

// questions counts those that came, and logons those of them that carried a proof of the password.
func (k *kdc) questions() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked
}

func (k *kdc) logons() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.proofs
}

func (k *kdc) serve() {
	for {
		conn, err := k.listener.AcceptTCP()
		if err != nil {
			return
		}
		k.wg.Go(func() {
			defer func() { _ = conn.Close() }()
			k.handle(conn)
		})
	}
}

// handle takes one question.
func (k *kdc) handle(conn *net.TCPConn) {
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute)) // for a client that says nothing
	header := make([]byte, 4)
	if _, err := io.ReadFull(conn, header); err != nil {
		return
	}
	raw := make([]byte, binary.BigEndian.Uint32(header))
	if _, err := io.ReadFull(conn, raw); err != nil {
		return
	}
	question := k.note(raw)
	if k.fault.Does == matrix.IsGone && k.fault.At == question+1 {
		_ = k.listener.Close() // before the answer, behind which the next question comes
	}
	answer := k.account.answer(question, raw)
	if k.fault.At == question {
		k.misbehave(conn, answer)
		return
	}
	_, _ = conn.Write(framed(answer))
}

// note counts a question and tells which of the three it is.
func (k *kdc) note(raw []byte) matrix.Question {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	var logon messages.ASReq
	switch {
	case logon.Unmarshal(raw) != nil:
		return matrix.Ticket
	case logon.PAData.Contains(patype.PA_ENC_TIMESTAMP):
		k.proofs++
		return matrix.Proof
	default:
		return matrix.Hello
	}
}

// misbehave does what the cell is about; answer is what would be right.
func (k *kdc) misbehave(conn *net.TCPConn, answer []byte) {
	switch k.fault.Does {
	case matrix.HangsUp:
	case matrix.Resets:
		_ = conn.SetLinger(0)
	case matrix.KeepsSilent:
		<-k.release
	case matrix.Babbles:
		_, _ = conn.Write(framed([]byte("\x30\x82 this is no answer of a KDC")))
	case matrix.SaysNothing:
		_, _ = conn.Write(framed(nil))
	case matrix.Exaggerates:
		_, _ = conn.Write([]byte{0xff, 0xff, 0xff, 0xff})
	case matrix.BreaksOff:
		whole := framed(answer)
		_, _ = conn.Write(whole[:len(whole)/2])
	default:
		_, _ = conn.Write(framed(answer))
	}
}

// framed puts a message behind its length (RFC 4120, 7.2.2).
func framed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)
}
