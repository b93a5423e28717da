package tokenstore

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// formatVersion is the newest format that this program reads, and the one it writes.
const formatVersion = 1

// maxSeeds bounds the memory for spent seeds; the oldest go first.
const maxSeeds = 32

// entry is the content of a grant's file. Every record keeps the fields that it does not know: a later version of the
// same format may have added them.
type entry struct {
	Version int `json:"version"`
	Key
	// Generation grows by one with every new pair of tokens.
	Generation uint64    `json:"generation"`
	SavedAt    time.Time `json:"saved_at,omitzero"`
	// Salt keys the HMACs of seeds, so that a copied file does not tell who used which one.
	Salt []byte `json:"salt,omitempty"`
	// Seeds are HMACs of the seeds that were spent, oldest first.
	Seeds  []string `json:"seeds,omitempty"`
	Tokens *pair    `json:"tokens"`
	Intent *Intent  `json:"intent"`
	Lost   *Loss    `json:"lost,omitempty"`
	extra  fields
}

// pair is what the server gave last.
type pair struct {
	AccessToken  kept   `json:"access_token"`
	RefreshToken kept   `json:"refresh_token"`
	TokenType    string `json:"token_type,omitempty"`
	Scope        string `json:"scope,omitempty"`
	Identity     string `json:"identity,omitempty"`
	// Issued is the start of the request, AccessExpires the end by the local clock; zero if unknown.
	Issued        time.Time `json:"access_issued"`
	AccessExpires time.Time `json:"access_expires,omitzero"`
	// Expires and RefreshUntil are Unix seconds by the server's clock; 0 if unknown.
	Expires      int64 `json:"expires,omitempty"`
	RefreshUntil int64 `json:"refresh_until,omitempty"`
	extra        fields
}

// The operations of an intent.
const (
	opRefresh = "refresh"
	opSeed    = "seed"
)

// Intent is a request that was about to be sent. Found by a later run, it explains what the file cannot know.
type Intent struct {
	// Op is "refresh" or "seed".
	Op string `json:"op"`
	// Generation is that of the pair at stake.
	Generation uint64    `json:"generation"`
	At         time.Time `json:"at"`
	PID        int       `json:"pid"`
	Host       string    `json:"host"`
	// Seed is the HMAC of the seed at stake, for "seed".
	Seed string `json:"seed,omitempty"`
	// Before is an unconcluded request of the other operation, which this one does not explain; usually nil.
	Before *Intent `json:"before,omitempty"`
	extra  fields
}

// who says whose request it was.
func (i *Intent) who() string {
	return fmt.Sprintf("process %d on host %s, since %s", i.PID, i.Host, stamp(i.At))
}

// explain says what a request without an outcome means.
func (i *Intent) explain() string {
	return fmt.Sprintf("A run on host %s (process %d) stopped at %s in the middle of a rotation: it had announced the "+
		"request and never wrote down the answer.", i.Host, i.PID, stamp(i.At))
}

// Loss is how the last grant of a file ended.
type Loss struct {
	At time.Time `json:"at"`
	// Reason is a sentence without secrets.
	Reason string `json:"reason"`
	extra  fields
}

func newEntry(key Key) *entry {
	salt := make([]byte, 32)
	_, _ = rand.Read(salt) // never fails, by its contract
	return &entry{Version: formatVersion, Key: key, Salt: salt}
}

// blank reports whether the entry says nothing that a missing file would not.
func (e *entry) blank() bool {
	return e.Tokens == nil && e.Intent == nil && e.Lost == nil && len(e.Seeds) == 0 && len(e.extra) == 0
}

func (e *entry) seedID(seed secret.String) string {
	mac := hmac.New(sha256.New, e.Salt)
	mac.Write([]byte(seed.Reveal()))
	return "hmac-sha256:" + hex.EncodeToString(mac.Sum(nil))
}

// spent reports whether the seed has been used up here.
func (e *entry) spent(seed secret.String) bool { return slices.Contains(e.Seeds, e.seedID(seed)) }

// latestSeed reports whether the seed is the last one that was spent here.
func (e *entry) latestSeed(seed secret.String) bool {
	return len(e.Seeds) > 0 && e.Seeds[len(e.Seeds)-1] == e.seedID(seed)
}

func (e *entry) markSpent(seed secret.String) {
	if e.spent(seed) {
		return
	}
	e.Seeds = append(slices.Clone(e.Seeds), e.seedID(seed))
	if len(e.Seeds) > maxSeeds {
		e.Seeds = e.Seeds[len(e.Seeds)-maxSeeds:]
	}
}

// rotating reports whether the pair may be dead already: a refresh of it was announced and never concluded.
func (e *entry) rotating() bool { return e.Intent.find(opRefresh) != nil }

// interruptedBy returns the announced request that sending the same token again would repeat.
func (e *entry) interruptedBy(op, seedID string) *Intent {
	found := e.Intent.find(op)
	if found != nil && op == opSeed && found.Seed != seedID {
		return nil
	}
	return found
}

// find returns the latest intent of an operation, or nil.
func (i *Intent) find(op string) *Intent {
	for ; i != nil; i = i.Before {
		if i.Op == op {
			return i
		}
	}
	return nil
}

// without returns the intents that are left when those of an operation are concluded, or replaced by a new one.
func (i *Intent) without(op string) *Intent {
	switch {
	case i == nil:
		return nil
	case i.Op == op:
		return i.Before.without(op)
	}
	rest := *i
	rest.Before = i.Before.without(op)
	return &rest
}
