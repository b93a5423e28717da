package winauth

import (
	"crypto/md5" // The digest of RFC 4121 and MS-NLMP.
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
)

// binding returns what binds a logon to its TLS connection, of the kind tls-server-end-point (RFC 5929): which
// certificate the server showed. It is nil without TLS.
func binding(state *tls.ConnectionState) []byte {
	if state == nil || len(state.PeerCertificates) == 0 {
		return nil
	}
	return append([]byte("tls-server-end-point:"), endPoint(state.PeerCertificates[0])...)
}

// digest is the form in which both NTLM and Kerberos carry a binding: MD5 of the structure of RFC 2744, 3.11 with no
// addresses, which is four empty fields, the length, the data. Of no binding it is nil.
func digest(binding []byte) []byte {
	if binding == nil {
		return nil
	}
	message := make([]byte, 16, 20+len(binding))
	message = binary.LittleEndian.AppendUint32(message, uint32(len(binding))) // Under 100.
	sum := md5.Sum(append(message, binding...))
	return sum[:]
}

// endPoint hashes a certificate with the hash of its own signature, or SHA-256 where that is older or not known.
func endPoint(cert *x509.Certificate) []byte {
	switch cert.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		sum := sha512.Sum384(cert.Raw)
		return sum[:]
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		sum := sha512.Sum512(cert.Raw)
		return sum[:]
	}
	sum := sha256.Sum256(cert.Raw)
	return sum[:]
}
