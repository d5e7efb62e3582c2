package bundle

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"
)

// fault is a way in which a step goes wrong. One that goes wrong with an error
// is not done, a write by half.
type fault struct {
	name  string
	err   error
	from  []string // the steps it may hit; nil: all
	stays []string // the later steps that fail too
	short bool     // a write that takes the half and says nothing
	done  bool     // the step is done, and then reported as failed
	crash bool     // there is no later step: a killed writer does not clean up
	then  *fault   // a second one, at each later step in turn
}

// The steps, as the columns of a table.
var places = []string{"mkdir", "create", "write", "sync", "close", "rename", "remove", "syncDir", "syncFile", "lock", "unlock"}

// The faults of a quota are not among them: they are ENOSPC by another name.
var faults = []fault{
	{name: "ENOSPC", err: syscall.ENOSPC},
	{name: "ENOSPC, stays", err: syscall.ENOSPC, from: needSpace, stays: needSpace},
	{name: "EIO", err: syscall.EIO},
	{name: "EIO, EIO", err: syscall.EIO, then: &fault{err: syscall.EIO}},
	{name: "EIO, yet done", err: syscall.EIO, done: true},
	{name: "EIO, yet done, crash", err: syscall.EIO, from: []string{"rename"}, done: true, then: &killed},
	{name: "EINTR", err: syscall.EINTR},
	{name: "EROFS, stays", err: syscall.EROFS, from: changing, stays: changing},
	{name: "short write", from: []string{"write"}, short: true},
	killed,
}

var (
	killed = fault{name: "crash", err: errors.New("killed"), crash: true}

	needSpace = []string{"mkdir", "create", "write", "sync", "close"}
	changing  = []string{"mkdir", "create", "write", "sync", "rename", "remove", "lock"}
)

// faulty fails the n-th step, and the one numbered then; 0 is none.
type faulty struct {
	quiet
	fault // the zero one is a full disk
	n     int
	then  int
	crash bool

	at    int      // steps taken
	taken []string // their places
	what  string   // the step that failed
}

// hits gives the fault that step number at runs into, if any.
func (f *faulty) hits(place string) *fault {
	switch {
	case f.then > 0 && (f.at == f.then || f.at > f.then && f.fault.then.crash):
		return f.fault.then
	case f.n > 0 && (f.at == f.n || f.at > f.n && (f.crash || slices.Contains(f.stays, place))):
		return &f.fault
	}
	return nil
}

func (f *faulty) step(place, name string, do func() error) error {
	f.at++
	f.taken = append(f.taken, place)
	hit := f.hits(place)
	if hit == nil {
		return do()
	}
	if f.what == "" {
		f.what = place + " " + name
	}
	// Nobody holds a lock and does not know it.
	if hit.done && place != "lock" {
		if err := do(); err != nil {
			return err
		}
	}
	err := hit.err
	if err == nil {
		err = syscall.ENOSPC
	}
	return fmt.Errorf("step %d, %s %s: %w", f.at, place, name, err)
}

func (f *faulty) mkdir(dir string) error {
	return f.step("mkdir", filepath.Base(dir), func() error { return f.quiet.mkdir(dir) })
}

func (f *faulty) create(path string) (file stepFile, err error) {
	err = f.step("create", filepath.Base(path), func() (err error) {
		file, err = f.quiet.create(path)
		return err
	})
	if err != nil && file != nil {
		_ = file.Close()
	}
	return &faultyFile{file, f, filepath.Base(path)}, err
}

func (f *faulty) rename(from, to string) error {
	return f.step("rename", filepath.Base(to), func() error { return f.quiet.rename(from, to) })
}

func (f *faulty) remove(path string) error {
	return f.step("remove", filepath.Base(path), func() error { return f.quiet.remove(path) })
}

func (f *faulty) syncDir(dir string) error {
	return f.step("syncDir", filepath.Base(dir), func() error { return nil })
}

func (f *faulty) syncFile(path string) error {
	return f.step("syncFile", filepath.Base(path), func() error { return nil })
}

// tryLock's release happens in any case: the kernel sees to it when a writer
// dies.
func (f *faulty) tryLock(path string) (unlock func() error, held bool, err error) {
	var release func() error
	err = f.step("lock", "", func() (err error) {
		release, held, err = f.quiet.tryLock(path)
		return err
	})
	if release == nil {
		return nil, held, err
	}
	return func() error {
		return errors.Join(release(), f.step("unlock", "", func() error { return nil }))
	}, held, err
}

type faultyFile struct {
	stepFile
	f    *faulty
	name string
}

// Write fails half way, as on a full disk.
func (w *faultyFile) Write(p []byte) (n int, err error) {
	err = w.f.step("write", w.name, func() (err error) {
		n, err = w.stepFile.Write(p)
		return err
	})
	if err != nil && n == 0 && w.stepFile != nil {
		n, _ = w.stepFile.Write(p[:len(p)/2])
		if w.f.short {
			err = nil
		}
	}
	return n, err
}

func (w *faultyFile) Sync() error {
	return w.f.step("sync", w.name, func() error { return nil })
}

func (w *faultyFile) Close() error {
	closed := w.stepFile.Close() // in a crash the kernel does it
	return errors.Join(closed, w.f.step("close", w.name, func() error { return nil }))
}
