package differential_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/oracle/landlock/differential"
)

// What is asked of a run of the test by the environment, each optional:
//
//	RTGEN_DIFFERENTIAL_N         decisions
//	RTGEN_DIFFERENTIAL_SEED      repeats a run
//	RTGEN_DIFFERENTIAL_OP        asks about one operation alone
//	RTGEN_DIFFERENTIAL_WORKERS   at a time
//	RTGEN_DIFFERENTIAL_COVERAGE  a file that the report goes to, as JSON
//	RTGEN_DIFFERENTIAL_DIR       where disagreements are written; else a new folder
//	RTGEN_DIFFERENTIAL_REPLAY    a case.json to ask about, in place of a run
//	RTGEN_DIFFERENTIAL_WIDE      1: wrong models are looked for among all operations
//	RTGEN_DIFFERENTIAL_PROGRESS  1: a line on standard error now and then
//	RTGEN_DIFFERENTIAL_AUDIT     1: the audit log is turned on meanwhile, and the
//	                             kernel's records are compared with the model's
const env = "RTGEN_DIFFERENTIAL_"

// enough is how many decisions have to show both answers in every cell.
const enough = 100_000

// TestDifferential asks the model and the running kernel the same random
// questions. The kernel is right.
func TestDifferential(t *testing.T) {
	if os.Getenv(env+"REPLAY") != "" {
		t.Skip("a case is replayed")
	}
	if !differential.OwnMounts() && again(t) {
		return
	}
	o := options(t)
	o.Decisions = envInt(t, "N", 5000)
	if testing.Short() {
		o.Decisions = min(o.Decisions, 2000)
	}
	o.Faults = 3
	if os.Getenv(env+"AUDIT") == "1" {
		log, err := differential.OpenLog()
		if err != nil {
			t.Skipf("audit: %v", err)
		}
		t.Cleanup(func() {
			if err := log.Close(); err != nil {
				t.Errorf("audit: %v", err)
			}
		})
		o.Log = log
	}
	if os.Getenv(env+"PROGRESS") == "1" {
		o.Progress = progress(o.Decisions)
	}
	run := start(t, o)
	rep, err := run.Go(t.Context())
	if err != nil {
		t.Fatalf("seed %d: %v", o.Seed, err)
	}
	t.Logf("%s\n%s", rep.Summary(), rep.Table())
	if file := os.Getenv(env + "COVERAGE"); file != "" {
		text, err := json.MarshalIndent(rep, "", "  ")
		if err == nil {
			err = os.WriteFile(file, text, 0o644)
		}
		if err != nil {
			t.Error(err)
		}
	}
	report(t, rep.Disagreements)
	if share := rep.UnknownShare(); share > 0.15 && o.Op == "" && rep.Decisions >= 2000 {
		t.Errorf("%.1f%% of the answers are unknown, at most 15%% may be", 100*share)
	}
	for i, k := range rep.Missing {
		if rep.Decisions < enough || len(rep.Disagreements) > 0 {
			t.Logf("%d of the cells have not both answers yet: that takes %d decisions", len(rep.Missing), enough)
			break
		}
		if i == 20 {
			t.Errorf("and %d more", len(rep.Missing)-i)
			break
		}
		t.Errorf("%s %s, right %q, %s layers: not both answers in %d decisions", k.Op, k.Syscall, k.Right, k.Layers, rep.Decisions)
	}
}

// again runs the test once more in a process with mounts of its own, and says
// whether that could be had.
func again(t *testing.T) bool {
	cmd := differential.WithMounts("-test.run=^"+t.Name()+"$", "-test.v", "-test.short="+strconv.FormatBool(testing.Short()), "-test.timeout=0")
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	// It ends with the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		t.Logf("no world mounts anything: %v", err)
		return false
	}
	err = cmd.Wait()
	text, readErr := os.ReadFile(out.Name())
	t.Logf("%s", text)
	switch err := errors.Join(err, readErr); {
	case err != nil:
		t.Errorf("in a mount namespace: %v", err)
	case bytes.Contains(text, []byte("--- SKIP: "+t.Name()+" ")):
		t.Skip("skipped in a mount namespace, as is logged above")
	}
	return true
}

func envInt(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(env + name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s%s: %v", env, name, err)
	}
	return n
}

// options is a run in folders of this test.
func options(t *testing.T) differential.Options {
	t.Helper()
	o := differential.Options{
		Seed: uint64(envInt(t, "SEED", int(time.Now().UnixNano()&0xffffffff))),
		// Some calls wait long in the kernel: others are made meanwhile.
		Workers: envInt(t, "WORKERS", 2*runtime.NumCPU()),
		Dir:     t.TempDir(),
		Op:      os.Getenv(env + "OP"),
	}
	// Another mount, below a mount that is not the root.
	if far, err := os.MkdirTemp("/dev/shm", "differential-"); err == nil {
		o.FarDir = far
		t.Cleanup(func() { os.RemoveAll(far) })
	}
	for _, dir := range []string{o.Dir, filepath.Dir(o.Dir), o.FarDir} {
		if dir != "" {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	// With root's power, some worlds are for nobody, who has to get there.
	if o.Plain = differential.Root() && differential.Searchable(o.Dir); !o.Plain {
		t.Logf("plain permissions are not compared: it takes root, and folders that are open")
	}
	if differential.OwnMounts() {
		if err := differential.Isolate(o.Dir); err != nil {
			t.Logf("no world mounts anything: %v", err)
		} else {
			o.Mounts = true
		}
	}
	return o
}

func start(t *testing.T, o differential.Options) *differential.Run {
	t.Helper()
	run, err := differential.New(o)
	if errors.Is(err, differential.ErrNoKernel) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(run.Close)
	return run
}

// progress prints a line every few seconds.
func progress(n int) func(int) {
	var mu sync.Mutex
	begin, last := time.Now(), time.Now()
	return func(asked int) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(last) > 2*time.Second {
			last = now
			fmt.Fprintf(os.Stderr, "%d of %d decisions, %.0f a second\n", asked, n, float64(asked)/now.Sub(begin).Seconds())
		}
	}
}

// report writes disagreements where they can be looked at when the test is
// over.
func report(t *testing.T, list []differential.Disagreement) {
	t.Helper()
	if len(list) == 0 {
		return
	}
	base := os.Getenv(env + "DIR")
	if base == "" {
		var err error
		if base, err = os.MkdirTemp("", "rtgen-disagreements-"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range list {
		d := &list[i]
		dir := filepath.Join(base, fmt.Sprintf("round-%d", d.Round))
		planned, err := d.Write(dir)
		text, readErr := os.ReadFile(filepath.Join(dir, "README.md"))
		if err := errors.Join(err, readErr); err != nil {
			t.Error(err)
		}
		t.Errorf("disagreement in %s, with a plan: %v\n%s", dir, planned, text)
	}
}

// TestReplay asks about cases that were worth keeping once more, or about the
// one that RTGEN_DIFFERENTIAL_REPLAY names.
func TestReplay(t *testing.T) {
	if !differential.OwnMounts() && again(t) {
		return
	}
	kept := map[string]string{ // what the kernel says
		"hard-link-of-a-granted-file": "allow",
		"ioctl-on-a-read-only-mount":  "allow",
		"move-gains-a-right":          "deny",
		"remove-a-mount-point":        "deny",
	}
	run := start(t, options(t))
	if file := os.Getenv(env + "REPLAY"); file != "" {
		replay(t, run, file)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		t.Run(name, func(t *testing.T) {
			if decision := replay(t, run, filepath.Join("testdata", "cases", name+".json")); decision != kept[name] {
				t.Errorf("the kernel says %q, want %q", decision, kept[name])
			}
		})
	}
}

func replay(t *testing.T, run *differential.Run, file string) string {
	t.Helper()
	c, err := differential.LoadCase(file)
	if err != nil {
		t.Fatal(err)
	}
	mounts := slices.ContainsFunc(c.World.Steps, func(s differential.Step) bool { return s.Mount != "" })
	if mounts && !differential.OwnMounts() {
		t.Skip("the case mounts, which takes a mount namespace of one's own")
	}
	v, err := run.Replay(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the model: %s, errno %d, %s", v.Answer.Decision, v.Answer.Errno, v.Answer.Reason)
	t.Logf("the kernel: %q, %s = %d", v.Decision(c), v.Kernel.Call, v.Kernel.Errno)
	if v.Fault != "" {
		t.Error(v.Fault)
	}
	return v.Decision(c)
}
