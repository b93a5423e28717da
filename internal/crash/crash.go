// Package crash catches panics. The text of a panic can hold any value, a password too, and Terraform prints what a
// crashing provider writes. What is left of a panic here is its type and its place.
package crash

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Error is a panic that was caught. It holds nothing of the panic's value.
type Error struct {
	// Type is the Go type of the value, such as "runtime.boundsError".
	Type string
	// Where is the function and the line that panicked, such as "session.(*grant).ask, grant.go:78".
	Where string
}

// Error says what happened and what to do.
func (e *Error) Error() string {
	return fmt.Sprintf("This is a fault of the provider, not of the configuration: it stopped at %s with a value of type %s, "+
		"which is not shown because it could hold a secret. Please report these lines to the provider's developers.", e.Where, e.Type)
}

// Catch calls keep with the panic that is under way, if there is one, and ends it. It must be deferred itself.
func Catch(keep func(*Error)) {
	if value := recover(); value != nil {
		keep(&Error{Type: fmt.Sprintf("%T", value), Where: where()})
	}
}

// where finds the innermost frame of the panic that is not the runtime's.
func where() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	panicking := false
	for {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if panicking && !inRuntime {
			return fmt.Sprintf("%s, %s:%d", filepath.Base(frame.Function), filepath.Base(frame.File), frame.Line)
		}
		panicking = panicking || inRuntime && strings.Contains(frame.Function, "panic")
		if !more {
			return "an unknown place"
		}
	}
}
