// Package stage puts several files in their places: every byte is on the disk
// before the first file takes its name, so that a full disk leaves what was
// there.
package stage

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

// File is what a file is to hold.
type File struct {
	Path string
	Name string // in messages; empty: the path
	Data []byte
}

func (f File) name() string { return cmp.Or(f.Name, f.Path) }

// RefusedError says which files may not go to their places, and what would let
// them.
type RefusedError struct{ msg string }

func (e *RefusedError) Error() string { return e.msg }

// Check says whether files may go to their places: nothing is there, or regular
// files that may be replaced. A refusal is a *RefusedError.
func Check(files []File, overwrite bool) error {
	var refused []string
	var there []string
	for _, f := range files {
		for _, other := range files {
			if strings.HasPrefix(other.Path, f.Path+string(filepath.Separator)) {
				refused = append(refused, fmt.Sprintf("%s would be a file, and a folder for %s; give one another name", f.name(), other.name()))
			}
		}
		info, err := os.Lstat(f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return failed(f.name(), err)
		case info.IsDir():
			refused = append(refused, f.name()+": a folder is where the file goes; remove it, or choose another out folder")
		case !info.Mode().IsRegular():
			refused = append(refused, fmt.Sprintf("%s: no regular file is where the file goes (%v); remove it, or choose another out folder", f.name(), info.Mode().Type()))
		case !overwrite:
			there = append(there, f.name())
		}
	}
	if len(there) > 0 {
		refused = append(refused, strings.Join(there, ", ")+": there already; --overwrite replaces what is there, or choose another out folder")
	}
	if len(refused) > 0 {
		return &RefusedError{strings.Join(refused, "\n")}
	}
	return nil
}

// Write puts files in their places, the last one first: name last what nobody
// should find before the others. Folders that are not there are made.
func Write(files []File) (err error) {
	var w writer
	defer func() { err = errors.Join(err, w.cleanup(err != nil)) }()
	for _, f := range files {
		if err := w.folder(filepath.Dir(f.Path)); err != nil {
			return err
		}
		if err := w.stage(f); err != nil {
			return failed(f.name(), err)
		}
	}
	for i, pending := range slices.Backward(w.staged) {
		if err := pending.CloseAtomicallyReplace(); err != nil {
			return failed(files[i].name(), err)
		}
	}
	return nil
}

// MakeFolder makes the folder that a file is to go to, and those above it.
func MakeFolder(file string) error {
	var w writer
	if err := w.folder(filepath.Dir(file)); err != nil {
		return errors.Join(err, w.cleanup(true))
	}
	return nil
}

// Replace writes one file that may be too large to hold. Until all of it is on the
// disk, the path has what it had. The file's folder must be there.
func Replace(path string, write func(io.Writer) error) (err error) {
	pending, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return failed(path, err)
	}
	defer func() { err = errors.Join(err, pending.Cleanup()) }()
	buffer := bufio.NewWriterSize(pending, 64<<10)
	if err := write(buffer); err != nil {
		return failed(path, err)
	}
	if err := buffer.Flush(); err != nil {
		return failed(path, err)
	}
	// A full disk may only say so here: what takes its name is synced before.
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return failed(path, err)
	}
	return nil
}

// writer is files on their way to their places.
type writer struct {
	staged []*renameio.PendingFile
	made   []string // folders, outermost first
}

func (w *writer) stage(f File) error {
	pending, err := renameio.NewPendingFile(f.Path, renameio.WithTempDir(filepath.Dir(f.Path)),
		renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	w.staged = append(w.staged, pending)
	_, err = pending.Write(f.Data)
	// A full disk may only say so here.
	return cmp.Or(err, pending.Sync())
}

// folder makes a folder and those above it.
func (w *writer) folder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return fmt.Errorf("make out folder: %s: not a directory; choose an out folder that can be written", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return failed(dir, err)
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := w.folder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return failed(dir, err)
	}
	w.made = append(w.made, dir)
	return nil
}

// cleanup removes what is left of a write that failed.
func (w *writer) cleanup(failed bool) error {
	var errs []error
	for _, pending := range w.staged {
		errs = append(errs, pending.Cleanup())
	}
	if failed {
		for _, dir := range slices.Backward(w.made) {
			_ = os.Remove(dir) // only works while it is empty, and only then is it right
		}
	}
	return errors.Join(errs...)
}

// failed is an error of writing a file or making its folder. One of the host's
// stays an *fs.PathError.
func failed(path string, err error) error {
	const fix = "choose an out folder that can be written"
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return &fs.PathError{Op: "write", Path: path, Err: fmt.Errorf("%w; %s", pe.Err, fix)}
	}
	return fmt.Errorf("write %s: %w; %s", path, err, fix)
}
