package provider

import (
	"slices"
	"sync"
)

// remarks are what the user should know beside the result. A request that outlives its block may still add to them.
type remarks struct {
	mu    sync.Mutex
	texts []string
}

// add notes a text, once: a request that waits comes upon the same thing again and again.
func (r *remarks) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.texts, text) {
		r.texts = append(r.texts, text)
	}
}

func (r *remarks) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.texts)
}
