// Package terminal speaks to the person at the controlling terminal.
//
// A provider's own output goes to Terraform's log, and Terraform shows nothing of a block that is still opening. The
// terminal is the only way to hand a person an address and a code while Terraform waits.
package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrNone is returned where nobody is there to read: in a pipeline, or detached from a terminal.
var ErrNone = errors.New("there is no terminal to show the login on")

// Open opens the controlling terminal for writing, whatever standard output is connected to.
func Open() (io.WriteCloser, error) {
	device, err := os.OpenFile(deviceName, os.O_WRONLY, 0)
	if err != nil {
		return nil, ErrNone
	}
	return device, nil
}

// Show writes lines in one piece, between the lines that Terraform writes.
func Show(terminal io.Writer, lines ...string) error {
	var text strings.Builder
	text.WriteString("\r\n")
	for _, line := range lines {
		fmt.Fprintf(&text, ">>> vedauth: %s\r\n", line)
	}
	text.WriteString("\r\n")
	_, err := io.WriteString(terminal, text.String())
	return err
}
