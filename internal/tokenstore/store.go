package tokenstore

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// DefaultRequestTimeout bounds one request to the server, whatever becomes of the caller's context.
const DefaultRequestTimeout = 90 * time.Second

// Options say where and how a store works.
type Options struct {
	// Dir is the absolute directory, see Locate. It is made when something is first stored.
	Dir string
	// LockTimeout is how long one run waits for others; 0 means DefaultLockTimeout.
	LockTimeout time.Duration
	// RequestTimeout bounds one request; 0 means DefaultRequestTimeout.
	RequestTimeout time.Duration
	// Now is the clock that expiry is read from; nil means time.Now. Waiting always goes by package time.
	Now func() time.Time
}

// Store is a directory of grants. It holds no open file and needs no closing; any number of stores, in any number of
// processes, may work on one directory.
type Store struct {
	dir            string
	lockTimeout    time.Duration
	requestTimeout time.Duration
	now            func() time.Time
	fs             fileSystem
	pid            int
	host           string
}

// New returns the store in a directory. It touches no file. A directory that is not absolute is an error of kind
// NoStore.
func New(options Options) (*Store, error) {
	if !filepath.IsAbs(options.Dir) {
		return nil, failure(NoStore, nil, "The path of the token store, %q, is not absolute. Set token_store.path to an "+
			"absolute directory.", options.Dir)
	}
	s := &Store{
		dir: filepath.Clean(options.Dir), fs: systemFiles{}, pid: os.Getpid(), now: options.Now,
		lockTimeout: options.LockTimeout, requestTimeout: options.RequestTimeout,
	}
	if s.lockTimeout <= 0 {
		s.lockTimeout = DefaultLockTimeout
	}
	if s.requestTimeout <= 0 {
		s.requestTimeout = DefaultRequestTimeout
	}
	if s.now == nil {
		s.now = time.Now
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	s.host = host
	return s, nil
}

// Dir returns the directory.
func (s *Store) Dir() string { return s.dir }

// Path returns the file of a grant, for messages.
func (s *Store) Path(key Key) string { return key.in(s.dir).data }

// Seed is what a user gave to start a stored grant from: it is spent once, and after that the store has the word.
type Seed struct {
	Value secret.String
	// Attribute is where it came from, for messages; empty means "refresh_token".
	Attribute string
	// Exchange turns the value into the first tokens, under the rules of Refresher.Refresh. If it is nil, the value is a
	// refresh token.
	Exchange func(ctx context.Context, value secret.String) (Tokens, error)
}

func (s Seed) attribute() string {
	if s.Attribute == "" {
		return "refresh_token"
	}
	return s.Attribute
}

// LeasePolicy says what to do where a refresh would kill a token that other runs are using.
type LeasePolicy int

const (
	// Wait until the others are done or their token expires, at most for the lock timeout, and then refresh.
	Wait LeasePolicy = iota
	// Refuse at once with an error of kind Leased: the caller has another way to a token.
	Refuse
)

// Request asks for a grant.
type Request struct {
	Key Key
	// Seed starts the grant; may be empty.
	Seed Seed
	// MinimumValidity is the life that the access token must have left, where a refresh can give it that. 0, or more than
	// the token's whole life, means DefaultMinimumValidity or half of the token's whole life, whichever is less.
	MinimumValidity time.Duration
	IfLeased        LeasePolicy
	// Run stands for the run that asks, by any comparable value; nil is one that shares nothing. A refresh does not wait
	// for a token that the same run is using, which could not end sooner by it: that token is handed out again.
	Run    any
	Server Refresher
	// Notify is told of warnings and of waiting, one call at a time; may be nil.
	Notify func(Notice)
}
