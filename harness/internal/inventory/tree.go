package inventory

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Tree is an open tree. Nothing outside of it is read, also not through a
// symlink.
type Tree struct {
	root *os.Root
	dir  string // absolute
}

// Open opens the tree at a folder.
func Open(dir string) (*Tree, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, err
	}
	return &Tree{root, abs}, nil
}

// Close lets go of the tree.
func (t *Tree) Close() error { return t.root.Close() }

// place is where a path of the tree is on the host.
func (t *Tree) place(name string) string { return filepath.Join(t.dir, filepath.FromSlash(name)) }

var (
	errNotRegular = errors.New("is no regular file") // and not opened: a FIFO would wait for a writer
	errTooLarge   = errors.New("is too large")
)

// open opens a regular file.
func (t *Tree) open(name string) (*os.File, error) {
	info, err := t.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	return t.root.Open(name)
}

// read gives a regular file's bytes, at most limit.
func (t *Tree) read(name string, limit int64) ([]byte, error) {
	f, err := t.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var size int64
	if info, err := f.Stat(); err == nil {
		size = min(info.Size(), limit)
	}
	b := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err = b.ReadFrom(&limited{f, limit})
	return b.Bytes(), err
}

// limited reads at most left bytes, and fails when there are more.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p[:min(int64(len(p)), l.left+1)])
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// Exists reports whether anything has the name in the tree.
func (t *Tree) Exists(name string) bool {
	_, err := t.root.Lstat(name)
	return err == nil
}

// Name gives a path on the host as one of the tree; false when it lies outside.
func (t *Tree) Name(file string) (string, bool) {
	for _, dir := range []string{t.dir, resolved(t.dir)} {
		for _, file := range []string{file, resolved(file)} {
			if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
				return filepath.ToSlash(rel), true
			}
		}
	}
	return "", false
}

// resolved is a path without the symlinks on its way, which /tmp may be, as far
// as its folder is there.
func resolved(file string) string {
	if dir, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil {
		return filepath.Join(dir, filepath.Base(file))
	}
	return file
}

// reason is err without the operation and the path.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}

// parent is the folder that a path lies in.
func parent(name string) string { return path.Dir(name) }
