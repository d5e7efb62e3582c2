package bundle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// steps is every way in which this package changes a file system. It is small
// so that a test can fail each step of a run in turn.
type steps interface {
	mkdir(dir string) error
	create(path string) (stepFile, error) // must not exist
	rename(from, to string) error
	remove(path string) error
	renameIn(root *os.Root, from, to string) error // never through a symlink, and so is the next
	removeIn(root *os.Root, name string) error
	syncDir(dir string) error
	syncFile(path string) error // that this package did not write
	tryLock(path string) (unlock func() error, held bool, err error)
}

type stepFile interface {
	io.Writer
	Sync() error
	Close() error
}

// disk is the real thing. Package os calls again after EINTR, but for close(2),
// which must not be repeated; for flock(2) tryLock does it.
type disk struct{}

func (disk) mkdir(dir string) error { return os.Mkdir(dir, 0o755) }
func (disk) create(path string) (stepFile, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}
func (disk) rename(from, to string) error { return os.Rename(from, to) }
func (disk) remove(path string) error     { return os.Remove(path) }

func (disk) renameIn(root *os.Root, from, to string) error { return root.Rename(from, to) }
func (disk) removeIn(root *os.Root, name string) error     { return root.Remove(name) }

func (d disk) syncDir(dir string) error {
	err := d.syncFile(dir)
	// Some file systems cannot sync a folder and say so with EINVAL; what they
	// keep of a rename is then up to them.
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

func (disk) syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return err
	}
	defer f.Close() // opened for reading: nothing can get lost in it
	return f.Sync()
}

// mkdirAll makes dir, and the folders above it that are not there, so that a
// power cut does not take them away again with all that was put into them.
func mkdirAll(s steps, dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := mkdirAll(s, parent); err != nil {
			return err
		}
	}
	err = s.mkdir(dir)
	if errors.Is(err, fs.ErrExist) {
		// Somebody else made it just now, or a link leads nowhere.
		if info, gone := os.Stat(dir); gone == nil && info.IsDir() {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	return s.syncDir(parent)
}

// replace writes path through the temporary file temp, which lies in the same
// folder: path has its old content, or none, until it has all of the new. A
// leftover temp of a writer that was killed is removed; callers see to it that
// no living writer uses the same one.
func replace(s steps, path, temp string, write func(io.Writer) error) error {
	if err := fill(s, temp, write); err != nil {
		return err
	}
	if err := s.rename(temp, path); err != nil {
		_ = s.remove(temp)
		return err
	}
	return nil
}

// fill is replace without the last step: temp is whole and on disk, or gone.
func fill(s steps, temp string, write func(io.Writer) error) (err error) {
	f, err := s.create(temp)
	if errors.Is(err, fs.ErrExist) {
		if err = s.remove(temp); err == nil {
			f, err = s.create(temp)
		}
	}
	if err != nil {
		return err
	}
	closed := false
	defer func() {
		if err != nil {
			if !closed {
				_ = f.Close()
			}
			// Also what gives the space back when the disk is full.
			_ = s.remove(temp)
		}
	}()
	buffered := bufio.NewWriterSize(f, 64<<10)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	// Without this a crash after the rename can leave an empty file under the
	// final name.
	if err := f.Sync(); err != nil {
		return err
	}
	closed = true
	return closeFile(f)
}

// closeFile closes f. Interrupted, it is closed all the same.
func closeFile(f io.Closer) error {
	if err := f.Close(); !errors.Is(err, syscall.EINTR) {
		return err
	}
	return nil
}

// tempName is where path is written before it gets its name.
func tempName(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
}

// explain adds what to do about the errors people meet.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	var hint string
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		hint = "; free some space or choose another out folder"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR):
		hint = "; choose an out folder that can be written"
	}
	return fmt.Errorf("%s: %w%s", what, err, hint)
}
