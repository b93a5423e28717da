package kerberos

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// maxStretching bounds the rounds of key derivation that a KDC can ask for (RFC 3962 says 4096).
const maxStretching = 10_000_000

// logonRequest is an AS request in the making.
type logonRequest struct {
	client  *Client
	message messages.ASReq
	// hint is how the KDC wants the key to be made, learnt from its first answer.
	hint types.ETypeInfo2Entry
}

func (c *Client) newLogonRequest() (*logonRequest, error) {
	encryption := c.config.encryption
	if len(c.keys) > 0 {
		encryption = slices.DeleteFunc(slices.Clone(encryption), func(t int32) bool { return c.keyFor(t) == nil })
	}
	realm := c.user.realm
	body, err := requestBody(c.user, principal{realm: realm, name: []string{"krbtgt", realm}}, encryption, c.now())
	if err != nil {
		return nil, err
	}
	request := &logonRequest{client: c, message: messages.ASReq{KDCReqFields: messages.KDCReqFields{
		PVNO: protocolVersion, MsgType: messageLogon, ReqBody: body,
	}}}
	request.hint = types.ETypeInfo2Entry{EType: encryption[0]}
	return request, nil
}

func (c *Client) keyFor(encryption int32) *key {
	for i := range c.keys {
		if c.keys[i].encryption == encryption {
			return &c.keys[i]
		}
	}
	return nil
}

func (r *logonRequest) encode() ([]byte, error) {
	encoded, err := r.message.Marshal()
	if err != nil {
		return nil, garbled("request")
	}
	return encoded, nil
}

// prove adds the proof of the key: the time, encrypted under it.
func (r *logonRequest) prove(hints types.PADataSequence) error {
	r.readHints(hints)
	if len(hints) > 0 && !hints.Contains(patype.PA_ENC_TIMESTAMP) {
		code := int32(codePreauthRequired)
		if !hints.Contains(patype.PA_ETYPE_INFO2) { // The KDC has no key of the account that it could describe.
			code = codeNoEncryption
		}
		return r.refused(code)
	}
	k, err := r.key(r.hint)
	if err != nil {
		return err
	}
	stamp, err := types.GetPAEncTSEncAsnMarshalled()
	if err != nil {
		return garbled("time")
	}
	encrypted, err := crypto.GetEncryptedData(stamp, k.wire(), keyusage.AS_REQ_PA_ENC_TIMESTAMP, 0)
	if err != nil {
		return garbled("proof")
	}
	proof, err := encrypted.Marshal()
	if err != nil {
		return garbled("proof")
	}
	r.message.PAData = types.PADataSequence{{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: proof}}
	return nil
}

// refused explains a refusal that is found on this side.
func (r *logonRequest) refused(code int32) error {
	user := r.client.user
	return refused(code, user.String(), "krbtgt/"+user.realm, user.realm, time.Time{}, r.client.now())
}

// readHints takes the first way of making the key that was asked for, and is thus supported.
func (r *logonRequest) readHints(hints types.PADataSequence) {
	for _, hint := range hints {
		if hint.PADataType != patype.PA_ETYPE_INFO2 {
			continue
		}
		entries, err := hint.GetETypeInfo2()
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if slices.Contains(r.message.ReqBody.EType, entry.EType) {
				r.hint = entry
				return
			}
		}
	}
}

// key returns the user's key of that kind: the keytab's, or one made from the password.
func (r *logonRequest) key(hint types.ETypeInfo2Entry) (key, error) {
	if len(r.client.keys) > 0 {
		if k := r.client.keyFor(hint.EType); k != nil {
			return *k, nil
		}
		return key{}, problem(Keytab, "Make a new keytab with AES keys.",
			"the keytab has no key of encryption type %d, which the KDC wants for %s", hint.EType, r.client.user)
	}
	cipher, err := crypto.GetEtype(hint.EType)
	if err != nil {
		return key{}, r.refused(codeNoEncryption)
	}
	salt, rounds := hint.Salt, cipher.GetDefaultStringToKeyParams()
	if salt == "" {
		salt = r.message.ReqBody.CName.GetSalt(r.client.user.realm)
	}
	if len(hint.S2KParams) == 4 && hint.EType != rc4 {
		if n := binary.BigEndian.Uint32(hint.S2KParams); n == 0 || n > maxStretching {
			return key{}, garbled("key derivation without end")
		}
		rounds = hex.EncodeToString(hint.S2KParams)
	}
	value, err := cipher.StringToKey(r.client.password.Reveal(), salt, rounds)
	if err != nil {
		return key{}, garbled("key derivation")
	}
	return key{hint.EType, value}, nil
}

// open decrypts the reply. A KDC that asked for no proof lets a wrong password come out only here.
func (r *logonRequest) open(reply []byte) (*ticket, error) {
	var message messages.ASRep
	if message.Unmarshal(reply) != nil {
		return nil, garbled("neither a ticket nor a refusal")
	}
	r.readHints(message.PAData)
	hint := r.hint
	hint.EType = message.EncPart.EType
	k, err := r.key(hint)
	if err != nil {
		return nil, err
	}
	plain, err := crypto.DecryptEncPart(message.EncPart, k.wire(), keyusage.AS_REP_ENCPART)
	if err != nil {
		return nil, r.refused(codePreauthFailed)
	}
	var part messages.EncKDCRepPart
	if part.Unmarshal(plain) != nil || part.Nonce != r.message.ReqBody.Nonce {
		return nil, garbled("it answers another request")
	}
	r.client.user = principal{realm: message.CRealm, name: message.CName.NameString}
	issued, err := newTicket(message.Ticket, part.Key)
	if err != nil {
		return nil, err
	}
	issued.realm = message.CRealm
	return issued, nil
}
