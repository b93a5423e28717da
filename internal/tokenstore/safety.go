package tokenstore

import (
	"errors"
	"io"
	"io/fs"
	"runtime"
	"strings"
)

// secureDir checks the directory, and makes it first if asked to. Without a directory it returns fs.ErrNotExist.
func (s *Store) secureDir(create bool) error {
	if create {
		if err := s.fs.mkdir(s.dir); err != nil {
			return cannotWrite(s.dir, err)
		}
	}
	info, err := s.fs.lstat(s.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !create:
		return fs.ErrNotExist
	case err != nil:
		return cannotRead(s.dir, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return failure(Unsafe, nil, "The token store %s is a symbolic link. Set token_store.path to the directory itself.",
			s.dir)
	case !info.IsDir():
		return failure(Unsafe, nil, "The token store %s is not a directory. Set token_store.path to one.", s.dir)
	}
	return checkAccess(s.dir, info, "700")
}

// checkFile refuses a file that a store of secrets must not trust.
func checkFile(path string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSymlink != 0 {
		return failure(Unsafe, nil, "%s is a symbolic link, and the token store follows none. Put the file itself there, "+
			"or remove the link.", path)
	}
	if !info.Mode().IsRegular() {
		return failure(Unsafe, nil, "%s is not a regular file. Remove it from the token store.", path)
	}
	return checkAccess(path, info, "600")
}

func checkAccess(path string, info fs.FileInfo, mode string) error {
	if !owned(info) {
		return failure(Unsafe, nil, "%s belongs to another user, who could read or replace the tokens in it. "+
			"Each user needs a token store of their own: set token_store.path to another directory.", path)
	}
	if exposed(info) {
		return failure(Unsafe, nil, "%s has mode %04o: other users can get at the tokens in it. "+
			"If nobody has read them, run: chmod %s %s", path, info.Mode().Perm(), mode, shellQuote(path))
	}
	return nil
}

// shellQuote makes a path one word of a command line.
func shellQuote(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+@%,:=", r)
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// checkPath checks a file that is about to be opened; one that does not exist is fine.
func (s *Store) checkPath(path string) error {
	info, err := s.fs.lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cannotRead(path, err)
	}
	return checkFile(path, info)
}

// read returns the content of a grant's file, or nil if there is no file. It checks the open file and not the name
// alone, which could change its meaning in between. Besides an Error it returns errCorrupt.
func (s *Store) read(path string) (*entry, error) {
	if err := s.checkPath(path); err != nil {
		return nil, err
	}
	f, err := s.fs.open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, cannotRead(path, err)
	}
	e, err := readOpen(path, f)
	if closeErr := f.Close(); err == nil && closeErr != nil {
		return nil, cannotRead(path, closeErr)
	}
	return e, err
}

func readOpen(path string, f file) (*entry, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, cannotRead(path, err)
	}
	if err := checkFile(path, info); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, cannotRead(path, err)
	}
	if len(data) > maxFile {
		return nil, errCorrupt
	}
	e, err := decode(data)
	if errors.Is(err, errNewer) {
		return nil, failure(Newer, err, "%s was written by a later version of this provider and is left as it is. "+
			"Use that version, or set token_store.path to another directory.", path)
	}
	return e, err
}

func cannotRead(path string, err error) error {
	if isLinkError(err) {
		return failure(Unsafe, err, "%s is a symbolic link, and the token store follows none.", path)
	}
	hint := ""
	if errors.Is(err, fs.ErrPermission) && runtime.GOOS != "windows" {
		hint = " Look at its owner and mode."
	}
	return failure(NoStore, err, "%s cannot be read, so nothing was sent to the server.%s Set token_store.path to a directory "+
		"that this user can read and write. %s", path, hint, withoutStore)
}
