// Package pattern holds regular expressions that cost nothing until they are used. Terraform starts a provider several
// times in every run, and most of these are needed only when something went wrong.
package pattern

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression that is compiled at its first use. Make one with New, in a variable of a package: the
// linker lays it out, and no code runs for it when the program starts.
type Pattern struct {
	text     string
	once     sync.Once
	compiled *regexp.Regexp
}

// New returns the pattern of a text that package regexp understands.
func New(text string) *Pattern { return &Pattern{text: text} }

// Regexp returns the compiled expression. It panics if the text is none, as regexp.MustCompile does: the texts are
// constants, and each is used by a test.
func (p *Pattern) Regexp() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.text) })
	return p.compiled
}

// MatchString reports whether s holds a match.
func (p *Pattern) MatchString(s string) bool { return p.Regexp().MatchString(s) }
