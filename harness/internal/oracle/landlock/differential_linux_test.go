package landlock_test

import (
	"errors"
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
// repeats a run, RTGEN_DIFFERENTIAL_OP asks about one operation alone.
//
// With RTGEN_DIFFERENTIAL_AUDIT=1 the audit log is turned on meanwhile, and the
// kernel's records are compared with the model's.
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
		only: os.Getenv("RTGEN_DIFFERENTIAL_OP"),
	}
	if d.errata, err = sandbox.Errata(); err != nil && !errors.Is(err, sandbox.ErrNoErrata) {
		t.Fatal(err)
	}
	d.peers = newPeers(t, seed)
	if os.Getenv("RTGEN_DIFFERENTIAL_AUDIT") == "1" {
		d.log = openLog(t)
	} else {
		t.Log("the audit log is not compared: set RTGEN_DIFFERENTIAL_AUDIT=1 as root")
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
	abi, errata   int
	rng           *rand.Rand
	base, farBase string
	host          *oracle.Host
	cred          *oracle.Cred // nil for root
	plain         bool         // some worlds are asked about by nobody
	program       program
	peers         *peers
	log           *auditLog // nil: records are not compared
	only          string    // the operation to ask about, empty for all
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
	cred, known := d.cred, d.peers.known(w)
	if w.plain {
		cred = &oracle.Cred{UID: nobody, GID: nobody}
	}
	// Nothing changes before the last question of a round.
	cached := oracle.NewCached(d.host)
	tree := w.tree(d.t, cached)
	r := newRestricted(layers, w.plain)
	defer r.close()
	if d.log != nil {
		defer d.settle()
	}
	for range 24 {
		q := oracle.Question{Layers: layers, Tree: cached, Peers: known, ABI: d.abi, Errata: d.errata, Cred: cred}
		variant := d.question(w, &q)
		if variant == nil {
			continue
		}
		if d.ask(w, q, tree, variant, r) {
			return
		}
	}
}

// ask puts one question to both, and says whether the world may have changed.
func (d *differential) ask(w *world, q oracle.Question, data oracle.Tree, v *op.Variant, r *restricted) bool {
	answer := oracle.Ask(q)
	d.count(q.Op+" "+v.Name, answer.Decision)
	fault := ""
	q2 := q
	q2.Tree = data
	if diff := cmp.Diff(answer, oracle.Ask(q2)); diff != "" {
		fault = "host and data trees disagree: " + diff
	}
	if v.Name == "held" && answer.Decision == oracle.Unknown && answer.Errno == 0 {
		return false // a FIFO of the world holds a reader forever
	}
	tag := d.log.tag()
	res, applyErr := r.attempt(op.Request{Op: q.Op, Syscall: q.Syscall, Target: q.Target, Source: q.Source}, v, tag)
	refused := strings.HasPrefix(answer.Reason, "the policy cannot be applied")
	if applyErr != nil || refused {
		if !refused || applyErr == nil {
			d.disagree(w, q, answer, op.Result{}, fmt.Sprintf("apply: %v", applyErr))
		}
		return true
	}
	if fault == "" {
		fault = compare(answer, v, res)
	}
	if fault != "" {
		d.disagree(w, q, answer, res, fault)
	} else {
		d.log.expect(tag, asked{w, q, answer, res})
	}
	if v.Name == "kill_term" {
		d.peers.renew()
	}
	leaves := slices.Contains([]string{"open_creat", "creat_rdonly", "creat"}, q.Syscall)
	return v.Mutates && v.Target == op.TargetPath && (res.Errno == 0 || leaves)
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
	case answer.Decision == oracle.Deny && answer.Record == nil:
		return "denied without a record"
	}
	return ""
}

// excuses is what a call may fail with once Landlock let it through, for
// reasons that no tree knows: nobody listens, the port is taken, the device
// has no such command, the file system no attributes.
func excuses(v *op.Variant) []syscall.Errno {
	switch {
	case v.Target == op.TargetAddr:
		return []syscall.Errno{unix.ECONNREFUSED, unix.EADDRINUSE, unix.EADDRNOTAVAIL}
	case strings.HasPrefix(v.Name, "ioctl"):
		return []syscall.Errno{unix.ENOTTY, unix.EINVAL}
	case strings.HasSuffix(v.Name, "xattr"):
		return []syscall.Errno{unix.EOPNOTSUPP}
	}
	return nil
}
