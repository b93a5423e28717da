package identity

// Error says why there is no usable JWT. It holds no secret.
type Error struct {
	// Attribute is the attribute that chose the source, such as "jwt_file"; empty in an error of Inspect.
	Attribute string
	// Problem is what happened: a clause without a full stop.
	Problem string
	// Next is what to do about it, in whole sentences.
	Next string
	// Absent means that the source does not exist where the provider runs, so that another credential may be tried.
	Absent bool
	// Cause is a context's error or a file system's, for errors.Is; nil otherwise.
	Cause error
}

// Error returns the whole text: attribute, problem, and what to do.
func (e *Error) Error() string {
	text := e.Problem + "."
	if e.Attribute != "" {
		text = e.Attribute + ": " + text
	}
	if e.Next != "" {
		text += " " + e.Next
	}
	return text
}

// Unwrap returns Cause.
func (e *Error) Unwrap() error { return e.Cause }
