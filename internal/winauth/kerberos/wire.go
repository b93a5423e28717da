package kerberos

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// ticketLifetime is how long a ticket is asked for; it is used within seconds.
const ticketLifetime = time.Hour

// Message types (RFC 4120, 7.5.7).
const (
	protocolVersion = 5
	messageLogon    = 10
	messageTicket   = 12
)

// kdcRefusal is what a KDC says instead of a ticket.
type kdcRefusal struct {
	code  int32
	time  time.Time
	hints types.PADataSequence
}

// parseRefusal returns nil for any other message.
func parseRefusal(reply []byte) *kdcRefusal {
	var message messages.KRBError
	if message.Unmarshal(reply) != nil {
		return nil
	}
	refusal := &kdcRefusal{code: message.ErrorCode, time: message.STime}
	if hints := (types.PADataSequence{}); hints.Unmarshal(message.EData) == nil {
		refusal.hints = hints
	}
	return refusal
}

// garbled is a reply of a KDC that makes no sense.
func garbled(what string) error {
	return problem(Internal, "Look at the KDC's log; check that the address in krb5.conf is a KDC's.",
		"the KDC's answer cannot be read: %s", what)
}

func newNonce() (int, error) {
	b := make([]byte, 4)
	if _, err := rand.Read(b); err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint32(b) >> 1), nil
}

func (p principal) wire(kind int32) types.PrincipalName {
	return types.PrincipalName{NameType: kind, NameString: p.name}
}

func (k key) wire() types.EncryptionKey {
	return types.EncryptionKey{KeyType: k.encryption, KeyValue: k.value}
}

func requestBody(client, service principal, encryption []int32, now time.Time) (messages.KDCReqBody, error) {
	nonce, err := newNonce()
	kind := nametype.KRB_NT_SRV_HST
	if service.name[0] == "krbtgt" {
		kind = nametype.KRB_NT_SRV_INST
	}
	return messages.KDCReqBody{
		KDCOptions: types.NewKrbFlags(),
		CName:      client.wire(nametype.KRB_NT_PRINCIPAL),
		Realm:      service.realm,
		SName:      service.wire(kind),
		Till:       now.UTC().Add(ticketLifetime),
		Nonce:      nonce,
		EType:      encryption,
	}, err
}

// ticketRequest encodes a TGS request: the ticket-granting ticket, and an authenticator over the request's body.
func (c *Client) ticketRequest(tgt *ticket, service principal) (encoded []byte, nonce int, err error) {
	service.realm = tgt.realm
	body, err := requestBody(c.user, service, c.config.encryption, c.now())
	if err != nil {
		return nil, 0, err
	}
	types.SetFlag(&body.KDCOptions, flags.Canonicalize) // Without it a KDC does not refer to another realm.
	raw, err := body.Marshal()
	if err != nil {
		return nil, 0, garbled("request")
	}
	cipher, err := crypto.GetEtype(tgt.key.encryption)
	if err != nil {
		return nil, 0, problem(EncryptionType,
			"Have AES enabled for the account, and run kinit again if this is a ticket cache.",
			"the ticket of %s is of encryption type %d, which is not supported", c.user, tgt.key.encryption)
	}
	sum, err := cipher.GetChecksumHash(tgt.key.value, raw, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM)
	if err != nil {
		return nil, 0, garbled("checksum")
	}
	shown, err := c.show(tgt, types.Checksum{CksumType: cipher.GetHashID(), Checksum: sum})
	if err != nil {
		return nil, 0, err
	}
	request := messages.TGSReq{KDCReqFields: messages.KDCReqFields{
		PVNO: protocolVersion, MsgType: messageTicket, ReqBody: body,
		PAData: types.PADataSequence{{PADataType: patype.PA_TGS_REQ, PADataValue: shown}},
	}}
	encoded, err = request.Marshal()
	return encoded, body.Nonce, err
}

// show makes the message (AP-REQ) that presents a ticket, with an authenticator that carries sum.
func (c *Client) show(t *ticket, sum types.Checksum) ([]byte, error) {
	var parsed messages.Ticket
	if err := parsed.Unmarshal(t.der); err != nil {
		return nil, garbled("ticket")
	}
	authenticator, err := types.NewAuthenticator(c.user.realm, c.user.wire(nametype.KRB_NT_PRINCIPAL))
	if err != nil {
		return nil, err
	}
	authenticator.Cksum = sum
	request, err := messages.NewAPReq(parsed, t.key.wire(), authenticator)
	if err != nil {
		return nil, garbled("session key")
	}
	return request.Marshal()
}

// openTicketReply decrypts a TGS reply and checks that it is the answer to the request with that nonce. server is the
// ticket's; its realm is in the ticket.
func openTicketReply(reply []byte, session key, nonce int) (issued *ticket, server []string, err error) {
	var message messages.TGSRep
	if message.Unmarshal(reply) != nil {
		return nil, nil, garbled("neither a ticket nor a refusal")
	}
	if message.DecryptEncPart(session.wire()) != nil {
		return nil, nil, garbled("it is not encrypted under the session key")
	}
	if message.DecryptedEncPart.Nonce != nonce {
		return nil, nil, garbled("it answers another request")
	}
	issued, err = newTicket(message.Ticket, message.DecryptedEncPart.Key)
	return issued, message.DecryptedEncPart.SName.NameString, err
}

func newTicket(t messages.Ticket, k types.EncryptionKey) (*ticket, error) {
	der, err := t.Marshal()
	if err != nil {
		return nil, garbled("ticket")
	}
	return &ticket{realm: t.Realm, der: der, key: key{k.KeyType, k.KeyValue}}, nil
}
