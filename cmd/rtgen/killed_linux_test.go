package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// sweepEnv makes TestRunIsKilledAnywhere kill at every call.
const sweepEnv = "RTGEN_TEST_SWEEP"

// killed are the calls at which a run is killed, and at how many of them unless
// all are asked for.
var killed = []struct {
	call  string
	times int
}{
	{"fsync", 4}, {"renameat,?renameat2", 4}, {"write", 2}, {"openat", 1}, {"mkdirat", 1}, {"unlinkat", 1}, {"flock", 1},
}

// However a run ends, its out folder has the run from before or the new one, and
// a next run works. The calls are counted by thread, and whichever thread comes
// to a number first is the end of its process: at a high number of a common call
// that may be the worker, and then the run goes on without it.
func TestRunIsKilledAnywhere(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("no strace to kill the run with: %v", err)
	}
	if !enforces() {
		t.Skip("Landlock is not seen to enforce here")
	}
	t.Parallel()
	o := newOutFolder(t)
	log := o.traced(t, "-e", "trace=fsync,renameat,?renameat2,write,openat,mkdirat,unlinkat,flock")
	if !strings.Contains(log, "fsync(") {
		t.Skipf("strace cannot trace here: %s", log)
	}
	all, dead := 0, 0
	got := map[string]int{}
	for _, k := range killed {
		most := callsOfAThread(log, k.call)
		all += most
		step := max(1, most/k.times)
		if os.Getenv(sweepEnv) != "" {
			step = 1
		}
		for n := most % step; n <= most; n += step {
			if n == 0 {
				continue
			}
			log := o.traced(t, "-e", "trace="+k.call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", k.call, n))
			outcome, err := o.check()
			if err != nil {
				t.Errorf("killed at %s %d: %v", k.call, n, err)
			}
			if strings.Contains(log, "+++ killed by SIGKILL +++") {
				dead++
			} else {
				outcome += ", not killed" // no thread made so many calls this time
			}
			got[outcome]++
		}
	}
	if dead < 8 {
		t.Errorf("only %d kills", dead)
	}
	t.Logf("killed at %d of %d calls, %s=1 tries them all: %v", dead, all, sweepEnv, got)
}

// callsOfAThread is how many of the calls the thread made that made most.
func callsOfAThread(log, calls string) int {
	names := strings.ReplaceAll(strings.ReplaceAll(calls, "?", ""), ",", "|")
	most := map[string]int{}
	n := 0
	for _, m := range regexp.MustCompile(`(?m)^(\d+) +(?:`+names+`)\(`).FindAllStringSubmatch(log, -1) {
		most[m[1]]++
		n = max(n, most[m[1]])
	}
	return n
}

// outFolder is one in which run after run is killed.
type outFolder struct {
	dir    string
	latest string // the run that readers get
	before map[string][]byte
}

func newOutFolder(t *testing.T) *outFolder {
	t.Helper()
	o := &outFolder{dir: filepath.Join(t.TempDir(), "out")}
	if out, err := o.run().CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := o.remember(); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *outFolder) run() *exec.Cmd {
	return exec.Command("rtgen", "run", "--plan", plans["plan"]+"/plan.json", "--channel", "spawn_clean", "--out", o.dir, "--scratch", filepath.Dir(o.dir), "--json")
}

// traced is a run under strace, and what strace says of it.
func (o *outFolder) traced(t *testing.T, args ...string) string {
	t.Helper()
	file := filepath.Join(filepath.Dir(o.dir), "strace.log")
	run := o.run()
	cmd := exec.Command("strace", append(append([]string{"-f", "-o", file}, args...), run.Args...)...)
	out, _ := cmd.CombinedOutput() // strace ends as the run does
	log, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("strace cannot trace here: %v: %s", err, out)
	}
	return string(log)
}

// remember keeps what readers get now.
func (o *outFolder) remember() error {
	b, err := harness.LoadBundle(o.dir)
	if err != nil {
		return err
	}
	o.latest, o.before = b.RunID(), map[string][]byte{}
	for _, name := range b.Names() {
		if o.before[name], err = b.Read(name); err != nil {
			return err
		}
	}
	return nil
}

// check says what readers get after a run was killed, and makes the next one.
func (o *outFolder) check() (outcome string, err error) {
	b, err := harness.LoadBundle(o.dir)
	if err != nil {
		return "torn", err
	}
	outcome = "new"
	if b.RunID() == o.latest {
		outcome = "previous"
	}
	old, err := harness.LoadBundle(filepath.Join(o.dir, o.latest))
	if err != nil {
		return "torn", fmt.Errorf("the run before: %w", err)
	}
	for name, want := range o.before {
		if data, err := old.Read(name); err != nil || !bytes.Equal(data, want) {
			return "torn", fmt.Errorf("the run before: %s changed, %w", name, err)
		}
	}
	if err := o.packet(b); err != nil {
		return "torn", err
	}
	if err := o.runFolders(); err != nil {
		return "torn", err
	}
	if out, err := o.run().CombinedOutput(); err != nil {
		return "torn", fmt.Errorf("the next run: %w: %s", err, out)
	}
	return outcome, o.remember()
}

// packet wants the packet to be of the run readers get, or of the one before.
func (o *outFolder) packet(b *harness.RunBundle) error {
	data, err := os.ReadFile(filepath.Join(o.dir, "promotion_packet.json"))
	if err != nil {
		return err
	}
	id := query(data, "run_id")
	if id != b.RunID() && id != o.latest {
		return fmt.Errorf("the packet is of run %s, LATEST names %s, before it was %s", id, b.RunID(), o.latest)
	}
	named, err := harness.LoadBundle(filepath.Join(o.dir, id))
	if err != nil {
		return err
	}
	if digest := query(data, "artifact_index.sha256"); digest != named.IndexDigest.String() {
		return fmt.Errorf("the packet names index %s, that of run %s is %s", digest, id, named.IndexDigest)
	}
	return nil
}

// runFolders wants every run to be committed and whole, failed and honest, or
// not committed at all.
func (o *outFolder) runFolders() error {
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dir := filepath.Join(o.dir, e.Name())
		_, err := os.Stat(filepath.Join(dir, "artifact_index.json"))
		if errors.Is(err, fs.ErrNotExist) {
			if _, err := harness.LoadBundle(dir); err == nil {
				return fmt.Errorf("run %s has no index and loads", e.Name())
			}
			continue
		}
		if v, err := harness.ValidateBundle(dir); err != nil || !v.OK() {
			return fmt.Errorf("run %s has an index and is not whole: %+v, %w", e.Name(), v, err)
		}
	}
	return nil
}
