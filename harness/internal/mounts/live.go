package mounts

import (
	"errors"
	"fmt"
)

// Live is the mount table of a process, read again when it has changed. It is
// not safe for concurrent use. A nil Live has no table.
type Live struct {
	fd    int    // open on a mountinfo
	table *table // nil: to be read
}

// Mount is what the table says of a descriptor's mount.
type Mount struct {
	Path   string // the mount point
	FSType string
	// Elsewhere is the other path of the file: this is a bind mount, and the part
	// of the file system that it shows is mounted there too. Empty when there is
	// none.
	Elsewhere string
}

// ErrUnreachable is what Of returns for a file that no path leads to from the
// process's root, whatever text the kernel has for it.
var ErrUnreachable = errors.New("this process cannot reach it")

var (
	errNoTable = errors.New("there is no mount table")
	errUnknown = fmt.Errorf("its mount is not in the process's table: %w", ErrUnreachable)
	errAway    = fmt.Errorf("its path is not below its mount's: %w", ErrUnreachable)
	errBusy    = errors.New("the mount table does not stand still")
)

// attempts is how often a table is read that changes while it is read.
const attempts = 8

// Of looks up a mount by its id and a path in it, as the kernel gives both for
// one descriptor. The descriptor must stay open meanwhile: it keeps the id from
// becoming another mount's. ErrUnreachable is of a mount that is detached or
// another namespace's, and of a path that does not lie in its mount.
func (l *Live) Of(id uint64, path string) (Mount, error) {
	if l == nil {
		return Mount{}, errNoTable
	}
	fresh, err := l.refresh()
	if err != nil {
		return Mount{}, err
	}
	m, err := l.table.of(id, path)
	if err != nil && !fresh {
		// Renaming a folder above a mount point moves it without a change of the
		// table that anyone is told of.
		l.table = nil
		if _, err := l.refresh(); err != nil {
			return Mount{}, err
		}
		m, err = l.table.of(id, path)
	}
	return m, err
}

func (t *table) of(id uint64, path string) (Mount, error) {
	i, ok := t.byID[id]
	if !ok {
		return Mount{}, errUnknown
	}
	p := &t.points[i]
	if !Below(path, p.Path) {
		return Mount{}, errAway
	}
	return Mount{Path: p.Path, FSType: p.FSType, Elsewhere: t.elsewhere(i, path)}, nil
}

// refresh reads the table unless it is known and has not changed, and reports
// whether it did.
func (l *Live) refresh() (read bool, err error) {
	stale, err := changed(l.fd)
	if err != nil {
		l.table = nil
		return false, err
	}
	if l.table != nil && !stale {
		return false, nil
	}
	l.table = nil
	for range attempts {
		text, err := readAll(l.fd)
		if err != nil {
			return false, err
		}
		// It takes more than one call to read a long table.
		again, err := changed(l.fd)
		if err != nil {
			return false, err
		}
		if again {
			continue
		}
		points, err := Parse(text)
		if err != nil {
			return false, err
		}
		l.table = newTable(points)
		return true, nil
	}
	return false, errBusy
}

// Close gives the table back.
func (l *Live) Close() {
	if l != nil {
		closeFD(l.fd)
	}
}
