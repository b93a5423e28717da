package terraformcli

import (
	"strings"
	"sync"
)

// output collects what a process writes, and tells those who wait for it. It is safe for concurrent use.
type output struct {
	mutex   sync.Mutex
	text    strings.Builder
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{})} }

// Write implements io.Writer.
func (o *output) Write(data []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	close(o.changed)
	o.changed = make(chan struct{})
	return o.text.Write(data)
}

// String returns everything written so far.
func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// contains reports whether text has been written, and else what is closed at the next write.
func (o *output) contains(text string) (found bool, changed <-chan struct{}) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return strings.Contains(o.text.String(), text), o.changed
}
