package kerberos

import (
	"errors"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// FuzzKDCReply: no answer of a KDC passes for a ticket that nobody with the key has made, and none ends otherwise than
// as the calls of a Client do.
func FuzzKDCReply(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x7e\x03\x30\x01\x00"))
	for _, code := range []int32{codePreauthRequired, codePreauthFailed, 7, 37} {
		service := types.PrincipalName{NameType: 2, NameString: []string{"krbtgt", "A.TEST"}}
		message := messages.NewKRBError(service, "A.TEST", code, "")
		if info, err := marshalETypeInfo2(aes256SHA1, "A.TESTalice", 0, 0, 16, 0); err == nil {
			message.EData, _ = marshalPAData(types.PADataSequence{{PADataType: 19, PADataValue: info}})
		}
		encoded, err := message.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	session := key{encryption: aes256SHA1, value: make([]byte, 32)}
	part := types.EncryptedData{EType: aes256SHA1, KVNO: 1, Cipher: make([]byte, 64)}
	ticket := messages.Ticket{
		TktVNO: 5, Realm: "A.TEST", SName: types.PrincipalName{NameString: []string{"HTTP", "a.test"}}, EncPart: part,
	}
	fields := messages.KDCRepFields{
		PVNO: 5, MsgType: 11, CRealm: "A.TEST", CName: types.PrincipalName{NameString: []string{"alice"}}, Ticket: ticket,
		EncPart: part,
	}
	if encoded, err := (&messages.ASRep{KDCRepFields: fields}).Marshal(); err == nil {
		f.Add(encoded)
	}
	fields.MsgType = 13
	if encoded, err := (&messages.TGSRep{KDCRepFields: fields}).Marshal(); err == nil {
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		client := &Client{
			user: principal{realm: "A.TEST", name: []string{"alice"}}, keys: []key{session}, now: time.Now,
			config: &Config{encryption: []int32{aes256SHA1}},
		}
		for name, read := range map[string]func() error{
			"logon": func() error {
				request, err := client.newLogonRequest()
				if err != nil {
					t.Fatal(err)
				}
				if refusal := parseRefusal(reply); refusal != nil {
					if err := request.prove(refusal.hints); err != nil {
						return err
					}
				}
				_, err = request.open(reply)
				return err
			},
			"ticket": func() error {
				_, _, err := openTicketReply(reply, session, 1)
				return err
			},
		} {
			err := func() (err error) {
				defer guard(&err)
				return read()
			}()
			var typed *Error
			if !errors.As(err, &typed) || typed.Problem == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
