package leak

import (
	"errors"
	"fmt"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// minimumLength is the length in bytes below which a secret would be found everywhere by chance.
const minimumLength = 8

// Secret is what is searched for.
type Secret struct {
	// Name says which secret it is, as in "password of alice". It is what a Hit shows instead of the value.
	Name  string
	Value secret.String
}

// Hit is a place where a secret was found.
type Hit struct {
	// Where is the name that the data was given, or the file's path; for a member of an archive or of a compressed
	// file followed by "!" and the member's name.
	Where string
	// Secret is the name of the secret.
	Secret string
	// Form says how it was written: see Searcher.Forms.
	Form string
	// Offset is where it begins, in bytes; -1 if the form does not tell.
	Offset int
}

// String is a line for a reader. It does not show the secret.
func (h Hit) String() string {
	if h.Offset < 0 {
		return fmt.Sprintf("%s: %s, %s", h.Where, h.Secret, h.Form)
	}
	return fmt.Sprintf("%s: %s, %s, at byte %d", h.Where, h.Secret, h.Form, h.Offset)
}

// Searcher searches for some secrets. It is safe for concurrent use.
type Searcher struct {
	needles []needle
}

// needle is one form of one secret.
type needle struct {
	secret string
	form   string
	bytes  []byte
	// squeezed needles are searched for in data without white space and box lines.
	squeezed bool
}

// New prepares a search. Each secret must have a name and at least eight bytes.
func New(secrets ...Secret) (*Searcher, error) {
	if len(secrets) == 0 {
		return nil, errors.New("there is no secret to search for")
	}
	s := &Searcher{}
	for _, wanted := range secrets {
		value := wanted.Value.Reveal()
		switch {
		case wanted.Name == "":
			return nil, errors.New("a secret to search for has no name")
		case len(value) < minimumLength:
			return nil, fmt.Errorf("%s is too short to search for: it has %d bytes, and needs %d",
				wanted.Name, len(value), minimumLength)
		}
		s.needles = append(s.needles, needles(wanted.Name, value)...)
	}
	return s, nil
}

// Forms is the number of different spellings that are searched for.
func (s *Searcher) Forms() int { return len(s.needles) }
