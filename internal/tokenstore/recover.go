package tokenstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// load reads the grant's file for a decision. It is called under the exclusive lock only, so that every scratch file
// is a leftover of a run that is gone: a complete one holds tokens which never reached their place, and is put there.
// Content that cannot be read is set aside. It returns nil if there is no grant.
func (s *Store) load(p files, key Key, notify notifier) (*entry, error) {
	leftovers, err := s.leftovers(p)
	if err != nil {
		return nil, err
	}
	e, err := s.read(p.data)
	if errors.Is(err, errCorrupt) {
		e, err = nil, s.setAside(p, notify)
	}
	if err != nil {
		return nil, err
	}
	if e != nil && e.Key != key {
		return nil, failure(Unsafe, nil, "%s holds the grant of another server, client_id or name. Remove it if it was "+
			"copied there.", p.data)
	}
	for _, path := range leftovers {
		e = s.adopt(p, key, e, path, notify)
	}
	return s.remember(p, e, notify), nil
}

// leftovers removes temporary files and returns those that may hold tokens.
func (s *Store) leftovers(p files) ([]string, error) {
	names, err := s.fs.list(p.dir)
	if err != nil {
		return nil, cannotRead(p.dir, err)
	}
	var found []string
	for _, name := range names {
		path := filepath.Join(p.dir, name)
		if strings.HasPrefix(name, p.next) {
			found = append(found, path)
		} else if strings.HasPrefix(name, p.temp) {
			_ = s.fs.remove(path)
		}
	}
	return found, nil
}

// adopt puts the content of a leftover in place if it is the successor of e, and returns what is then in place.
func (s *Store) adopt(p files, key Key, e *entry, path string, notify notifier) *entry {
	found, err := s.read(path)
	if err != nil || found == nil || found.Key != key || !found.follows(e) {
		_ = s.fs.remove(path)
		return e
	}
	err = s.fs.rename(path, p.data)
	if err == nil {
		err = s.fs.syncDir(p.dir)
	}
	if err != nil {
		notify.warn("Tokens that an earlier run could not put in place were found in %s and are used from there; "+
			"moving the file failed: %v.", path, err)
		return found
	}
	notify.info("Tokens that an earlier run had received but not yet put in place were found and are used.")
	return found
}

// follows reports whether the entry is what a run would have stored next after e.
func (e *entry) follows(previous *entry) bool {
	if e.Tokens == nil {
		return false
	}
	return previous == nil || e.Generation == previous.Generation+1
}

// setAside moves a file that cannot be read out of the way, where a person can look at it.
func (s *Store) setAside(p files, notify notifier) error {
	aside := p.data + ".corrupt-" + s.now().UTC().Format("20060102T150405Z")
	for i := 2; ; i++ {
		if _, err := s.fs.lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil || i > 99 {
			return cannotWrite(p.dir, errors.Join(errCorrupt, err))
		}
		aside = fmt.Sprintf("%s.corrupt-%s-%d", p.data, s.now().UTC().Format("20060102T150405Z"), i)
	}
	if err := s.fs.rename(p.data, aside); err != nil {
		return cannotWrite(p.dir, err)
	}
	if err := s.fs.syncDir(p.dir); err != nil {
		return cannotWrite(p.dir, err)
	}
	notify.warn("%s could not be read as a stored grant. It was moved to %s; the grant in it, if any, is not used.",
		p.data, aside)
	return nil
}

// remember returns the newer of what is on disk and what this process could not save, and tries again to save it.
func (s *Store) remember(p files, e *entry, notify notifier) *entry {
	mine := localState(p).unsaved
	if mine == nil {
		return e
	}
	if e != nil && e.Generation >= mine.Generation {
		localState(p).unsaved = nil
		return e
	}
	if err := s.write(p, mine); err == nil {
		localState(p).unsaved = nil
		notify.info("Tokens that could not be saved before are saved now.")
	}
	return mine
}
