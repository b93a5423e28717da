package matrix

import (
	"fmt"
	"strings"
)

// The marks between which the table stands in the guide.
const (
	beginMark = "<!-- begin of the table that \"make matrix\" writes -->\n"
	endMark   = "<!-- end of the table that \"make matrix\" writes -->\n"
)

// Insert replaces what stands between the marks in a guide by the table. A guide without the marks is an error.
func Insert(guide string) (string, error) {
	before, rest, found := strings.Cut(guide, beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !found || !ended {
		return "", fmt.Errorf("it lacks the line %q or, after it, the line %q", strings.TrimSpace(beginMark), strings.TrimSpace(endMark))
	}
	return before + beginMark + "\n" + Markdown() + "\n" + endMark + after, nil
}
