package matrix_test

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/vedauth/terraform-provider-vedauth/internal/matrix"
)

// The account of all cells.
const (
	realmName       = "A.TEST"
	accountName     = "alice"
	account         = accountName + "@" + realmName
	accountPassword = "Pa55word-of-the-account"
	otherPassword   = "Pa55word-of-yesterday"
	codeWrongProof  = 24
	codeWantsProof  = 25
)

// realm is what a KDC knows and says.
type realm struct {
	fault matrix.KDC
	key   types.EncryptionKey // of the account

	mu      sync.Mutex
	session types.EncryptionKey
	issued  []byte // the ticket for the service
}

func newRealm(fault matrix.KDC) *realm {
	r := &realm{fault: fault, key: keyOf(accountPassword), session: types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96}}
	r.session.KeyValue = random(32)
	if fault.Code == codeWrongProof { // then it is so
		r.key = keyOf(otherPassword)
	}
	return r
}

func keyOf(password string) types.EncryptionKey {
	cipher, err := crypto.GetEtype(etypeID.AES256_CTS_HMAC_SHA1_96)
	must(err)
	value, err := cipher.StringToKey(password, realmName+accountName, cipher.GetDefaultStringToKeyParams())
	must(err)
	return types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: value}
}

// answer is the right answer to a question, or the refusal that the cell is about.
func (r *realm) answer(question matrix.Question, raw []byte) []byte {
	if r.fault.Does == matrix.Refuses && r.fault.At == question && r.fault.Code != codeWrongProof {
		return refuse(r.fault.Code, hints())
	}
	switch question {
	case matrix.Hello:
		return refuse(codeWantsProof, hints())
	case matrix.Proof:
		return r.logOn(raw)
	default:
		return r.serviceTicket(raw)
	}
}

// refuse makes a KRB-ERROR.
func refuse(code int32, hints types.PADataSequence) []byte {
	message := messages.NewKRBError(principal("krbtgt", realmName), realmName, code, "")
	encoded, err := asn1.Marshal(hints)
	must(err)
	message.EData = encoded
	whole, err := message.Marshal()
	must(err)
	return whole
}

// hints say how a proof is to be made.
func hints() types.PADataSequence {
	info, err := asn1.Marshal(types.ETypeInfo2{{EType: etypeID.AES256_CTS_HMAC_SHA1_96, Salt: realmName + accountName}})
	must(err)
	return types.PADataSequence{{PADataType: patype.PA_ENC_TIMESTAMP}, {PADataType: patype.PA_ETYPE_INFO2, PADataValue: info}}
}

// logOn checks the proof and gives a ticket-granting ticket.
func (r *realm) logOn(raw []byte) []byte {
	var request messages.ASReq
	must(request.Unmarshal(raw))
	for _, data := range request.PAData {
		var proof types.EncryptedData
		if data.PADataType != patype.PA_ENC_TIMESTAMP {
			continue
		}
		must(proof.Unmarshal(data.PADataValue))
		if _, err := crypto.DecryptEncPart(proof, r.key, keyusage.AS_REQ_PA_ENC_TIMESTAMP); err != nil {
			return refuse(codeWrongProof, nil)
		}
	}
	fields := r.reply(request.ReqBody, msgtype.KRB_AS_REP, r.session, r.key, keyusage.AS_REP_ENCPART)
	reply := messages.ASRep{KDCRepFields: fields}
	whole, err := reply.Marshal()
	must(err)
	return whole
}

// serviceTicket gives a ticket for the service.
func (r *realm) serviceTicket(raw []byte) []byte {
	var request messages.TGSReq
	must(request.Unmarshal(raw))
	key := types.EncryptionKey{KeyType: r.session.KeyType, KeyValue: random(32)}
	fields := r.reply(request.ReqBody, msgtype.KRB_TGS_REP, key, r.session, keyusage.TGS_REP_ENCPART_SESSION_KEY)
	reply := messages.TGSRep{KDCRepFields: fields}
	whole, err := reply.Marshal()
	must(err)
	ticket, err := fields.Ticket.Marshal()
	must(err)
	r.mu.Lock()
	r.issued = ticket
	r.mu.Unlock()
	return whole
}

// lastTicket is the ticket for the service that was given out, nil if there is none.
func (r *realm) lastTicket() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.issued
}

// reply answers a request with a ticket that the client cannot read, and its key, sealed under another key.
func (r *realm) reply(body messages.KDCReqBody, kind int, key, under types.EncryptionKey, usage uint32) messages.KDCRepFields {
	now := time.Now().UTC().Truncate(time.Second)
	part := messages.EncKDCRepPart{
		Key: key, LastReqs: []messages.LastReq{{LRValue: now}}, Nonce: body.Nonce, Flags: types.NewKrbFlags(),
		AuthTime: now, StartTime: now, EndTime: now.Add(time.Hour), RenewTill: now.Add(time.Hour), KeyExpiration: now.Add(time.Hour),
		SRealm: realmName, SName: body.SName,
	}
	plain, err := part.Marshal()
	must(err)
	sealed, err := crypto.GetEncryptedData(plain, under, usage, 1)
	must(err)
	return messages.KDCRepFields{
		PVNO: 5, MsgType: kind, CRealm: realmName, CName: principal(accountName), EncPart: sealed,
		Ticket: messages.Ticket{
			TktVNO: 5, Realm: realmName, SName: body.SName,
			EncPart: types.EncryptedData{EType: etypeID.AES256_CTS_HMAC_SHA1_96, KVNO: 1, Cipher: random(96)},
		},
	}
}

func principal(parts ...string) types.PrincipalName {
	return types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: parts}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, by its contract
	return b
}
