package bundle

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
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

// produce is a whole run, as every writer does it.
func produce(s steps, out, id string) error { return produceTo(StatusOK)(s, out, id) }

func produceTo(status Status) func(s steps, out, id string) error {
	return func(s steps, out, id string) (err error) {
		st, err := create(context.Background(), s, out, Options{RunID: id, WorldID: "w", PlanID: "p", LockMode: LockFail})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		for _, name := range []string{"run_manifest.md", "runtime_results.json"} {
			st.Expect(name)
			if err := st.Write(name, nil, []byte(id+" "+name)); err != nil {
				return errors.Join(err, st.Fail(err))
			}
		}
		if err := st.Commit(status); err != nil {
			return errors.Join(err, st.Fail(err))
		}
		return nil
	}
}

// giveUp is a run whose worker is lost.
func giveUp(s steps, out, id string) (err error) {
	st, err := create(context.Background(), s, out, Options{RunID: id, WorldID: "w", PlanID: "p"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	st.Expect("runtime_results.json")
	if err := st.Write("run_manifest.md", nil, []byte(id+" run_manifest.md")); err != nil {
		return errors.Join(err, st.Fail(err))
	}
	return st.Fail(errors.New("worker lost"))
}

// doings are what a writer can be stopped at.
var doings = []struct {
	name   string
	first  bool // there is no out folder, nor the folder it lies in
	run    func(s steps, out, id string) error
	index  IndexStatus
	latest bool
	twice  bool // the cleaning up is failed too; the others do it alike

	// At least so many:
	steps  int
	faults int
	states int // that a power cut can leave
}{
	{"first run", true, produce, IndexOK, true, false, 41, 260, 160},
	{"later run", false, produce, IndexOK, true, true, 37, 670, 150},
	{"dry run", false, produceTo(StatusDry), IndexOK, false, false, 31, 200, 150},
	{"failed run", false, produceTo(StatusFailed), IndexFailed, false, false, 31, 200, 150},
	{"given up", false, giveUp, IndexFailed, false, true, 26, 480, 50},
}

// Whatever step fails, in whatever way, and whatever fails while it is cleaned
// up after: readers get the run from before or the new one, and both complete.
func TestEveryStepMayFail(t *testing.T) {
	tallies := make([]tally, len(doings))
	t.Run("doing", func(t *testing.T) {
		for i, doing := range doings {
			t.Run(doing.name, func(t *testing.T) {
				t.Parallel()
				out := filepath.Join(memory(t), "new", "out")
				p := promise{out: out, index: doing.index, latest: doing.latest,
					during: files{"run_manifest.md": "during run_manifest.md", "runtime_results.json": "during runtime_results.json"}}
				if !doing.first {
					p.before = mustProduce(t, out)
				}
				tallies[i].places = places
				everyFault(t, &tallies[i], doing.name, doing.steps, doing.twice, func(f *faulty) (outcome, error) {
					if err := p.reset(); err != nil {
						t.Fatal(err)
					}
					p.ended = doing.run(f, out, "during") == nil
					got, err := p.check()
					return got, errors.Join(err, p.next(), p.mended())
				})
				if got := tallies[i].tried(); got < doing.faults {
					t.Errorf("only %d faults were tried, want %d", got, doing.faults)
				}
			})
		}
	})
	all := tally{places: places}
	for _, one := range tallies {
		all.rows = append(all.rows, one.rows...)
	}
	t.Log(&all)
}

// mustProduce makes the run that LATEST names before another one is made.
func mustProduce(t *testing.T, out string) files {
	t.Helper()
	if err := produce(quiet{}, out, "before"); err != nil {
		t.Fatal(err)
	}
	before, err := readFiles(filepath.Join(out, "before"))
	if err != nil {
		t.Fatal(err)
	}
	return before
}

// everyFault tries all faults at all steps of what try does, of which it has so
// many at least, and those of two only if told.
func everyFault(t *testing.T, c *tally, doing string, steps int, twice bool, try func(*faulty) (outcome, error)) {
	t.Helper()
	plain := &faulty{}
	if _, err := try(plain); err != nil {
		t.Fatalf("no step failed, and yet: %v", err)
	}
	if plain.at < steps {
		t.Errorf("only %d steps, want %d", plain.at, steps)
	}
	for _, kind := range faults {
		if kind.then != nil && !twice {
			continue
		}
		row := c.row(doing, kind.name)
		one := func(n, then int) *faulty {
			f := &faulty{fault: kind, n: n, then: then, crash: kind.crash}
			got, err := try(f)
			if err != nil {
				t.Errorf("%s at step %d (%s), %d: %v", kind.name, n, f.what, then, err)
			}
			if f.at >= f.n {
				row.count(f.taken[f.n-1], got)
			}
			return f
		}
		for n := 1; n <= plain.at; n++ {
			if kind.from != nil && !slices.Contains(kind.from, plain.taken[n-1]) {
				continue
			}
			f := one(n, 0)
			if kind.then == nil {
				continue
			}
			for then := n + 1; then <= f.at; then++ {
				one(n, then)
			}
		}
		if row.tried() == 0 {
			t.Errorf("%s was never tried", kind.name)
		}
	}
}
