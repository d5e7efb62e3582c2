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
	if os.Getuid() != 0 {
		t.Skip("making device nodes and other people's files needs root")
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
	d.program = realProgram(t, d.host)
	// Another mount, below a mount that is not the root.
	if far, err := os.MkdirTemp("/dev/shm", "differential-"); err == nil {
		d.farBase = far
		t.Cleanup(func() { os.RemoveAll(far) })
	}
	// The worlds are for nobody as well, so the way to them is open.
	for dir := d.base; dir != "/"; dir = path.Dir(dir) {
		if st, err := os.Stat(dir); err == nil && st.Mode().Perm()&0o055 != 0o055 {
			if err := os.Chmod(dir, st.Mode().Perm()|0o055); err != nil {
				t.Fatal(err)
			}
		}
	}
	if d.farBase != "" {
		if err := os.Chmod(d.farBase, 0o755); err != nil {
			t.Fatal(err)
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
	w := newWorld(d.rng, root, far, d.program, d.rng.IntN(7) == 0)
	w.make(d.t, d.program)
	defer w.remove()
	layers := d.policy(w)
	var cred *oracle.Cred
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

// policy is one to three layers that grant this and that.
func (d *differential) policy(w *world) []sandbox.Ruleset {
	all := sandbox.AllFS(d.abi)
	sets := []sandbox.AccessFS{
		all, all, all &^ sandbox.Refer, all &^ sandbox.Execute,
		sandbox.Execute | sandbox.ReadFile | sandbox.ReadDir,
		sandbox.WriteFile | sandbox.Truncate | sandbox.MakeReg | sandbox.RemoveFile,
		all &^ (sandbox.Execute | sandbox.ReadFile), sandbox.Refer | sandbox.MakeReg | sandbox.RemoveFile,
	}
	random := func() sandbox.AccessFS {
		if d.rng.IntN(3) > 0 {
			return pick(d.rng, sets) & all
		}
		return sandbox.AccessFS(d.rng.Uint64()) & all
	}
	parents := append([]string{"/", "/", "/dev", "/usr", path.Dir(w.root), w.root, w.root}, w.dirs...)
	parents = append(parents, w.dirs...)
	parents = append(parents, w.files...)
	if loader := d.program.detail.Loader; loader != "" {
		parents = append(parents, loader)
	}
	var layers []sandbox.Ruleset
	for range 1 + d.rng.IntN(3) {
		l := sandbox.Ruleset{HandledFS: random()}
		if d.rng.IntN(2) == 0 {
			l.HandledFS = all
		}
		if d.abi >= 4 && d.rng.IntN(3) == 0 {
			l.HandledNet = pick(d.rng, []sandbox.AccessNet{sandbox.BindTCP, sandbox.ConnectTCP, sandbox.BindTCP | sandbox.ConnectTCP})
			if d.rng.IntN(8) == 0 {
				l.HandledFS = 0
			}
		}
		if l.HandledFS != 0 && d.rng.IntN(5) > 0 {
			wide := pick(d.rng, []sandbox.AccessFS{all, all, all, all &^ sandbox.Refer, random()}) & l.HandledFS
			if wide != 0 {
				l.Paths = append(l.Paths, sandbox.PathRule{Parent: pick(d.rng, []string{"/", w.root, w.dirs[1]}), Access: wide})
			}
		}
		for range d.rng.IntN(5) {
			r := sandbox.PathRule{Parent: pick(d.rng, parents), Access: random() & l.HandledFS}
			if d.rng.IntN(200) == 0 {
				r.Parent = path.Join(w.root, "absent")
			}
			r.Optional = d.rng.IntN(2) == 0
			// A rule without rights is one the engine refuses: rarely.
			st, err := os.Stat(r.Parent)
			usable := err == nil && r.Access != 0 && (st.IsDir() || r.Access&sandbox.AccessFile != 0)
			if usable || d.rng.IntN(100) == 0 {
				l.Paths = append(l.Paths, r)
			}
		}
		for range d.rng.IntN(3) {
			if access := sandbox.AccessNet(d.rng.Uint64()) & l.HandledNet; access != 0 {
				l.Ports = append(l.Ports, sandbox.PortRule{Port: uint64(pick(d.rng, ports)), Access: access})
			}
		}
		if l.HandledFS == 0 && l.HandledNet == 0 {
			l.HandledFS = sandbox.ReadFile
		}
		layers = append(layers, l)
	}
	return layers
}

var ports = []int{0, 40111, 40112, 40113}

// question picks an operation and paths that mostly suit it.
func (d *differential) question(w *world, q *oracle.Question) *op.Variant {
	ops := op.All()
	o := pick(d.rng, ops)
	if d.rng.IntN(4) == 0 {
		o = *must(op.Lookup(pick(d.rng, []string{"syscall.rename", "syscall.link", "fs.refer"})))
	}
	v := pick(d.rng, o.Variants)
	q.Op, q.Syscall = o.Name, v.Name
	if v.Net {
		q.Target = fmt.Sprintf("127.0.0.1:%d", pick(d.rng, ports))
		return &v
	}
	dirs, files := w.near(), w.regular()
	there := append(slices.Clone(w.files), w.dirs...)
	mostly := func(list []string) string {
		if len(list) == 0 || d.rng.IntN(15) == 0 {
			return pick(d.rng, there)
		}
		return pick(d.rng, list)
	}
	free := func() string {
		return path.Join(mostly(dirs), pick(d.rng, []string{"new", "new", "new", "new", "new", "new", "new", "new", "new", "new", "f0", "d1"}))
	}
	switch {
	case o.Name == "fs.execute":
		q.Target = mostly(append(slices.Clone(w.progs), "/bin/true"))
	case o.Name == "fs.read_dir" || o.Name == "fs.remove_dir":
		q.Target = mostly(dirs)
	case o.Name == "fs.ioctl_dev":
		q.Target = mostly([]string{"/dev/urandom", "/dev/null"})
	case strings.HasPrefix(o.Name, "fs.make_"):
		q.Target, q.Source = free(), "text"
	case v.TwoPaths:
		q.Source, q.Target = mostly(files), free()
		if !strings.HasPrefix(v.Name, "link") && d.rng.IntN(3) == 0 {
			q.Source = mostly(dirs[1:])
		}
		if d.rng.IntN(12) == 0 {
			q.Target = mostly(files)
		}
		if d.rng.IntN(5) == 0 && o.Name != "fs.refer" {
			q.Target = path.Join(path.Dir(q.Source), "new")
		}
		q.Source = w.respell(q.Source)
	default:
		q.Target = mostly(files)
	}
	if q.Target = w.respell(q.Target); o.Name == "fs.refer" && path.Dir(q.Source) == path.Dir(q.Target) {
		q.Target = path.Join(pick(d.rng, dirs), "other")
	}
	return &v
}

func must(o *op.Op, ok bool) *op.Op {
	if !ok {
		panic("operation gone from the op table")
	}
	return o
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

// after is what a call may fail with once Landlock let it through, for reasons
// that no tree knows: nobody listens, the port is taken, the device has no
// such command.
var after = map[string][]syscall.Errno{
	"net.connect_tcp": {unix.ECONNREFUSED, unix.EADDRNOTAVAIL},
	"net.bind_tcp":    {unix.EADDRINUSE},
	"fs.ioctl_dev":    {unix.ENOTTY, unix.EINVAL},
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
		for name, list := range after {
			if strings.HasPrefix(name, answerOp(v)) && slices.Contains(list, syscall.Errno(res.Errno)) {
				return ""
			}
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

func answerOp(v *op.Variant) string {
	switch {
	case strings.HasPrefix(v.Name, "ioctl"):
		return "fs.ioctl_dev"
	case v.Net:
		return "net."
	}
	return "none"
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
