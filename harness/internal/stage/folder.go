package stage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// Folder is a folder on its way to its place: it is filled beside it, and takes
// its name, and with it everything in it, as one.
type Folder struct {
	// Dir is to be filled. Work is beside it, for what is not to stay.
	Dir, Work string

	place string
	mine  []string
	temp  string       // beside place; holds Dir, Work, and for a moment what was at place
	held  *flock.Flock // in temp, for as long as this process lives
	stuck bool         // for good: what was at place has no name but that in temp

	exchange, rename func(from, to string) error // tests make them fail
}

// NewFolder starts a folder for place, whose parents are made. What is at place
// already must be a folder that holds nothing but names of mine: it is replaced
// as a whole. A refusal is a *RefusedError. What a process that was killed left
// of a folder for place is removed.
func NewFolder(place string, mine []string) (_ *Folder, err error) {
	if place, err = filepath.Abs(place); err != nil {
		return nil, err
	}
	// A link to a folder stays one.
	if real, err := filepath.EvalSymlinks(place); err == nil {
		place = real
	}
	mode, err := checkPlace(place, mine)
	if err != nil {
		return nil, err
	}
	parent := filepath.Dir(place)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, failed(place, err)
	}
	prefix := "." + filepath.Base(place) + ".rtgen-"
	removeDead(parent, prefix, place)
	f := &Folder{place: place, mine: mine, exchange: exchange, rename: os.Rename}
	if f.temp, err = os.MkdirTemp(parent, prefix); err != nil {
		return nil, failed(place, err)
	}
	if err := f.hold(); err != nil {
		return nil, errors.Join(failed(place, err), f.Close())
	}
	f.Dir, f.Work = filepath.Join(f.temp, "new"), filepath.Join(f.temp, "work")
	for _, dir := range []string{f.Dir, f.Work} {
		if err := os.Mkdir(dir, mode); err != nil {
			return nil, errors.Join(failed(place, err), f.Close())
		}
	}
	return f, nil
}

// heldFile is locked while the process that fills a folder lives. The kernel lets
// go of the lock of one that is killed.
const heldFile = "held"

// oldName is what was at place, in the moment in which nothing is there.
const oldName = "old"

// hold locks the folder's file before it gets the name that removeDead looks for.
func (f *Folder) hold() error {
	file := filepath.Join(f.temp, heldFile)
	f.held = flock.New(file + ".new")
	if _, err := f.held.TryLock(); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// removeDead removes folders that nobody fills any more. What cannot be removed
// is in nobody's way. Who was killed between the two steps of replace had what was
// at place in such a folder: it gets its name back.
func removeDead(parent, prefix, place string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		file := filepath.Join(parent, e.Name(), heldFile)
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		held := flock.New(file, flock.SetFlag(os.O_RDWR))
		if dead, err := held.TryLock(); err == nil && dead && restored(filepath.Join(parent, e.Name(), oldName), place) {
			_ = os.RemoveAll(filepath.Dir(file))
		}
		_ = held.Close()
	}
}

// restored gives what was at place its name back where nothing else has it, and
// reports whether nothing is lost with the folder that it was in.
func restored(old, place string) bool {
	if _, err := os.Lstat(place); !errors.Is(err, fs.ErrNotExist) {
		return err == nil
	}
	err := os.Rename(old, place)
	return err == nil || errors.Is(err, fs.ErrNotExist)
}

// checkPlace says whether a folder may take the place, and with which mode.
func checkPlace(place string, mine []string) (fs.FileMode, error) {
	info, err := os.Lstat(place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0o755, nil
	case err != nil:
		return 0, failed(place, err)
	case !info.IsDir():
		return 0, &RefusedError{fmt.Sprintf("%s: not a folder; choose another out folder", place)}
	}
	if here, err := os.Stat("."); err == nil && os.SameFile(here, info) {
		return 0, &RefusedError{fmt.Sprintf("%s: is the working folder, and an out folder is replaced as a whole; choose another", place)}
	}
	entries, err := os.ReadDir(place)
	if err != nil {
		return 0, failed(place, err)
	}
	var others []string
	for _, e := range entries {
		if !slices.Contains(mine, e.Name()) {
			others = append(others, e.Name())
		}
	}
	if len(others) > 0 {
		return 0, &RefusedError{fmt.Sprintf("%s: holds %s, and an out folder is replaced as a whole; choose one of its own", place, strings.Join(others, ", "))}
	}
	return info.Mode().Perm(), nil
}

// Commit puts the folder in its place. Stopped at any moment, the place has what
// it had or all that is new, where the file system can exchange two names; where
// it cannot, it may for a moment have nothing.
func (f *Folder) Commit() error {
	if err := syncAll(f.Dir); err != nil {
		return failed(f.place, err)
	}
	// What somebody put there meanwhile would go with the old.
	if _, err := checkPlace(f.place, f.mine); err != nil {
		return err
	}
	if _, err := os.Lstat(f.place); errors.Is(err, fs.ErrNotExist) {
		return f.failed(f.rename(f.Dir, f.place))
	}
	err := f.exchange(f.Dir, f.place)
	if errors.Is(err, errors.ErrUnsupported) {
		return f.replace()
	}
	return f.failed(err)
}

// replace is the exchange in two steps, where it cannot be had in one.
func (f *Folder) replace() error {
	old := filepath.Join(f.temp, oldName)
	if err := f.rename(f.place, old); err != nil {
		return f.failed(err)
	}
	err := f.rename(f.Dir, f.place)
	if err == nil {
		return nil
	}
	if back := f.rename(old, f.place); back != nil {
		f.stuck = true
		return fmt.Errorf("%w; what was there is now %s: give it its name back (%w)", f.failed(err), old, back)
	}
	return f.failed(err)
}

func (f *Folder) failed(err error) error {
	if err == nil {
		return nil
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		err = link.Err
	}
	return failed(f.place, err)
}

// Close removes what is not in its place, but for what lost it.
func (f *Folder) Close() error {
	var err error
	if f.stuck {
		// Without the file that says whose it is, it is nobody's to remove.
		err = errors.Join(os.RemoveAll(f.Dir), os.RemoveAll(f.Work), os.Remove(filepath.Join(f.temp, heldFile)))
	} else {
		err = os.RemoveAll(f.temp)
	}
	if f.held != nil {
		err = errors.Join(err, f.held.Close())
	}
	return err
}
