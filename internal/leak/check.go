package leak

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
)

// Check plants every secret in every form into plain text, a compressed file and an archive in an archive, and
// searches for it. The error names the first that the search does not find.
func (s *Searcher) Check() error {
	for _, needle := range s.needles {
		planted := needle.bytes
		if needle.squeezed {
			// As a terminal program wraps a long message.
			half := len(planted) / 2
			planted = slices.Concat(planted[:half], []byte("\n│ "), planted[half:])
		}
		text := slices.Concat([]byte("before "), planted, []byte(" after"))
		packed, err := pack(text)
		if err != nil {
			return err
		}
		for where, data := range map[string][]byte{"text": text, "gzip": packed[0], "zip in zip": packed[1]} {
			if err := s.finds(needle, where, data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Searcher) finds(wanted needle, where string, data []byte) error {
	hits, err := s.Bytes(where, data)
	if err != nil {
		return err
	}
	for _, hit := range hits {
		if hit.Secret == wanted.secret && hit.Form == wanted.form {
			return nil
		}
	}
	return fmt.Errorf("the search does not find a planted %s %s in %s", wanted.secret, wanted.form, where)
}

// pack returns text compressed, and text in an archive in an archive.
func pack(text []byte) ([2][]byte, error) {
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	if _, err := writer.Write(text); err != nil {
		return [2][]byte{}, err
	}
	if err := writer.Close(); err != nil {
		return [2][]byte{}, err
	}
	inner, err := archive("inner.txt", text)
	if err != nil {
		return [2][]byte{}, err
	}
	outer, err := archive("outer.zip", inner)
	return [2][]byte{compressed.Bytes(), outer}, err
}

func archive(name string, content []byte) ([]byte, error) {
	var buffer bytes.Buffer
	writer := zip.NewWriter(&buffer)
	file, err := writer.Create(name)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(content); err != nil {
		return nil, err
	}
	err = writer.Close()
	return buffer.Bytes(), err
}
