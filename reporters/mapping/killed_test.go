package mapping

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// killEnv makes the test binary a promotion that kills itself at a step:
// N ROOT OUT PACKET...
const killEnv = "MAPPING_TEST_KILL"

func init() {
	args := strings.Split(os.Getenv(killEnv), "\n")
	if len(args) < 4 {
		return
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		panic(err)
	}
	s := newCounted(func(at int, _, _ string) error {
		if at == n {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	})
	steps := steps(s)
	if os.Getenv(killEnv+"_WITHOUT") != "" {
		steps = exchangeless{s}
	}
	_, err = promote(steps, Options{Root: args[1], Out: args[2], Packets: args[3:]})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// exchangeless is a file system that cannot exchange two folders.
type exchangeless struct{ counted }

func (exchangeless) exchange(a, b string) error { return errors.ErrUnsupported }

// generations are two promotions to one folder, of which the second takes the
// place of the first.
type generations struct {
	t        testing.TB
	w        *workshop
	old, new []string // packets
	kept     string   // the mappings of the old ones
}

func newGenerations(t testing.TB) *generations {
	w := newWorkshop(t)
	first, second := w.packet("a", linuxProbe("a")), w.packet("b", linuxProbe("b"))
	g := &generations{t, w, []string{first}, []string{first, second}, filepath.Join(w.root, "kept")}
	if _, err := promote(quiet{}, Options{Root: w.root, Out: g.kept, Packets: g.old}); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *generations) second(dir string) Options {
	return Options{Root: g.w.root, Out: filepath.Join(dir, "m"), Packets: g.new}
}

// start is a new folder for the mappings to lie in, in which the old generation
// stands, or none. It is kept in memory where that is to be had.
func (g *generations) start(none bool) (dir string, err error) {
	if dir, err = os.MkdirTemp("/dev/shm", "mapping-"); err != nil {
		dir, err = os.MkdirTemp("", "mapping-")
	}
	if err != nil || none {
		return dir, err
	}
	return dir, os.CopyFS(filepath.Join(dir, "m"), os.DirFS(g.kept))
}

// reader wants the mappings of one generation, whole; none where there were none.
// It says of how many packets they are.
func (g *generations) reader(dir string, none bool) (packets int, err error) {
	out := filepath.Join(dir, "m")
	v, err := VerifyMappings(out)
	switch {
	case none && (errors.Is(err, os.ErrNotExist) || err == nil && v.index == nil):
		entries, _ := os.ReadDir(out)
		for _, e := range entries {
			if e.Name() != ReceiptFile {
				return 0, fmt.Errorf("no mappings, and yet %s", e.Name())
			}
		}
		return 0, nil
	case err != nil:
		return 0, err
	case !v.OK():
		return 0, fmt.Errorf("the mappings are of no generation: %v", v.Findings)
	}
	return len(v.index.Packets), nil
}

// next promotes once more, after which there is nothing but the mappings and
// the lock.
func (g *generations) next(dir string) error {
	p, err := promote(quiet{}, g.second(dir))
	if err != nil {
		return fmt.Errorf("the next promotion: %w", err)
	}
	if len(p.Left) > 0 {
		return fmt.Errorf("the next promotion left %q", p.Left)
	}
	if n, err := g.reader(dir, false); err != nil || n != 2 {
		return fmt.Errorf("after the next promotion: %d packets, %w", n, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{".m.promotion.lock", "m"}; !slices.Equal(names, want) {
		return fmt.Errorf("beside the mappings are %q", names)
	}
	return nil
}

// stepsOf counts the steps of the second promotion.
func (g *generations) stepsOf(none, without bool) (places []string) {
	g.t.Helper()
	dir, err := g.start(none)
	defer os.RemoveAll(dir)
	if err != nil {
		g.t.Fatal(err)
	}
	var mu sync.Mutex
	s := newCounted(func(_ int, place, _ string) error {
		mu.Lock()
		defer mu.Unlock()
		places = append(places, place)
		return nil
	})
	steps := steps(s)
	if without {
		steps = exchangeless{s}
	}
	if _, err := promote(steps, g.second(dir)); err != nil {
		g.t.Fatal(err)
	}
	return places
}

var situations = []struct {
	name          string
	none, without bool
}{{"over_mappings", false, false}, {"over_nothing", true, false}, {"without_exchange", false, true}}

// A promotion that is killed at any of its steps leaves the mappings of the
// generation before or of the new one, whole, and the next one clears up.
func TestKilledAtEveryStep(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerations(t)
	for _, of := range situations {
		places := g.stepsOf(of.none, of.without)
		was, is := map[string]int{}, map[int]int{}
		var mu sync.Mutex
		each(len(places), func(i int) {
			dir, err := g.start(of.none)
			defer os.RemoveAll(dir)
			if err != nil {
				t.Error(err)
				return
			}
			cmd := exec.Command(exe)
			cmd.Env = append(os.Environ(), killEnv+"="+strings.Join(append([]string{strconv.Itoa(i + 1), g.w.root, filepath.Join(dir, "m")}, g.new...), "\n"))
			if of.without {
				cmd.Env = append(cmd.Env, killEnv+"_WITHOUT=1")
			}
			text, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Errorf("%s: step %d, %s: not killed: %v %s", of.name, i+1, places[i], err, text)
				return
			}
			n, err := g.reader(dir, of.none)
			// Between two renames there may be none; the next promotion brings them back.
			if of.without && errors.Is(err, os.ErrNotExist) {
				n, err = -1, nil
			}
			if err != nil {
				t.Errorf("%s: killed at step %d, %s: %v", of.name, i+1, places[i], err)
			}
			err = g.next(dir)
			if err != nil {
				t.Errorf("%s: killed at step %d, %s: %v", of.name, i+1, places[i], err)
			}
			mu.Lock()
			was[places[i]]++
			is[n]++
			mu.Unlock()
		})
		t.Logf("%s: killed at %d steps, %v; found mappings of so many packets: %v", of.name, len(places), was, is)
		before := 1
		if of.none {
			before = 0
		}
		if is[before] == 0 || is[2] == 0 && !of.none || of.without && is[-1] != 1 {
			t.Errorf("%s: not every moment was seen: %v", of.name, is)
		}
	}
}

// Whatever step fails, once or from then on, the mappings are those before or the
// new ones, the error says which, and the next promotion clears up.
func TestEveryStepMayFail(t *testing.T) {
	g := newGenerations(t)
	for _, of := range situations {
		places := g.stepsOf(of.none, of.without)
		for _, stays := range []bool{false, true} {
			var mu sync.Mutex
			is := map[int]int{}
			each(len(places), func(i int) {
				n, err := g.fail(of.none, of.without, i+1, stays)
				if err != nil {
					t.Errorf("%s: step %d, %s failed: %v", of.name, i+1, places[i], err)
				}
				mu.Lock()
				defer mu.Unlock()
				is[n]++
			})
			t.Logf("%s: %d steps failed; found mappings of so many packets: %v", of.name, len(places), is)
		}
	}
}

// fail promotes where a step fails, and gives what the reader then finds; -1 is no
// folder.
func (g *generations) fail(none, without bool, step int, stays bool) (packets int, err error) {
	dir, err := g.start(none)
	defer os.RemoveAll(dir)
	if err != nil {
		return 0, err
	}
	s := newCounted(func(n int, _, _ string) error {
		if n == step || stays && n > step {
			return syscall.ENOSPC
		}
		return nil
	})
	steps := steps(s)
	if without {
		steps = exchangeless{s}
	}
	p, failed := promote(steps, g.second(dir))
	if !errors.Is(failed, syscall.ENOSPC) {
		err = fmt.Errorf("promote = %v, %v", p, failed)
	}
	if !stays && !strings.Contains(fmt.Sprint(failed), "are in place") {
		// One that failed clears up, where it is let.
		if left, _ := filepath.Glob(filepath.Join(dir, ".m.*-*")); len(left) > 0 {
			err = errors.Join(err, fmt.Errorf("promote = %v, left %q", failed, left))
		}
	}
	n, torn := g.reader(dir, none)
	if without && stays && errors.Is(torn, os.ErrNotExist) {
		n, torn = -1, nil
	}
	return n, errors.Join(err, torn, g.next(dir))
}
