package provider

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io/fs"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/vedauth/terraform-provider-vedauth/internal/clientcert"
	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
	"github.com/vedauth/terraform-provider-vedauth/internal/vedauth"
)

// certificateGrant is a login with a TLS client certificate, at Authorize/Certificate.
func certificateGrant() grant {
	return grant{
		name:        "certificate",
		doc:         "a client certificate and its private key",
		wanted:      "pkcs12_file or pkcs12_base64 (with pkcs12_password), or certificate_pem and private_key_pem, or certificate_file and private_key_file",
		credentials: certificateAttributes(),
		environment: []map[string]string{
			{"pkcs12_file": "VEDAUTH_PKCS12_FILE", "pkcs12_password": "VEDAUTH_PKCS12_PASSWORD"},
			{"pkcs12_file": "VENAFI_P12_CERTIFICATE", "pkcs12_password": "VENAFI_P12_PASSWORD"},
		},
		read:    readCertificate,
		present: certificatePresent,
	}
}

var (
	pkcs12Forms = []string{"pkcs12_file", "pkcs12_base64"}
	pemForms    = []string{"certificate_pem", "private_key_pem"}
	fileForms   = []string{"certificate_file", "private_key_file"}
)

// certificateAttributes are the attributes of the credential.
func certificateAttributes() []attribute {
	return []attribute{
		{
			name: "pkcs12_file", input: true, check: checkPath, conflicts: concat([]string{"pkcs12_base64"}, pemForms, fileForms),
			doc: "Path of a PKCS#12 (`.p12`, `.pfx`) file with the certificate, its private key and any intermediate certificates.",
		},
		{
			name: "pkcs12_base64", input: true, sensitive: true, conflicts: concat([]string{"pkcs12_file"}, pemForms, fileForms),
			doc: "Content of a PKCS#12 file in base64, where there is no file system to put it in.",
		},
		{
			name: "pkcs12_password", input: true, sensitive: true, empty: true, needs: pkcs12Forms, conflicts: concat(pemForms, fileForms),
			fallback: "the empty password",
			doc:      "Password of the PKCS#12 file.",
		},
		{
			name: "certificate_pem", input: true, requires: []string{"private_key_pem"}, conflicts: concat(pkcs12Forms, fileForms),
			doc: "The certificate as PEM, with any intermediate certificates, in any order.",
		},
		{
			name: "private_key_pem", input: true, sensitive: true, requires: []string{"certificate_pem"}, conflicts: concat(pkcs12Forms, fileForms),
			doc: "Private key of `certificate_pem` as PEM: PKCS#8, PKCS#1 or SEC 1, encrypted or not.",
		},
		{
			name: "certificate_file", input: true, check: checkPath, requires: []string{"private_key_file"}, conflicts: concat(pkcs12Forms, pemForms),
			doc: "Path of a file with the certificate as PEM, with any intermediate certificates, in any order.",
		},
		{
			name: "private_key_file", input: true, check: checkPath, requires: []string{"certificate_file"}, conflicts: concat(pkcs12Forms, pemForms),
			doc: "Path of a file with the private key of `certificate_file` as PEM: PKCS#8, PKCS#1 or SEC 1, encrypted or not.",
		},
		{
			name: "private_key_password", input: true, sensitive: true, empty: true, conflicts: pkcs12Forms,
			needs: []string{"private_key_pem", "private_key_file"},
			doc:   "Password of an encrypted private key.",
		},
	}
}

func concat(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// readCertificate loads the certificate and its key.
func readCertificate(found values, s *settings, _ string) (credential, diag.Diagnostics) {
	cert, name, err := loadCertificate(found)
	if err != nil {
		return credential{}, diag.Diagnostics{noCertificate(name, err)}
	}
	if err := clientcert.CheckValidity(cert, s.client.Now()); err != nil {
		return credential{}, diag.Diagnostics{noCertificate(name, err)}
	}
	fingerprint := sha256.Sum256(cert.Leaf.Raw)
	return credential{
		key:    secret.Each(string(fingerprint[:])),
		client: func(base *vedauth.Client) *vedauth.Client { return base.WithCertificate(cert) },
		authorize: func(ctx context.Context, client *vedauth.Client, r *tokenRequest) (*vedauth.Token, error) {
			return client.Certificate(ctx, vedauth.CertificateRequest{ClientID: r.clientID, Scope: r.scope})
		},
	}, nil
}

// certificatePresent says which file is not there where this runs.
func certificatePresent(found values, _ *settings, _ string) string {
	return missingFile(found, "pkcs12_file", "certificate_file", "private_key_file")
}

// missingFile says which of the files that attributes name does not exist.
func missingFile(found values, names ...string) string {
	for _, name := range names {
		if file := found.text(name); file != "" {
			if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
				return name + ": the file " + file + " does not exist"
			}
		}
	}
	return ""
}

// loadCertificate reads the form that is given. name is the attribute at fault if there is an error.
func loadCertificate(found values) (cert *tls.Certificate, name string, err error) {
	pkcs12Password, keyPassword := secret.New(found.text("pkcs12_password")), secret.New(found.text("private_key_password"))
	switch {
	case found.text("pkcs12_file") != "":
		data, err := os.ReadFile(found.text("pkcs12_file"))
		if err != nil {
			return nil, "pkcs12_file", err
		}
		cert, err = clientcert.FromPKCS12(data, pkcs12Password)
		return cert, "pkcs12_file", err
	case found.text("pkcs12_base64") != "":
		data, err := clientcert.DecodeBase64(found.text("pkcs12_base64"))
		if err != nil {
			return nil, "pkcs12_base64", err
		}
		cert, err = clientcert.FromPKCS12(data, pkcs12Password)
		return cert, "pkcs12_base64", err
	case found.text("certificate_pem") != "":
		cert, err = clientcert.FromPEM([]byte(found.text("certificate_pem")), []byte(found.text("private_key_pem")), keyPassword)
		return cert, "certificate_pem", err
	case found.text("certificate_file") != "":
		certificates, err := os.ReadFile(found.text("certificate_file"))
		if err != nil {
			return nil, "certificate_file", err
		}
		key, err := os.ReadFile(found.text("private_key_file"))
		if err != nil {
			return nil, "private_key_file", err
		}
		cert, err = clientcert.FromPEM(certificates, key, keyPassword)
		return cert, "certificate_file", err
	}
	return nil, "pkcs12_file", errors.New("a password is given, but neither a file nor a certificate that it could be for")
}

// noCertificate is the error for a certificate that cannot be used. It stands on the attribute at fault.
func noCertificate(name string, err error) diag.Diagnostic {
	var unusable *clientcert.Error
	if errors.As(err, &unusable) {
		switch unusable.Problem {
		case clientcert.WrongPassword, clientcert.PasswordMissing, clientcert.PasswordCharacters:
			if name == "pkcs12_file" || name == "pkcs12_base64" {
				name = "pkcs12_password"
			} else {
				name = "private_key_password"
			}
		case clientcert.NoKey, clientcert.SeveralKeys, clientcert.Unsupported:
			switch name {
			case "certificate_pem":
				name = "private_key_pem"
			case "certificate_file":
				name = "private_key_file"
			}
		}
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(name), "Unable to use the client certificate", name+": "+err.Error())
}
