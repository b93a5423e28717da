package leak

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Limits for compressed data, so that a damaged or hostile file cannot use up the memory.
const (
	maximumDepth = 5
	maximumSize  = 256 << 20
)

// Bytes searches data, which the hits call where.
func (s *Searcher) Bytes(where string, data []byte) ([]Hit, error) {
	return s.search(where, data, 0)
}

// Files searches all files in folder, and their names. Two kinds of links are not followed: symbolic ones, and those
// of processes that listen on a socket.
func (s *Searcher) Files(folder string) ([]Hit, error) {
	var hits []Hit
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hits = append(hits, s.plain(path+" (its name)", []byte(path))...)
		if !entry.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found, err := s.Bytes(path, data)
		hits = append(hits, found...)
		return err
	})
	return hits, err
}

func (s *Searcher) search(where string, data []byte, depth int) ([]Hit, error) {
	hits := s.plain(where, data)
	members, err := unpack(data)
	if err != nil {
		return hits, fmt.Errorf("cannot look into %s: %w", where, err)
	}
	if len(members) > 0 && depth == maximumDepth {
		return hits, fmt.Errorf("cannot look into %s: archives in archives, %d deep", where, depth)
	}
	for _, inside := range members {
		place := where + "!" + inside.name
		hits = append(hits, s.plain(place+" (its name)", []byte(inside.name))...)
		found, err := s.search(place, inside.data, depth+1)
		hits = append(hits, found...)
		if err != nil {
			return hits, err
		}
	}
	return hits, nil
}

func (s *Searcher) plain(where string, data []byte) []Hit {
	var hits []Hit
	squeezed := squeeze(data)
	found := map[string]bool{}
	for _, needle := range s.needles {
		if needle.squeezed {
			// Only worth telling if the secret was not found as it is.
			if !found[needle.secret] && bytes.Contains(squeezed, needle.bytes) {
				hits = append(hits, Hit{Where: where, Secret: needle.secret, Form: needle.form, Offset: -1})
			}
			continue
		}
		if offset := bytes.Index(data, needle.bytes); offset >= 0 {
			found[needle.secret] = true
			hits = append(hits, Hit{Where: where, Secret: needle.secret, Form: needle.form, Offset: offset})
		}
	}
	return hits
}

type member struct {
	name string
	data []byte
}

// unpack returns what is in data if it is a zip archive or compressed with gzip, and nothing if it is neither.
func unpack(data []byte) ([]member, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		reader, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		content, err := readAll(reader)
		return []member{{name: "gz", data: content}}, err
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return unzip(data)
	}
	return nil, nil
}

func unzip(data []byte) ([]member, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var members []member
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			return nil, err
		}
		content, err := readAll(reader)
		if err := errors.Join(err, reader.Close()); err != nil {
			return nil, err
		}
		members = append(members, member{name: file.Name, data: content})
	}
	return members, nil
}

func readAll(reader io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(reader, maximumSize+1))
	if len(data) > maximumSize {
		return nil, fmt.Errorf("more than %d bytes", maximumSize)
	}
	return data, err
}
