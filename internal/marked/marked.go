// Package marked puts what a program writes into pages that people write.
package marked

import (
	"fmt"
	"strings"
)

// Insert replaces what stands between two marks in a page: those of the table that "make target" writes. A page without
// the marks is an error.
func Insert(page, target, table string) (string, error) {
	begin := fmt.Sprintf("<!-- begin of the table that \"make %s\" writes -->\n", target)
	end := fmt.Sprintf("<!-- end of the table that \"make %s\" writes -->\n", target)
	before, rest, found := strings.Cut(page, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("it lacks the line %q or, after it, the line %q", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin + "\n" + table + "\n" + end + after, nil
}
