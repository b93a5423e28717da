package fakevedauth

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

// peerCertificate is what a client presented in the TLS handshake.
type peerCertificate struct {
	leaf          *x509.Certificate
	intermediates []*x509.Certificate
}

func peerOf(state *tls.ConnectionState) *peerCertificate {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	return &peerCertificate{leaf: state.PeerCertificates[0], intermediates: state.PeerCertificates[1:]}
}

var (
	oidAlternativeNames = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidUPN              = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}
)

// Tags of the kinds of alternative names that matter here.
const (
	tagOtherName = 0
	tagEmail     = 1
)

// otherName is a name of a kind that only its identifier tells; a user principal name is one.
type otherName struct {
	Type  asn1.ObjectIdentifier
	Value string `asn1:"utf8,explicit,tag:0"`
}

// alternativeNames is the extension with the UPN and the e-mail address of spec, nil if it has neither.
func alternativeNames(spec ClientSpec) (*pkix.Extension, error) {
	var names []asn1.RawValue
	if spec.UPN != "" {
		der, err := asn1.MarshalWithParams(otherName{oidUPN, spec.UPN}, "tag:0")
		if err != nil {
			return nil, fmt.Errorf("fakevedauth: user principal name: %w", err)
		}
		names = append(names, asn1.RawValue{FullBytes: der})
	}
	if spec.Email != "" {
		names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tagEmail, Bytes: []byte(spec.Email)})
	}
	if names == nil {
		return nil, nil
	}
	der, err := asn1.Marshal(names)
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: alternative names: %w", err)
	}
	return &pkix.Extension{Id: oidAlternativeNames, Value: der}, nil
}

// upnOf returns the user principal name of a certificate; crypto/x509 does not.
func upnOf(certificate *x509.Certificate) string {
	for _, extension := range certificate.Extensions {
		if !extension.Id.Equal(oidAlternativeNames) {
			continue
		}
		var names []asn1.RawValue
		if _, err := asn1.Unmarshal(extension.Value, &names); err != nil {
			return ""
		}
		for _, name := range names {
			var other otherName
			if name.Class != asn1.ClassContextSpecific || name.Tag != tagOtherName {
				continue
			}
			if _, err := asn1.UnmarshalWithParams(name.FullBytes, &other, "tag:0"); err == nil && other.Type.Equal(oidUPN) {
				return other.Value
			}
		}
	}
	return ""
}
