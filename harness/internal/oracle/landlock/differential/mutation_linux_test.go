package differential_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/oracle/landlock/differential"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// mutation is a model that is wrong in one thing.
type mutation struct {
	name  string
	op    string // the operation it is looked for in; empty: all
	model func(oracle.Question) oracle.Answer
	steps int // at most, in the world of the small case
}

// within is how many decisions have to show any of them.
const within = 20_000

var mutations = []mutation{
	{"grants refer everywhere", "", asked(func(q *oracle.Question) {
		for i := range q.Layers {
			q.Layers[i].HandledFS |= sandbox.Refer
			q.Layers[i].Paths = append(q.Layers[i].Paths, sandbox.PathRule{Parent: "/", Access: sandbox.Refer})
		}
	}), 5},
	{"forgets hard links", "fs.write_file", asked(func(q *oracle.Question) { q.Tree = apart{q.Tree} }), 5},
	{"forgets the innermost layer", "", asked(func(q *oracle.Question) { q.Layers = q.Layers[:max(0, len(q.Layers)-1)] }), 4},
	{"forgets all but the innermost layer", "", asked(func(q *oracle.Question) { q.Layers = q.Layers[max(0, len(q.Layers)-1):] }), 4},
	{"takes O_TRUNC for nothing", "fs.truncate", answered(func(q oracle.Question, a *oracle.Answer) {
		if q.Syscall == "open_trunc" && len(a.Missing) == 1 && missing(a, "fs.truncate") {
			*a = oracle.Answer{Decision: oracle.Allow}
		}
	}), 3},
	{"forgets what a move gains", "", answered(func(q oracle.Question, a *oracle.Answer) {
		if a.Decision == oracle.Deny && a.Errno == 18 && !missing(a, "fs.refer") {
			*a = oracle.Answer{Decision: oracle.Allow}
		}
	}), 5},
	{"says EACCES for EXDEV", "", answered(func(q oracle.Question, a *oracle.Answer) {
		if a.Decision == oracle.Deny && a.Errno == 18 {
			a.Errno = 13
		}
	}), 5},
	{"takes one more port for granted", "net.bind_tcp", asked(func(q *oracle.Question) {
		for i := range q.Layers {
			for _, r := range q.Layers[i].Ports {
				q.Layers[i].Ports = append(q.Layers[i].Ports, sandbox.PortRule{Port: r.Port + 1, Access: r.Access})
			}
		}
	}), 1},
	{"lets signals through", "scope.signal", answered(func(q oracle.Question, a *oracle.Answer) {
		if a.Decision == oracle.Deny && missing(a, "scope.signal") {
			*a = oracle.Answer{Decision: oracle.Allow}
		}
	}), 1},
	{"asks a FIFO for make_reg", "fs.make_fifo", asked(func(q *oracle.Question) {
		if q.Op == "fs.make_fifo" {
			q.Op, q.Syscall = "fs.make_reg", "mknodat"
		}
	}), 3},
}

// asked is the model with the question changed; its layers are a copy.
func asked(change func(*oracle.Question)) func(oracle.Question) oracle.Answer {
	return func(q oracle.Question) oracle.Answer {
		q.Layers = slices.Clone(q.Layers)
		for i := range q.Layers {
			q.Layers[i].Paths = slices.Clone(q.Layers[i].Paths)
			q.Layers[i].Ports = slices.Clone(q.Layers[i].Ports)
		}
		change(&q)
		return oracle.Ask(q)
	}
}

// answered is the model with the answer changed.
func answered(change func(oracle.Question, *oracle.Answer)) func(oracle.Question) oracle.Answer {
	return func(q oracle.Question) oracle.Answer {
		a := oracle.Ask(q)
		change(q, &a)
		return a
	}
}

func missing(a *oracle.Answer, right string) bool {
	return slices.ContainsFunc(a.Missing, func(m oracle.Missing) bool { return m.Right == right })
}

// apart is a tree in which every file has one name.
type apart struct{ oracle.Tree }

func (t apart) Lookup(path string) (oracle.Node, error) {
	n, err := t.Tree.Lookup(path)
	if n.Kind == oracle.File {
		n.Inode = path
	}
	return n, err
}

// TestMutations holds that a wrong model is found out, that what it is wrong
// about becomes small, and that a plan then shows what the kernel says.
func TestMutations(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			// Plans are what this is about: no world here goes beyond a fixture.
			o.FarDir, o.Plain, o.Mounts = "", false, false
			o.Workers, o.Decisions, o.Model = 1, within, m.model
			if o.Op = m.op; os.Getenv(env+"WIDE") == "1" { // among all operations it takes longer
				o.Op, o.Decisions = "", enough
			}
			dir := filepath.Join(t.TempDir(), "disagreement")
			if kept := os.Getenv(env + "DIR"); kept != "" {
				dir = filepath.Join(kept, strings.ReplaceAll(m.name, " ", "-"))
			}
			first := uint64(envInt(t, "SEED", 1))
			for o.Seed = first; o.Seed < first+3; o.Seed++ {
				rep, err := start(t, o).Go(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				d := foundOut(t, rep)
				if len(d.Small.World.Steps) > m.steps || len(d.Small.Layers) > 2 {
					t.Errorf("not small: %+v", d.Small)
				}
				planned, err := d.Write(dir)
				if err != nil {
					t.Fatal(err)
				}
				if planned {
					showsTheKernel(t, dir, d)
					return
				}
			}
			t.Error("no plan can show it, whatever the seed")
		})
	}
}

func foundOut(t *testing.T, rep *differential.Report) *differential.Disagreement {
	t.Helper()
	if len(rep.Disagreements) == 0 {
		t.Fatalf("seed %d: not found out in %d decisions", rep.Seed, rep.Decisions)
	}
	d := &rep.Disagreements[0]
	t.Logf("seed %d: found out after %d decisions; %d steps and %d layers became %d and %d in %d tries: %s", rep.Seed, d.Decisions,
		len(d.Found.World.Steps), len(d.Found.Layers), len(d.Small.World.Steps), len(d.Small.Layers), d.Tries, d.Verdict.Fault)
	return d
}

// showsTheKernel runs the plan of a disagreement as any other. The oracle lane
// is the model as it is, which agrees with the kernel.
func showsTheKernel(t *testing.T, dir string, d *differential.Disagreement) {
	t.Helper()
	got := map[harness.Lane]string{}
	p := harness.Params{Out: filepath.Join(dir, "out"), Progress: func(obs *harness.Observation) {
		got[obs.Lane] = string(obs.Actual)
	}}
	res, err := harness.RunPlan(t.Context(), filepath.Join(dir, "plan.json"), p)
	if err != nil {
		t.Fatal(err)
	}
	want := d.Verdict.Decision(&d.Small)
	if got[harness.LaneScenario] != want || got[harness.LaneOracle] != want {
		t.Errorf("the plan shows %v, and the kernel said %q; failures %q", got, want, res.Failures)
	}
}

// flat is a tree that knows of no mounts.
type flat struct{ oracle.Tree }

func (t flat) Lookup(path string) (oracle.Node, error) {
	n, err := t.Tree.Lookup(path)
	n.Mount = oracle.Mount{}
	return n, err
}

// TestMutationByMounts holds the same for what no plan can say: the case is
// replayed.
func TestMutationByMounts(t *testing.T) {
	if !differential.OwnMounts() {
		if !again(t) {
			t.Skip("this process may not mount")
		}
		return
	}
	o := options(t)
	if !o.Mounts {
		t.Skip("this process may not mount")
	}
	o.FarDir, o.Plain, o.Workers, o.Op = "", false, 1, "syscall.rename"
	o.Seed = uint64(envInt(t, "SEED", 1))
	o.Decisions, o.Model = within, asked(func(q *oracle.Question) { q.Tree = flat{q.Tree} })
	run := start(t, o)
	rep, err := run.Go(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := foundOut(t, rep)
	dir := t.TempDir()
	if planned, err := d.Write(dir); err != nil || planned || len(d.Small.World.Steps) > 6 {
		t.Fatalf("planned %v, %v: %+v", planned, err, d.Small)
	}
	c, err := differential.LoadCase(filepath.Join(dir, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := run.Replay(c); err != nil || v.Fault != d.Verdict.Fault {
		t.Errorf("replayed: %q, %v; want %q", v.Fault, err, d.Verdict.Fault)
	}
	o.Model = oracle.Ask
	if v, err := start(t, o).Replay(c); err != nil || v.Fault != "" {
		t.Errorf("replayed with the model as it is: %q, %v", v.Fault, err)
	}
}
