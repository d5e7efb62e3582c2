package analysis

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// openRegular opens a regular file: a FIFO would hang, and a device never end.
func openRegular(file string) (*os.File, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", file)
	}
	return os.Open(file)
}

// digest is that of a document's bytes.
type digest [sha256.Size]byte

// loadDocument reads a document of a file, and gives the digest of its bytes.
func loadDocument(file string, read func(*artifact.Reader) error) (sum digest, err error) {
	f, err := openRegular(file)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	hash := sha256.New()
	if err := readDocument(io.TeeReader(f, hash), read); err != nil {
		return sum, fmt.Errorf("%s: %w", file, err)
	}
	return digest(hash.Sum(nil)), nil
}

func readDocument(r io.Reader, read func(*artifact.Reader) error) error {
	d := artifact.NewReader(r)
	if err := read(d); err != nil {
		return err
	}
	return d.Close()
}

// member is a key of an object: what it is read into, a pointer, or what reads
// it.
type member struct {
	into     any
	read     func() error
	optional bool
}

// readObject reads an object that is too large to be decoded at once. Other keys
// are a newer minor version's and pass.
func readObject(d *artifact.Reader, members map[string]member) error {
	missing := map[string]bool{}
	for key, m := range members {
		missing[key] = !m.optional
	}
	err := d.Object(slices.Collect(maps.Keys(members)), func(key string) error {
		delete(missing, key)
		switch m := members[key]; {
		case m.read != nil:
			return m.read()
		case m.into != nil:
			return d.Value(m.into)
		}
		return d.Skip()
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		if missing[key] {
			return fmt.Errorf("no %q", key)
		}
	}
	return nil
}

// readEntries reads an object whose keys are data.
func readEntries[T any](d *artifact.Reader, to *artifact.Ordered[T], read func(key string) (T, error)) func() error {
	return func() error {
		return d.Object(nil, func(key string) error {
			if err := artifact.CheckID("key", key); err != nil {
				return err
			}
			entry, err := read(key)
			if err == nil {
				*to = append(*to, artifact.Member[T]{Key: key, Value: entry})
			}
			return err
		})
	}
}

// readList reads an array that is too large to be decoded at once.
func readList[T any](d *artifact.Reader, to *[]T) func() error {
	return func() error {
		*to = []T{}
		return d.Array(func(int) error {
			var element T
			err := d.Value(&element)
			*to = append(*to, element)
			return err
		})
	}
}

// readMeta reads the envelope, of which others than the world may lack much.
func readMeta(d *artifact.Reader, m *Meta) func() error {
	return func() error {
		if err := d.Value(m); err != nil {
			return err
		}
		return errors.Join(artifact.CheckID("world_id", m.WorldID), artifact.CheckMajor(m.SchemaVersion))
	}
}
