package terraformcli

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets a copy of the test program stand for Terraform: it behaves as one if it is called so.
func TestMain(m *testing.M) {
	switch strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") {
	case "terraform", "tofu":
		os.Exit(fakeMain())
	}
	os.Exit(m.Run())
}

// fakeMain prints the file "version" beside the program, or does what the first argument says.
func fakeMain() int {
	if len(os.Args) < 2 {
		return 3
	}
	switch os.Args[1] {
	case "version":
		text, err := os.ReadFile(filepath.Join(filepath.Dir(os.Args[0]), "version"))
		if err != nil {
			return 1
		}
		fmt.Print(string(text))
	case "environment":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "fail":
		fmt.Println("to stdout")
		fmt.Fprintln(os.Stderr, "to stderr")
		return 7
	case "wait":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt)
		fmt.Println("ready")
		fmt.Println("got", <-signals)
	}
	return 0
}

// fakeCLI makes a program of that name in a new folder, and returns its path. It prints text as its version.
func fakeCLI(t *testing.T, name, text string) string {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, name+programSuffix())
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(self, path); err != nil {
		copyFile(t, self, path)
	}
	if err := os.WriteFile(filepath.Join(folder, "version"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}
