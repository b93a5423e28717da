package terraformcli

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/hashicorp/hc-install/product"
)

// mirror is a server with the layout of the vendor's release server. Its files can be spoilt before they are asked for.
type mirror struct {
	server    *httptest.Server
	publicKey string
	files     map[string][]byte
	requests  chan string
}

// newMirror serves a release whose program is this test program.
func newMirror(t *testing.T) *mirror {
	t.Helper()
	m := &mirror{files: map[string][]byte{}, requests: make(chan string, 1000)}
	key := newKey(t)
	m.publicKey = armored(t, key)
	m.addRelease(t, key, "Terraform v"+InstalledVersion+"\n")
	m.server = httptest.NewServer(m)
	t.Cleanup(m.server.Close)
	return m
}

func (m *mirror) source() Source { return Source{URL: m.server.URL, PublicKey: m.publicKey} }

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.requests <- r.URL.Path
	content, ok := m.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	types := map[string]string{"json": "application/json", ".zip": "application/zip"}
	if kind, ok := types[r.URL.Path[len(r.URL.Path)-4:]]; ok {
		w.Header().Set("Content-Type", kind)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content)
}

// The names of the release's files.
const (
	mirrorFolder = "/terraform/" + InstalledVersion + "/"
	mirrorSums   = mirrorFolder + "terraform_" + InstalledVersion + "_SHA256SUMS"
	mirrorZip    = mirrorFolder + "terraform_" + InstalledVersion + "_" + runtime.GOOS + "_" + runtime.GOARCH + ".zip"
)

func (m *mirror) addRelease(t *testing.T, key *openpgp.Entity, version string) {
	t.Helper()
	m.files[mirrorZip] = zipped(t, version)
	m.sign(t, key, nil)
	name := mirrorZip[len(mirrorFolder):]
	index, err := json.Marshal(map[string]any{
		"name": "terraform", "version": InstalledVersion,
		"shasums":            mirrorSums[len(mirrorFolder):],
		"shasums_signature":  mirrorSums[len(mirrorFolder):] + ".sig",
		"shasums_signatures": []string{mirrorSums[len(mirrorFolder):] + ".sig"},
		"builds": []map[string]string{{
			"name": "terraform", "version": InstalledVersion, "os": runtime.GOOS, "arch": runtime.GOARCH,
			"filename": name, "url": "https://releases.example.com" + mirrorZip,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.files[mirrorFolder+"index.json"] = index
}

// sign writes the checksums of the archive and signs them.
func (m *mirror) sign(t *testing.T, key *openpgp.Entity, config *packet.Config) {
	t.Helper()
	sums := fmt.Sprintf("%x  %s\n", sha256.Sum256(m.files[mirrorZip]), mirrorZip[len(mirrorFolder):])
	var signature bytes.Buffer
	if err := openpgp.DetachSign(&signature, key, bytes.NewReader([]byte(sums)), config); err != nil {
		t.Fatal(err)
	}
	m.files[mirrorSums], m.files[mirrorSums+".sig"] = []byte(sums), signature.Bytes()
}

// zipped is an archive with this test program as Terraform, which prints version.
func zipped(t *testing.T, version string) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	var buffer bytes.Buffer
	writer := zip.NewWriter(&buffer)
	for name, content := range map[string][]byte{
		product.Terraform.BinaryName(): program, "version": []byte(version), "LICENSE.txt": []byte("A licence.\n"),
	} {
		// Stored, not deflated: the program is large, and its size does not matter.
		file, err := writer.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func newKey(t *testing.T) *openpgp.Entity {
	t.Helper()
	return newKeyWith(t, &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA})
}

// twoDaysAgo makes keys and signatures that were good for an hour.
func twoDaysAgo() *packet.Config {
	return &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: 3600,
		Time: func() time.Time { return time.Now().Add(-48 * time.Hour) },
	}
}

func newKeyWith(t *testing.T, config *packet.Config) *openpgp.Entity {
	t.Helper()
	key, err := openpgp.NewEntity("Release Key", "made for one test", "releases@example.com", config)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func armored(t *testing.T, key *openpgp.Entity) string {
	t.Helper()
	var buffer bytes.Buffer
	writer, err := armor.Encode(&buffer, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Serialize(writer); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.String()
}
