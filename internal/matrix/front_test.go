package matrix_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// frontCertificate is that of all fronts.
var frontCertificate = sync.OnceValue(func() tls.Certificate {
	made, err := badCertificates().authority.IssueServer(fakevedauth.ServerSpec{Addresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	must(err)
	return made
})

// startRealm starts what a Windows logon needs: a KDC, with the fault in place, and a server in front that takes
// tickets and NTLM.
func (w *world) startRealm() {
	w.t.Helper()
	w.secrets = append(w.secrets, accountPassword, otherPassword)
	w.kdc = startKDC(w.t, w.cell.Fault.KDC, w.release)
	w.krb5Conf = filepath.Join(w.t.TempDir(), "krb5.conf")
	conf := fmt.Sprintf("[libdefaults]\ndns_lookup_kdc = no\n[realms]\n%s = {\nkdc = %s\n}\n", realmName, w.kdc.address())
	w.must(os.WriteFile(w.krb5Conf, []byte(conf), 0o600))
	w.front = httptest.NewUnstartedServer(http.HandlerFunc(w.logOn))
	w.front.TLS = &tls.Config{Certificates: []tls.Certificate{frontCertificate()}, MinVersion: tls.VersionTLS12}
	w.front.StartTLS()
	w.t.Cleanup(w.front.Close)
}

// logOn is the front: it hands on what comes from somebody whom it knows, with the name.
func (w *world) logOn(response http.ResponseWriter, request *http.Request) {
	const user = "X-Remote-User"
	request.Header.Del(user)
	if !strings.EqualFold(request.URL.Path, "/vedauth/"+string(refusal.Integrated)) {
		w.fake.ServeHTTP(response, request)
		return
	}
	scheme, encoded, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	token, err := base64.StdEncoding.DecodeString(encoded)
	ticket := w.kdc.account.lastTicket()
	switch {
	case err != nil:
		response.WriteHeader(http.StatusBadRequest)
	case ntlmType(token) == 1:
		response.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(ntlmChallenge()))
		response.WriteHeader(http.StatusUnauthorized)
	case ntlmType(token) == 3 && ntlmUser(token) == account,
		ticket != nil && bytes.Contains(token, ticket) && w.cell.Fault.Front != matrix.RefusesTicket:
		request.Header.Del("Authorization")
		request.Header.Set(user, accountName)
		w.fake.ServeHTTP(response, request)
	default:
		response.Header()["Www-Authenticate"] = map[matrix.Front][]string{
			matrix.OffersNTLM: {"NTLM"}, matrix.OffersBasic: {`Basic realm="x"`},
		}[w.cell.Fault.Front]
		if response.Header()["Www-Authenticate"] == nil {
			response.Header()["Www-Authenticate"] = []string{"Negotiate", "NTLM"}
		}
		response.WriteHeader(http.StatusUnauthorized)
	}
}

// ntlmType is the number of an NTLM message, 0 for anything else.
func ntlmType(token []byte) uint32 {
	if len(token) < 64 && !bytes.HasPrefix(token, []byte("NTLMSSP\x00\x01")) || !bytes.HasPrefix(token, []byte("NTLMSSP\x00")) {
		return 0
	}
	return binary.LittleEndian.Uint32(token[8:])
}

// ntlmChallenge is message 2, which asks for Unicode.
func ntlmChallenge() []byte {
	m := make([]byte, 48)
	copy(m, "NTLMSSP\x00\x02")
	binary.LittleEndian.PutUint32(m[20:], 1)
	copy(m[24:], random(8))
	return m
}

// ntlmUser is the user of message 3.
func ntlmUser(token []byte) string {
	length, offset := int(binary.LittleEndian.Uint16(token[36:])), int(binary.LittleEndian.Uint32(token[40:]))
	if offset < 0 || offset+length > len(token) {
		return ""
	}
	units := make([]uint16, 0, length/2)
	for i := offset; i+1 < offset+length; i += 2 {
		units = append(units, binary.LittleEndian.Uint16(token[i:]))
	}
	return string(utf16.Decode(units))
}

// checkLogons: a password is proved once at most, vedauth is asked by those only whom the front knows, and who was told
// of a wrong password is not logged on once more by the next block.
func (w *world) checkLogons(r *run, end matrix.End) {
	w.t.Helper()
	if w.cell.Call != matrix.Logon {
		return
	}
	if w.cell.Fault.KDC.Code == codeWrongProof {
		if again := r.open(w.cell.Grant); again.end != matrix.Fails {
			w.errorf("the second block: %s", again.text)
		}
	}
	if logons := w.kdc.logons(); logons > 1 {
		w.errorf("%d logons", logons)
	}
	tokens := 1
	if end == matrix.Fails {
		tokens = 0
	}
	if got := len(w.fake.RequestsTo(refusal.Integrated)); got != tokens {
		w.errorf("%d requests for a token, want %d", got, tokens)
	}
}
