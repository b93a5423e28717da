package fakevedauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// Signing is how an Issuer signs a JWT.
type Signing string

// The ways to sign.
const (
	RS256 Signing = "RS256"
	ES256 Signing = "ES256"
	// Unsigned is "alg":"none".
	Unsigned Signing = "none"
	// Forged is RS256 with a key that the issuer does not publish, under the name of one that it does.
	Forged Signing = "forged"
)

// Claims are the claims of a JWT.
type Claims map[string]any

// Issuer is a small OpenID issuer on loopback, plain HTTP: a discovery document, a key set, and JWTs for tests.
type Issuer struct {
	server *http.Server
	url    string
	now    func() time.Time
	ended  sync.WaitGroup

	mu         sync.Mutex
	generation int
	rsa, other *rsa.PrivateKey
	ec         *ecdsa.PrivateKey
}

// StartIssuer starts an issuer. now is its clock; nil is time.Now.
func StartIssuer(now func() time.Time) (*Issuer, error) {
	if now == nil {
		now = time.Now
	}
	i := &Issuer{now: now}
	var err error
	if i.other, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, fmt.Errorf("fakevedauth: key of the issuer: %w", err)
	}
	if err := i.Rotate(); err != nil {
		return nil, err
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fakevedauth: listen: %w", err)
	}
	i.url = "http://" + tcp.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{
			"issuer": i.url, "jwks_uri": i.url + "/jwks",
			"id_token_signing_alg_values_supported": []Signing{RS256, ES256},
		})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, i.JWKS())
	})
	i.server = &http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	i.ended.Go(func() { _ = i.server.Serve(tcp) })
	return i, nil
}

// StartIssuerForTest starts an issuer that ends with the test.
func StartIssuerForTest(t TB, now func() time.Time) *Issuer {
	t.Helper()
	i, err := StartIssuer(now)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(i.Close)
	return i
}

// Close ends the issuer.
func (i *Issuer) Close() {
	_ = i.server.Close()
	i.ended.Wait()
}

// URL is the issuer's "iss".
func (i *Issuer) URL() string { return i.url }

// Rotate replaces the keys; what the old ones signed is no longer good.
func (i *Issuer) Rotate() error {
	newRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("fakevedauth: key of the issuer: %w", err)
	}
	newEC, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("fakevedauth: key of the issuer: %w", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.generation++
	i.rsa, i.ec = newRSA, newEC
	return nil
}

// JWKS is the key set as JSON.
func (i *Issuer) JWKS() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	point, err := i.ec.PublicKey.Bytes()
	if err != nil || len(point) != 65 {
		return `{"keys":[]}`
	}
	set := map[string]any{"keys": []map[string]string{
		{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": i.keyID(RS256),
			"n": encode(i.rsa.N.Bytes()), "e": encode(big.NewInt(int64(i.rsa.E)).Bytes()),
		},
		{
			"kty": "EC", "use": "sig", "alg": "ES256", "kid": i.keyID(ES256), "crv": "P-256",
			"x": encode(point[1:33]), "y": encode(point[33:]),
		},
	}}
	text, err := json.Marshal(set)
	if err != nil {
		return `{"keys":[]}`
	}
	return string(text)
}

// Mint makes a JWT. "iss", "iat", "nbf", "exp" (in ten minutes) and "jti" are added unless claims has them; a claim
// that is nil is left out.
func (i *Issuer) Mint(signing Signing, claims Claims) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now().Unix()
	all := Claims{"iss": i.url, "iat": now, "nbf": now, "exp": now + 600, "jti": rand.Text()}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })

	algorithm := signing
	if signing == Forged {
		algorithm = RS256
	}
	header := map[string]any{"alg": algorithm, "typ": "JWT"}
	if signing != Unsigned {
		header["kid"] = i.keyID(algorithm)
	}
	signed := encodeJSON(header) + "." + encodeJSON(all)
	return signed + "." + encode(i.sign(signing, signed))
}

// sign cannot fail with keys of its own making; if it did, the signature would be empty and fit nothing.
func (i *Issuer) sign(signing Signing, text string) []byte {
	digest := sha256.Sum256([]byte(text))
	switch signing {
	case ES256:
		r, s, err := ecdsa.Sign(rand.Reader, i.ec, digest[:])
		if err != nil {
			return nil
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case RS256, Forged:
		key := i.rsa
		if signing == Forged {
			key = i.other
		}
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		if err != nil {
			return nil
		}
		return signature
	case Unsigned:
	}
	return nil
}

func (i *Issuer) keyID(signing Signing) string { return fmt.Sprintf("%s-%d", signing, i.generation) }

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func encodeJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		text = []byte("{}") // claims that are no JSON make a JWT without claims
	}
	return encode(text)
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client is gone, or there is nothing to fail
}
