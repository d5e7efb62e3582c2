package bundle

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

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
	t.Log(merge(places, tallies))
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
