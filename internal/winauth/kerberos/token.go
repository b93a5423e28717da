package kerberos

import (
	"encoding/asn1"
	"encoding/binary"

	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/types"
)

// GSS-API names (RFC 4121, RFC 4178).
var (
	oidKerberos = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}
	oidSPNEGO   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2}
)

const (
	// bindingLength is the length of a channel binding's digest, present or not.
	bindingLength = 16
	// contextFlags asks for confidentiality and integrity (RFC 4121, 4.1.1.1), as browsers do.
	contextFlags = 0x10 | 0x20
)

// negTokenInit offers one mechanism and its token at once (RFC 4178, 4.2.1).
type negTokenInit struct {
	Mechanisms []asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
	Token      []byte                  `asn1:"explicit,tag:2"`
}

// wrapToken makes the token that presents t, with the connection's binding under its checksum.
func (c *Client) wrapToken(t *ticket, binding []byte) ([]byte, error) {
	sum := binary.LittleEndian.AppendUint32(nil, bindingLength)
	sum = append(sum, make([]byte, bindingLength)...)
	copy(sum[4:], binding)
	sum = binary.LittleEndian.AppendUint32(sum, contextFlags)
	shown, err := c.show(t, types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: sum})
	if err != nil {
		return nil, err
	}
	mechanism, err := framed(oidKerberos, append([]byte{1, 0}, shown...))
	if err != nil {
		return nil, err
	}
	init, err := asn1.MarshalWithParams(negTokenInit{[]asn1.ObjectIdentifier{oidKerberos}, mechanism}, "explicit,tag:0")
	if err != nil {
		return nil, garbled("token")
	}
	return framed(oidSPNEGO, init)
}

// framed puts a token into its GSS-API frame (RFC 2743, 3.1).
func framed(mechanism asn1.ObjectIdentifier, token []byte) ([]byte, error) {
	name, err := asn1.Marshal(mechanism)
	if err != nil {
		return nil, garbled("token")
	}
	return asn1tools.AddASNAppTag(append(name, token...), 0), nil
}
