package landlock_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// TestDifferential asks the model and the running kernel the same random
// questions, RTGEN_DIFFERENTIAL_N of them. The kernel is right. A disagreement
// prints the world, the policy and the operation; RTGEN_DIFFERENTIAL_SEED
// repeats a run.
func TestDifferential(t *testing.T) {
	abi, err := sandbox.ABI()
	if err != nil {
		t.Skipf("no kernel to compare with: %v", err)
	}
	n := envInt(t, "RTGEN_DIFFERENTIAL_N", 20000)
	if testing.Short() {
		n = min(n, 2000)
	}
	seed := uint64(envInt(t, "RTGEN_DIFFERENTIAL_SEED", int(time.Now().UnixNano()&0xffffffff)))
	d := &differential{
		t: t, abi: abi, rng: rand.New(rand.NewPCG(seed, 0)),
		base: t.TempDir(), host: oracle.NewHost(), counts: map[string]map[string]int{},
	}
	if os.Getuid() != 0 {
		groups, err := os.Getgroups()
		if err != nil {
			t.Fatal(err)
		}
		d.cred = &oracle.Cred{UID: os.Getuid(), GID: os.Getgid(), Groups: groups}
	}
	d.program = realProgram(t, d.host)
	// Another mount, below a mount that is not the root.
	if far, err := os.MkdirTemp("/dev/shm", "differential-"); err == nil {
		d.farBase = far
		t.Cleanup(func() { os.RemoveAll(far) })
	}
	// With root's power, some worlds are for nobody, who has to get there.
	d.plain = os.Getuid() == 0
	for _, base := range []string{d.base, path.Dir(d.base), d.farBase} {
		if base != "" {
			if err := os.Chmod(base, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	for dir := d.base; dir != "/"; dir = path.Dir(dir) {
		if st, err := os.Stat(dir); d.plain && (err != nil || st.Mode()&0o005 != 0o005) {
			t.Logf("plain permissions are not compared: %s is closed", dir)
			d.plain = false
		}
	}
	start := time.Now()
	for round := 0; d.asked < n && d.wrong < 5; round++ {
		d.round(round)
	}
	d.report(seed, time.Since(start))
}

func envInt(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

type differential struct {
	t             *testing.T
	abi           int
	rng           *rand.Rand
	base, farBase string
	host          *oracle.Host
	cred          *oracle.Cred // nil for root
	plain         bool         // some worlds are asked about by nobody
	program       program
	counts        map[string]map[string]int
	asked         int
	wrong         int
}

// round makes a world and a policy, and asks until something changed.
func (d *differential) round(i int) {
	root, far := filepath.Join(d.base, "w", strconv.Itoa(i)), ""
	if d.farBase != "" {
		far = filepath.Join(d.farBase, "w", strconv.Itoa(i))
		if d.rng.IntN(3) > 0 {
			root, far = far, root
		}
		if d.rng.IntN(4) > 0 {
			far = ""
		}
	}
	for _, dir := range []string{root, far} {
		if dir != "" {
			if err := os.MkdirAll(path.Dir(dir), 0o755); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	w := newWorld(d.rng, root, far, d.program, d.plain && d.rng.IntN(7) == 0)
	w.make(d.t, d.program)
	defer w.remove()
	layers := d.policy(w)
	cred := d.cred
	if w.plain {
		cred = &oracle.Cred{UID: nobody, GID: nobody}
	}
	// Nothing changes before the last question of a round.
	cached := oracle.NewCached(d.host)
	tree := w.tree(d.t, cached)
	// The model reads the host as the test may, the kernel is asked by a
	// thread under the policy.
	requests, results := make(chan op.Request), make(chan op.Result)
	applied := make(chan error)
	go sandbox.Throwaway(func() {
		if w.plain {
			if err := becomeNobody(); err != nil {
				panic(err)
			}
		}
		_, err := sandbox.Apply(layers)
		applied <- err
		for r := range requests {
			results <- op.Attempt(r)
		}
	})
	defer close(requests)
	applyErr := <-applied
	attempt := func(r op.Request) op.Result {
		requests <- r
		return <-results
	}
	for range 24 {
		q := oracle.Question{Layers: layers, Tree: cached, ABI: d.abi, Cred: cred}
		variant := d.question(w, &q)
		if d.ask(w, q, tree, variant, applyErr, attempt) || applyErr != nil {
			return
		}
	}
}

// becomeNobody changes the credentials of the calling thread alone, which raw
// system calls do.
func becomeNobody() error {
	if _, _, e := syscall.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); e != 0 {
		return e
	}
	if _, _, e := syscall.RawSyscall(unix.SYS_SETRESGID, nobody, nobody, nobody); e != 0 {
		return e
	}
	if _, _, e := syscall.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); e != 0 {
		return e
	}
	return nil
}

// realProgram reads a program that does nothing.
func realProgram(t *testing.T, host *oracle.Host) program {
	t.Helper()
	text, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Skipf("no program to execute: %v", err)
	}
	at, err := filepath.EvalSymlinks("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	detail, err := host.Inspect(at)
	if err != nil {
		t.Fatal(err)
	}
	return program{text: text, detail: detail}
}

// ask puts one question to both, and says whether the world may have changed.
func (d *differential) ask(w *world, q oracle.Question, data oracle.Tree, v *op.Variant, applyErr error, attempt func(op.Request) op.Result) bool {
	answer := oracle.Ask(q)
	d.count(q.Op, string(answer.Decision))
	fault := ""
	q2 := q
	q2.Tree = data
	if diff := cmp.Diff(answer, oracle.Ask(q2)); diff != "" {
		fault = "host and data trees disagree: " + diff
	}
	refused := strings.HasPrefix(answer.Reason, "the policy cannot be applied")
	if applyErr != nil || refused {
		if !refused || applyErr == nil {
			d.disagree(w, q, answer, op.Result{}, fmt.Sprintf("apply: %v", applyErr))
		}
		return true
	}
	res := attempt(op.Request{Op: q.Op, Syscall: q.Syscall, Target: q.Target, Source: q.Source})
	if fault == "" {
		fault = compare(answer, v, res)
	}
	if fault != "" {
		d.disagree(w, q, answer, res, fault)
	}
	return v.Mutates && (res.Errno == 0 || q.Syscall == "open_creat")
}

func compare(answer oracle.Answer, v *op.Variant, res op.Result) string {
	decision, kind := op.Classify(v, res)
	switch {
	case answer.Decision == oracle.Unknown:
		// An errno that the model names has to be the kernel's.
		if answer.Errno != 0 && res.Call != "" && res.Errno != answer.Errno {
			return fmt.Sprintf("errno %d, and the model says %d", res.Errno, answer.Errno)
		}
	case kind == op.KindErrno && answer.Decision == oracle.Allow:
		if slices.Contains(excuses(v), syscall.Errno(res.Errno)) {
			return ""
		}
		return "undecided in the kernel"
	case string(answer.Decision) != decision:
		return fmt.Sprintf("the kernel says %q", decision+kind)
	case answer.Errno != res.Errno:
		return fmt.Sprintf("errno %d", res.Errno)
	case answer.Decision == oracle.Allow && len(answer.Missing) > 0:
		return "allowed with rights missing"
	}
	return ""
}

// excuses is what a call may fail with once Landlock let it through, for
// reasons that no tree knows: nobody listens, the port is taken, the device
// has no such command.
func excuses(v *op.Variant) []syscall.Errno {
	switch {
	case v.Net:
		return []syscall.Errno{unix.ECONNREFUSED, unix.EADDRINUSE, unix.EADDRNOTAVAIL}
	case strings.HasPrefix(v.Name, "ioctl"):
		return []syscall.Errno{unix.ENOTTY, unix.EINVAL}
	}
	return nil
}

func (d *differential) count(op, decision string) {
	if d.counts[op] == nil {
		d.counts[op] = map[string]int{}
	}
	d.counts[op][decision]++
	d.asked++
}

func (d *differential) disagree(w *world, q oracle.Question, answer oracle.Answer, res op.Result, fault string) {
	d.wrong++
	q.Tree = nil
	var b strings.Builder
	for _, e := range w.entries {
		text, err := json.Marshal(e)
		if err != nil {
			d.t.Errorf("print a disagreement: %v", err)
		}
		fmt.Fprintf(&b, "%s\n", text)
	}
	for name, part := range map[string]any{"question": q, "answer": answer, "kernel": res} {
		text, err := json.Marshal(part)
		if err != nil {
			d.t.Errorf("print a disagreement: %v", err)
		}
		fmt.Fprintf(&b, "%s: %s\n", name, text)
	}
	d.t.Errorf("disagreement: %s\n%s", fault, b.String())
}

func (d *differential) report(seed uint64, took time.Duration) {
	var b strings.Builder
	total := map[string]int{}
	names := make([]string, 0, len(d.counts))
	for name, c := range d.counts {
		names = append(names, name)
		for decision, n := range c {
			total[decision] += n
		}
	}
	slices.Sort(names)
	fmt.Fprintf(&b, "%-18s %7s %7s %7s\n", "operation", "allow", "deny", "unknown")
	for _, name := range names {
		c := d.counts[name]
		fmt.Fprintf(&b, "%-18s %7d %7d %7d\n", name, c["allow"], c["deny"], c["unknown"])
	}
	fmt.Fprintf(&b, "%-18s %7d %7d %7d\n", "all", total["allow"], total["deny"], total["unknown"])
	share := 100 * float64(total["unknown"]) / float64(max(1, d.asked))
	d.t.Logf("seed %d, ABI %d, %d decisions in %v, %d disagreements, %.1f%% unknown\n%s", seed, d.abi, d.asked, took.Round(time.Millisecond), d.wrong, share, b.String())
	if share > 20 {
		d.t.Errorf("%.1f%% of the answers are unknown, at most 20%% may be", share)
	}
}
