package winauth

import (
	"context"
	"encoding/binary"
	"errors"
	"syscall"

	"github.com/alexbrainman/sspi"
)

// maxToken is the most that Windows' packages put into a token.
const maxToken = 1 << 16

// loggedOnPlan logs in as the user who is logged on to this machine, without a password: Windows has it.
func loggedOnPlan(mechanism Mechanism) (*plan, error) {
	name, used := sspi.NEGOSSP_NAME, Negotiate
	if mechanism == NTLM {
		name, used = sspi.NTLMSP_NAME, NTLM
	}
	return &plan{mechanism: used, steps: func(spn string) (steps, error) { return newSSPI(name, spn) }}, nil
}

// sspiSteps lets Windows choose and make the tokens. Any of them may be the last, so the body goes with each.
type sspiSteps struct {
	ntlm        bool
	target      *uint16
	credentials *sspi.Credentials
	session     *sspi.Context
}

func newSSPI(name, spn string) (*sspiSteps, error) {
	target, err := syscall.UTF16PtrFromString(spn)
	if err != nil {
		return nil, setup("Correct spn.", "the server's name has a zero character")
	}
	credentials, err := sspi.AcquireCredentials("", name, sspi.SECPKG_CRED_OUTBOUND, nil)
	if err != nil {
		return nil, setup("Set username and password.", "Windows gives no credentials of the logged-on user: %v", err)
	}
	s := &sspiSteps{ntlm: name == sspi.NTLMSP_NAME, target: target, credentials: credentials}
	s.session = sspi.NewClientContext(credentials, sspi.ISC_REQ_CONNECTION)
	return s, nil
}

func (s *sspiSteps) scheme(offered challenges) string {
	wanted := "negotiate"
	if s.ntlm {
		wanted = "ntlm"
	}
	if offered.has(wanted) {
		return wanted
	}
	return ""
}

func (s *sspiSteps) next(_ context.Context, challenge, binding []byte) (token []byte, last bool, err error) {
	var in []sspi.SecBuffer
	add := func(kind uint32, data []byte) {
		if len(data) > 0 {
			var b sspi.SecBuffer
			b.Set(kind, data)
			in = append(in, b)
		}
	}
	add(sspi.SECBUFFER_TOKEN, challenge)
	if binding != nil {
		add(sspi.SECBUFFER_CHANNEL_BINDINGS, sspiBinding(binding))
	}
	var input *sspi.SecBufferDesc
	if len(in) > 0 {
		input = sspi.NewSecBufferDesc(in)
	}
	out := make([]sspi.SecBuffer, 1)
	buffer := make([]byte, maxToken)
	out[0].Set(sspi.SECBUFFER_TOKEN, buffer)
	switch code := s.session.Update(s.target, sspi.NewSecBufferDesc(out), input); code {
	case sspi.SEC_E_OK, sspi.SEC_I_CONTINUE_NEEDED:
	case sspi.SEC_I_COMPLETE_NEEDED, sspi.SEC_I_COMPLETE_AND_CONTINUE:
		if code := sspi.CompleteAuthToken(s.session.Handle, sspi.NewSecBufferDesc(out)); code != sspi.SEC_E_OK {
			return nil, false, setup("Set username and password.", "Windows cannot log on to the server: %v", code)
		}
	default:
		return nil, false, setup("Check that this machine is in the server's domain, and spn; or set username and password.",
			"Windows cannot log on to the server: %v", code)
	}
	if out[0].BufferSize == 0 || int(out[0].BufferSize) > len(buffer) {
		return nil, false, &TransportError{Err: errors.New("Windows has nothing to answer to the server's challenge")}
	}
	return buffer[:out[0].BufferSize], true, nil
}

func (s *sspiSteps) more() bool   { return true }
func (s *sspiSteps) user() string { return "the logged-on user" }

func (s *sspiSteps) close() {
	if s.session.Handle != nil {
		_ = s.session.Release() // Nothing can be done about it, and nothing depends on it.
	}
	_ = s.credentials.Release()
}

// sspiBinding is SEC_CHANNEL_BINDINGS: a header of eight numbers, then the data.
func sspiBinding(data []byte) []byte {
	const header = 32
	b := make([]byte, header, header+len(data))
	binary.LittleEndian.PutUint32(b[24:], uint32(len(data)))
	binary.LittleEndian.PutUint32(b[28:], header)
	return append(b, data...)
}
