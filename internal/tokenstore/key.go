package tokenstore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
)

// DefaultName is the name of a grant that was given none.
const DefaultName = "default"

// Key says which grant is meant. Identity and scope are not in it: they belong to the grant.
type Key struct {
	// Server is the normalised address, see NewKey.
	Server string `json:"server"`
	// ClientID is the API integration, in the case in which it was given.
	ClientID string `json:"client_id"`
	// Name tells grants of one server and client apart.
	Name string `json:"name"`
}

// NewKey makes the key of a grant. The server may be given in any form: without a scheme, with the default port, with
// /vedauth or /vedsdk, in any case; all forms of one server give one key. An empty name means DefaultName. An address
// without a host or with user information, and an empty client, are errors.
func NewKey(server, clientID, name string) (Key, error) {
	normal, err := normaliseServer(server)
	if err != nil {
		return Key{}, err
	}
	if clientID == "" {
		return Key{}, errors.New("a grant in the token store needs a client_id")
	}
	if name == "" {
		name = DefaultName
	}
	return Key{Server: normal, ClientID: clientID, Name: name}, nil
}

func normaliseServer(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	// The parser's own error quotes the address, which may hold a password.
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return "", errors.New("a grant in the token store needs the address of a server")
	}
	if u.User != nil {
		return "", errors.New("the address of a server in the token store must not hold a user name or password")
	}
	scheme := strings.ToLower(u.Scheme)
	host := strings.ToLower(u.Host)
	if scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	path := strings.Trim(u.EscapedPath(), "/")
	prefix, last := "", path
	if i := strings.LastIndex(path, "/"); i >= 0 {
		prefix, last = path[:i], path[i+1:]
	}
	if strings.EqualFold(last, "vedauth") || strings.EqualFold(last, "vedsdk") {
		path = prefix
	}
	if path != "" {
		path = "/" + path
	}
	return scheme + "://" + host + path, nil
}

// files are the paths that belong to one grant.
type files struct {
	dir, data, lock, use string
	// next and temp are prefixes of the names of scratch files in dir.
	next, temp string
}

// in returns the paths of the key's files below dir. The names are a hash, so that no name of a user, a server or a
// grant shows in a directory listing, and no character of one can lead out of the directory.
func (k Key) in(dir string) files {
	// A struct of strings always encodes, in the order of its fields: the canonical form.
	canonical, _ := json.Marshal(k)
	sum := sha256.Sum256(canonical)
	base := hex.EncodeToString(sum[:])[:32]
	return files{
		dir:  dir,
		data: filepath.Join(dir, base+".json"),
		lock: filepath.Join(dir, base+".lock"),
		use:  filepath.Join(dir, base+".use"),
		next: base + ".next-",
		temp: base + ".tmp-",
	}
}
