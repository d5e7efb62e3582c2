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
	mkdirAll(dir string) error
	mkdir(dir string) error
	create(path string) (stepFile, error) // must not exist
	rename(from, to string) error
	remove(path string) error
	syncDir(dir string) error
	tryLock(path string) (unlock func() error, held bool, err error)
}

type stepFile interface {
	io.Writer
	Sync() error
	Close() error
}

// disk is the real thing.
type disk struct{}

func (disk) mkdirAll(dir string) error { return os.MkdirAll(dir, 0o755) }
func (disk) mkdir(dir string) error    { return os.Mkdir(dir, 0o755) }
func (disk) create(path string) (stepFile, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}
func (disk) rename(from, to string) error { return os.Rename(from, to) }
func (disk) remove(path string) error     { return os.Remove(path) }

func (disk) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	// Some file systems cannot sync a folder and say so with EINVAL; what they
	// keep of a rename is then up to them.
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
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
	return f.Close()
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
