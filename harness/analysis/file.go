package analysis

import (
	"bufio"
	"cmp"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// replaceFile writes a file that takes its name when it is whole: until then,
// and after an error, the file that had the name has it. Folders that are not
// there are made.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, f.Cleanup()) }()
	buffered := bufio.NewWriterSize(f, 64<<10)
	if err := cmp.Or(write(buffered), buffered.Flush()); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// NameIn is a path as documents have it: relative to root when the file lies in
// it, else absolute, as it was spelled; with forward slashes. A relative path
// starts from root, and an empty root is the working directory.
func NameIn(root, path string) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	rel, err := filepath.Rel(root, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(path), nil
	}
	return filepath.ToSlash(rel), nil
}
