package analysis

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/stage"
)

// replaceFile is stage.Replace of a file whose folders are made.
func replaceFile(path string, write func(io.Writer) error) error {
	if err := stage.MakeFolder(path); err != nil {
		return err
	}
	return stage.Replace(path, write)
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
