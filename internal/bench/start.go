package bench

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os/exec"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/terraformcli"
)

// starter starts a provider as Terraform does, up to the line with which the provider says where it listens.
type starter struct {
	file        string
	environment []string
}

// newStarter makes the certificate with which Terraform identifies itself; it makes one for each start, but that is its
// own time.
func newStarter(file string) (starter, error) {
	certificate, err := clientCertificate()
	if err != nil {
		return starter{}, err
	}
	return starter{file, terraformcli.CleanEnvironment(
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		"PLUGIN_PROTOCOL_VERSIONS=5,6",
		"PLUGIN_CLIENT_CERT="+certificate,
	)}, nil
}

// start returns the time from the start of the process to its line, and ends the process.
func (s starter) start(ctx context.Context) (time.Duration, error) {
	command := exec.CommandContext(ctx, s.file)
	command.Env = s.environment
	stdout, err := command.StdoutPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	took := time.Since(began)
	_ = command.Process.Kill()
	_ = command.Wait() // "signal: killed"
	if err != nil || strings.Count(line, "|") < 5 {
		return 0, fmt.Errorf("%s said %q instead of where it listens: %v", s.file, line, err)
	}
	return took, nil
}

// clientCertificate is one like Terraform's: self-signed, with a key on P-521.
func clientCertificate() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageKeyAgreement | x509.KeyUsageCertSign,
		IsCA:     true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}
