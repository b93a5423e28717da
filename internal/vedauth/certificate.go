package vedauth

import (
	"context"
	"crypto/tls"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// CertificateRequest is a login with the client certificate of [Client.WithCertificate], at Authorize/Certificate.
type CertificateRequest struct {
	// ClientID is the Application ID of the API integration; case-sensitive. Required.
	ClientID string
	// Scope is what the token is to be used for, as in "certificate:manage". Required.
	Scope string
}

// Certificate logs in with the client's certificate. The server takes the identity from it.
func (c *Client) Certificate(ctx context.Context, r CertificateRequest) (*Token, error) {
	body := struct {
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
	}{r.ClientID, r.Scope}
	return c.authorize(ctx, refusal.Certificate, makesGrant, r.ClientID, body)
}

// WithCertificate returns a client for the same server that presents cert on every connection to it that asks for one,
// and to no proxy. Verify and Revoke of a grant that was made with a certificate need that client too.
func (c *Client) WithCertificate(cert *tls.Certificate) *Client {
	other := *c
	other.presenter = newPresenter(c.anchors.wide().kept, cert)
	return &other
}
