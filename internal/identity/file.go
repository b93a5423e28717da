package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// maxToken bounds a JWT, the file it is in and the answer that carries it, in bytes. Real ones have about a thousand.
const maxToken = 1 << 20

// file is a JWT in a file that something else replaces from time to time: a kubelet, a helper, a CI system.
type file struct {
	path string
	open func(path string) (io.ReadCloser, error)
}

// FromFile returns the source for attribute jwt_file. The file is read at every Fetch, so that a token which was
// replaced in the meantime is used; links are followed, as a Kubernetes volume needs. A path that is empty, or that
// is no path but a token, is an error.
func FromFile(path string) (Source, error) {
	fail := func(problem, next string) (Source, error) {
		return nil, &Error{Attribute: "jwt_file", Problem: problem, Next: next}
	}
	switch {
	case trim(path) == "":
		return fail("the path is empty", "Give the path of the file that holds the JWT.")
	case looksLikeSecret(path):
		return fail("the value looks like a token, not like a path",
			"Give the path of the file that holds the JWT; a JWT itself goes into jwt.")
	case strings.HasPrefix(strings.ToLower(path), "file:"):
		return fail("the path begins with file:", "Give the plain path, without that prefix.")
	case strings.ContainsRune(path, 0):
		return fail("the path contains a NUL character", "Give a plain path.")
	}
	return file{path: path, open: func(path string) (io.ReadCloser, error) { return os.Open(path) }}, nil
}

func (s file) Attribute() string { return "jwt_file" }

func (s file) Key() secret.String { return secret.New("jwt_file:" + s.path) }

func (s file) Present() error {
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		return s.missing(err)
	}
	return nil
}

func (s file) Fetch(context.Context) (secret.String, error) {
	// A pipe would block for ever when opened, so look before.
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return secret.String{}, s.missing(err)
	case err != nil:
		return secret.String{}, s.unreadable(err)
	case info.IsDir():
		return secret.String{}, s.fail("is a directory", "Give the path of the file in it that holds the JWT.", nil)
	case !info.Mode().IsRegular():
		return secret.String{}, s.fail("is not a regular file", "Give the path of a regular file.", nil)
	}
	return s.read()
}

func (s file) read() (secret.String, error) {
	reader, err := s.open(s.path)
	if err != nil {
		return secret.String{}, s.unreadable(err)
	}
	data, err := io.ReadAll(io.LimitReader(reader, maxToken+1))
	if err := errors.Join(err, reader.Close()); err != nil {
		return secret.String{}, s.unreadable(err)
	}
	if len(data) > maxToken {
		return secret.String{}, s.fail("has more than 1 MiB", "A JWT has a few kilobytes: this is another file.", nil)
	}
	token := trim(string(data))
	if token == "" {
		return secret.String{}, s.fail("is empty",
			"Find out why whatever writes it (a kubelet, a helper, an earlier step) has not written a JWT.", nil)
	}
	return secret.New(token), nil
}

func (s file) missing(cause error) error {
	next := "Check the path, and that the volume is mounted or the step that writes the file has run."
	if strings.HasPrefix(s.path, "~") || strings.Contains(s.path, "$") {
		next = "Terraform does not expand ~ or variables in a string: write the path out, or use pathexpand()."
	}
	err := s.fail("does not exist", next, cause)
	err.Absent = true
	return err
}

func (s file) unreadable(cause error) error {
	if errors.Is(cause, fs.ErrPermission) {
		return s.fail("may not be read by this process",
			"Give the user that runs Terraform permission to read it (in a pod: securityContext.fsGroup).", cause)
	}
	problem := "cannot be read"
	var reason *fs.PathError
	if errors.As(cause, &reason) {
		problem += " (" + show(reason.Err.Error()) + ")"
	}
	return s.fail(problem, "Check the path and the file system it is on.", cause)
}

func (s file) fail(problem, next string, cause error) *Error {
	return &Error{
		Attribute: "jwt_file", Problem: fmt.Sprintf("the file %q %s", show(s.path), problem), Next: next, Cause: cause,
	}
}
