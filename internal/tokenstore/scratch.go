package tokenstore

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"path/filepath"
)

// reserveSize is the room that is kept for the next pair of tokens, many times what one needs.
const reserveSize = 16 << 10

// errNotDurable: the new content is in place, but the system did not confirm that it would survive a power cut.
var errNotDurable = errors.New("the directory was not confirmed to be on disk")

// scratch is a new file that takes the place of another one when it is complete.
type scratch struct {
	fs   fileSystem
	path string
	f    file
	// done: committed, or left behind on purpose.
	done bool
}

// newScratch makes a file with room for that many bytes, written out to the disk. Whatever keeps a file from being
// stored (a full disk, a quota, a limit, a read-only volume) shows here, where nothing is at stake yet.
func (s *Store) newScratch(prefix string, room int) (*scratch, error) {
	var name [8]byte
	_, _ = rand.Read(name[:]) // never fails, by its contract
	path := filepath.Join(s.dir, prefix+hex.EncodeToString(name[:]))
	f, err := s.fs.create(path)
	if err != nil {
		return nil, err
	}
	sc := &scratch{fs: s.fs, path: path, f: f}
	if room == 0 {
		return sc, nil
	}
	if _, err = f.WriteAt(blanks(room), 0); err == nil {
		err = f.Sync()
	}
	if err != nil {
		sc.discard()
		return nil, err
	}
	return sc, nil
}

// blanks are bytes that JSON reads over, in random order: a file system that compresses cannot make nothing of them,
// and a file that was cut off while it was filled is not valid.
func blanks(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.Read(data) // never fails, by its contract
	for i, b := range data {
		data[i] = " \t\r\n"[b&3]
	}
	return data
}

// fill writes the content to the disk, over the room kept for it. On a failure after the content is complete the file
// stays behind: the next run reads it.
func (sc *scratch) fill(data []byte) error {
	if _, err := sc.f.WriteAt(data, 0); err != nil {
		return err
	}
	sc.done = true
	err := sc.f.Truncate(int64(len(data)))
	if err == nil {
		err = sc.f.Sync()
	}
	return errors.Join(err, sc.f.Close())
}

// commit fills the file and puts it in the place of target.
func (sc *scratch) commit(target string, data []byte) error {
	if err := sc.fill(data); err != nil {
		return err
	}
	if err := sc.fs.rename(sc.path, target); err != nil {
		return err
	}
	if err := sc.fs.syncDir(filepath.Dir(target)); err != nil {
		return errors.Join(errNotDurable, err)
	}
	return nil
}

// discard removes the file, unless it is of use.
func (sc *scratch) discard() {
	if sc == nil || sc.done {
		return
	}
	sc.done = true
	_ = sc.f.Close()
	_ = sc.fs.remove(sc.path)
}

// write replaces the grant's file by way of a scratch file of its own: for content that the file could also do
// without, so that what stays behind after a failure is only in the way.
func (s *Store) write(p files, e *entry) error {
	data, err := e.encode()
	if err != nil {
		return err
	}
	sc, err := s.newScratch(p.temp, 0)
	if err != nil {
		return err
	}
	if err := sc.commit(p.data, data); err != nil {
		_ = s.fs.remove(sc.path)
		return err
	}
	return nil
}

// save replaces the grant's file with content that must not be lost: into the room kept for it, else into a new file.
func (s *Store) save(p files, e *entry, room *scratch) error {
	e.Version, e.SavedAt = formatVersion, s.now().UTC()
	data, err := e.encode()
	if err != nil {
		return err
	}
	first := room.commit(p.data, data)
	if first == nil {
		return nil
	}
	second, err := s.newScratch(p.next, 0)
	if err == nil {
		err = second.commit(p.data, data)
		second.discard()
	}
	if err != nil {
		return errors.Join(first, err)
	}
	_ = s.fs.remove(room.path) // it may hold the same tokens, and is not needed now
	return nil
}
