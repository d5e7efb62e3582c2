package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// A run is removed in two steps. It is renamed to what is no run id, so that
// LATEST cannot name it and no list shows it, and the out folder is synced. Then
// its files go, the index first: what is left is never committed. The status
// goes last, so that what is left says whose it was until it is empty.
const removedPrefix = ".removed."

// removedID gives the id of the run that the folder was.
func removedID(name string) (id string, ok bool) {
	id, ok = strings.CutPrefix(name, removedPrefix)
	return id, ok && checkRunID(id) == nil
}

// removal removes things from an out folder whose lock is held.
type removal struct {
	steps steps
	out   *outFolder
}

// hide takes the run folders out of everybody's sight, for good.
func (m *removal) hide(runs []CollectedRun) {
	hidden := 0
	for i := range runs {
		r := &runs[i]
		now, err := m.out.root.Lstat(r.ID)
		if err == nil && !os.SameFile(now, r.info) {
			err = errors.New("another folder has taken its place")
		}
		if err == nil {
			err = m.steps.renameIn(m.out.root, r.ID, removedPrefix+r.ID)
		}
		if err != nil {
			r.Error = located(r.ID, err).Error()
			continue
		}
		hidden++
	}
	if hidden == 0 {
		return
	}
	// Without this a crash can bring a folder back under its name with files
	// missing.
	if err := m.sync(); err != nil {
		for i := range runs {
			if r := &runs[i]; r.Error == "" {
				r.Error = err.Error()
			}
		}
	}
}

func (m *removal) sync() error {
	return explain("sync "+m.out.dir, m.steps.syncDir(m.out.dir))
}

// leftover removes what was planned as one, unless another thing has its name.
func (m *removal) leftover(l *Leftover) error {
	now, err := m.out.root.Lstat(l.Name)
	switch {
	case err != nil:
		return located(l.Name, err)
	case !os.SameFile(now, l.info):
		return fmt.Errorf("remove %s: another has taken its place", l.Name)
	case l.Kind == OtherRemoved:
		return m.empty(l.Name)
	}
	return located(l.Name, m.steps.removeIn(m.out.root, l.Name))
}

// empty removes a hidden run folder.
func (m *removal) empty(name string) error {
	sub, _, err := m.out.enter(name)
	if err != nil {
		return located(name, err)
	}
	err = m.contents(sub, name, 0)
	sub.close()
	if err != nil {
		return err
	}
	return located(name, m.steps.removeIn(m.out.root, name))
}

// contents removes everything in a folder that it can, and gives the first
// error. It follows no symlink and enters nothing that is mounted.
func (m *removal) contents(f folder, place string, depth int) (first error) {
	names, mounted, err := f.list()
	switch {
	case err != nil:
		return located(place, err)
	case mounted:
		return fmt.Errorf("%s is a mount point: unmount it", place)
	case depth > maxRunDepth:
		return fmt.Errorf("%s is nested more than %d deep: remove it by hand", place, maxRunDepth)
	}
	slices.SortFunc(names, func(a, b string) int { return removalTurn(a) - removalTurn(b) })
	for _, name := range names {
		if first != nil && name == StatusFile {
			continue // it says whose the rest is
		}
		err := m.entry(f, name, place+"/"+name, depth)
		if err != nil && name == IndexFile {
			return err // with it nothing else may be missing
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func (m *removal) entry(f folder, name, place string, depth int) error {
	info, err := f.root.Lstat(name)
	if err != nil {
		return located(place, err)
	}
	if info.IsDir() {
		sub, _, err := f.enter(name)
		if err != nil {
			return located(place, err)
		}
		err = m.contents(sub, place, depth+1)
		sub.close()
		if err != nil {
			return err
		}
	}
	return located(place, m.steps.removeIn(f.root, name))
}

func removalTurn(name string) int {
	switch name {
	case IndexFile:
		return 0
	case StatusFile:
		return 2
	}
	return 1
}

// located is an error of os.Root, which names a place within, with the place in
// the out folder.
func located(place string, err error) error {
	if err == nil {
		return nil
	}
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		err = at.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("remove %s: %w", place, err)
}
