// Command peak measures how much memory a provider has at its peak. It stands between Terraform and the provider:
// Terraform starts it under the provider's name, and it starts the provider, waits for its end, and notes the peak.
//
// It imports little, because the system counts for a process also what it had before it became another program, and
// that is then a copy of this one.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Where the providers are, and the file to which the peak is added, a line for each process, in bytes.
const (
	folderVariable = "BENCH_PEAK_FOLDER"
	fileVariable   = "BENCH_PEAK_FILE"
)

func main() {
	command := exec.Command(filepath.Join(os.Getenv(folderVariable), filepath.Base(os.Args[0])), os.Args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := command.Run()
	if command.ProcessState == nil {
		fail(err)
	}
	notes, err := os.OpenFile(os.Getenv(fileVariable), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		fail(err)
	}
	if _, err := fmt.Fprintln(notes, peakOf(command.ProcessState)); err != nil {
		fail(err)
	}
	os.Exit(command.ProcessState.ExitCode())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
