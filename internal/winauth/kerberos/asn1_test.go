package kerberos

import (
	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/types"
)

// marshalPAData encodes the hints in a KDC's refusal.
func marshalPAData(hints types.PADataSequence) ([]byte, error) { return asn1.Marshal(hints) }

// marshalETypeInfo2 encodes one way of making a key.
func marshalETypeInfo2(encryption int32, salt string, rounds ...byte) ([]byte, error) {
	return asn1.Marshal(types.ETypeInfo2{{EType: encryption, Salt: salt, S2KParams: rounds}})
}
