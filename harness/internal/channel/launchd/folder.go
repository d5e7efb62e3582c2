package launchd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// folder is a job's own, below the base: its property list, its socket, what it
// prints, and perhaps its program.
type folder struct {
	dir  string
	held *flock.Flock
}

// What is in it, beside the property list and the socket.
const (
	stdoutFile  = "stdout"
	stderrFile  = "stderr"
	programFile = "worker"
	heldFile    = "held" // locked while the process that made the folder lives
)

// newFolder makes a job's folder, and the base where it is not there. What others
// can write to is no place for what launchd is to start.
func newFolder(base, label string, uid int) (_ *folder, err error) {
	if err := os.Mkdir(base, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("job %s: the parent of its folder: %w", label, err)
	}
	info, err := os.Lstat(base)
	if err != nil {
		return nil, fmt.Errorf("job %s: the parent of its folder: %w", label, err)
	}
	if why := unsafeBase(info, uid); why != "" {
		return nil, fmt.Errorf("job %s: the parent of its folder, %s, %s: remove it, or have its owner remove it", label, base, why)
	}
	f := &folder{dir: filepath.Join(base, label)}
	if err := os.Mkdir(f.dir, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("job %s: %s is there already: another run of this id is at work, give this one another", label, f.dir)
		}
		return nil, fmt.Errorf("job %s: its folder: %w", label, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("job %s: its folder: %w", label, err), f.remove())
		}
	}()
	// It is locked before it gets the name that sweep looks for.
	file := filepath.Join(f.dir, heldFile)
	f.held = flock.New(file + ".new")
	if _, err := f.held.TryLock(); err != nil {
		return nil, err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return nil, err
	}
	// Launchd would make them too, with a mode of its own.
	for _, name := range []string{stdoutFile, stderrFile} {
		if err := os.WriteFile(filepath.Join(f.dir, name), nil, 0o600); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// unsafeBase says what is wrong with the parent of jobs' folders.
func unsafeBase(info fs.FileInfo, uid int) string {
	switch stat, _ := info.Sys().(*syscall.Stat_t); {
	case info.Mode()&fs.ModeSymlink != 0:
		return "is a symlink"
	case !info.IsDir():
		return "is no folder"
	case stat == nil || int(stat.Uid) != uid:
		return "is somebody else's"
	case info.Mode().Perm()&0o022 != 0:
		return "can be written by others"
	}
	return ""
}

// writePlist puts the job's property list in its place, anew where it has to be
// another. Launchd refuses one that others may write.
func (f *folder) writePlist(label string, data []byte) (path string, err error) {
	path = filepath.Join(f.dir, label+".plist")
	return path, os.WriteFile(path, data, 0o600)
}

// printed is what the job wrote to its standard error so far, from the beginning.
func (f *folder) printed() []byte {
	file, err := os.Open(filepath.Join(f.dir, stderrFile))
	if err != nil {
		return nil
	}
	defer file.Close()
	buf := make([]byte, 16<<10)
	n, _ := file.Read(buf) // what cannot be read is not there
	return buf[:n]
}

func (f *folder) remove() error {
	err := os.RemoveAll(f.dir)
	if f.held != nil {
		err = errors.Join(err, f.held.Close())
	}
	return err
}

// sweep removes folders below the base whose makers are dead, after their jobs
// were booted out. What cannot be removed is in nobody's way.
func sweep(base string, uid int, bootOut func(label string)) {
	if info, err := os.Lstat(base); err != nil || unsafeBase(info, uid) != "" {
		return
	}
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		file := filepath.Join(base, e.Name(), heldFile)
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		held := flock.New(file, flock.SetFlag(os.O_RDWR))
		if dead, err := held.TryLock(); err == nil && dead {
			bootOut(e.Name())
			_ = os.RemoveAll(filepath.Join(base, e.Name()))
		}
		_ = held.Close()
	}
}
