package mapping

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rtgen/rtgen/harness/bundle"
)

// steps is every way in which a promotion changes a file system. It is small so
// that a test can stop a promotion at each of its steps.
type steps interface {
	lock(path string) (unlock func() error, err error)
	mkdir(dir string, mode fs.FileMode) error
	create(path string) (stepFile, error) // must not exist
	rename(from, to string) error
	exchange(a, b string) error // in one step; errors.ErrUnsupported where none is to be had
	remove(path string) error
	removeIn(root *os.Root, name string) error // a file in a folder, or an empty folder in it
	removeAll(dir string) error                // a folder of a promotion's own, with all that is in it
	syncDir(dir string) error
	syncTree(dir string) error // everything in it
	// make lets write make a file of the staged folder, or several. Nothing of it
	// is on the disk before syncTree.
	make(file string, write func(file string) error) error
}

type stepFile interface {
	io.Writer
	Sync() error
	Close() error
}

// disk is the real thing.
type disk struct{}

func (disk) lock(path string) (func() error, error) { return bundle.Lock(path) }
func (disk) mkdir(dir string, mode fs.FileMode) error {
	if err := os.Mkdir(dir, mode); err != nil {
		return err
	}
	return os.Chmod(dir, mode) // whatever the umask says
}
func (disk) create(path string) (stepFile, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}
func (disk) rename(from, to string) error { return os.Rename(from, to) }
func (disk) exchange(a, b string) error   { return exchange(a, b) }
func (disk) remove(path string) error     { return os.Remove(path) }
func (disk) removeIn(root *os.Root, name string) error {
	return root.Remove(name)
}
func (disk) removeAll(dir string) error { return os.RemoveAll(dir) }
func (disk) syncDir(dir string) error {
	err := syncPath(dir)
	// Some file systems cannot sync a folder and say so with EINVAL; what they
	// keep of a rename is then up to them.
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
func (disk) syncTree(dir string) error                             { return syncTree(dir) }
func (disk) make(file string, write func(file string) error) error { return write(file) }

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // opened for reading: nothing can get lost in it
	return f.Sync()
}

// mkdirAll makes dir and the folders above it that are not there, for good.
func mkdirAll(s steps, dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := mkdirAll(s, parent); err != nil {
			return err
		}
	}
	if err := s.mkdir(dir, 0o755); err != nil {
		return err
	}
	return s.syncDir(filepath.Dir(dir))
}

// replace writes a file through temp, which is another on the same file system:
// path has its old content, or none, until it has all of the new, and what it then
// has stays.
func replace(s steps, path, temp string, data []byte) (err error) {
	f, err := s.create(temp)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = s.remove(temp)
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		// Without this a crash after the rename can leave an empty file under the
		// final name.
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := s.rename(temp, path); err != nil {
		return err
	}
	return s.syncDir(filepath.Dir(path))
}

// writeBuffered writes a new file of the staged folder, which is synced as one.
func writeBuffered(file string, write func(io.Writer) error) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 256<<10)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	return errors.Join(err, f.Close())
}
