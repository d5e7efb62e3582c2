package landlock_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// TestPrepared asks random questions of a prepared policy and one by one: what
// it remembers changes no answer.
func TestPrepared(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	tree := home(t)
	decided := map[oracle.Decision]int{}
	for range 300 {
		s := oracle.Setting{Tree: tree, ABI: 5 + rng.IntN(3)}
		for range rng.IntN(4) {
			s.Layers = append(s.Layers, randomLayer(rng))
		}
		if rng.IntN(3) == 0 {
			s.Cred = &oracle.Cred{UID: 1000}
		}
		p, err := oracle.Prepare(s)
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			c := randomCall(rng)
			want := oracle.Ask(oracle.Question{
				Layers: s.Layers, Tree: tree, ABI: s.ABI, Errata: s.Errata, Cred: s.Cred,
				Op: c.Op, Syscall: c.Syscall, Target: c.Target, Source: c.Source, Peers: c.Peers,
			})
			decided[want.Decision]++
			if diff := cmp.Diff(want, p.Ask(c)); diff != "" {
				t.Fatalf("%+v, asked alone and prepared (-alone +prepared):\n%s", c, diff)
			}
		}
	}
	for _, d := range []oracle.Decision{oracle.Allow, oracle.Deny, oracle.Unknown} {
		if decided[d] < 500 {
			t.Errorf("only %d questions were answered %q: %v", decided[d], d, decided)
		}
	}
}

func randomLayer(rng *rand.Rand) sandbox.Ruleset {
	l := sandbox.Ruleset{HandledFS: sandbox.ReadFile | sandbox.AccessFS(rng.Uint32())&allFS, HandledNet: sandbox.BindTCP}
	for range rng.IntN(8) {
		parent := []string{"/", "/w", "/w/", "/w/src", "/w/src/a", "/w/up/home", "/w/abs", "/home", "/w/dst/../empty"}[rng.IntN(9)]
		l.Paths = append(l.Paths, grant(parent, l.HandledFS&(sandbox.ReadFile|sandbox.AccessFS(rng.Uint32()))))
	}
	for range rng.IntN(4) {
		l.Ports = append(l.Ports, sandbox.PortRule{Port: uint64(rng.IntN(4)), Access: sandbox.BindTCP})
	}
	return l
}

// randomCall spells its paths in many ways.
func randomCall(rng *rand.Rand) oracle.Call {
	path := func() string {
		dir := []string{"/", "/w", "/w/src", "/w/dst", "/w/empty", "/home", "/w/up", "/w/up/home", "/w/loop", "/w//src/.", "/w/src/..", "/w/abs", "/none"}[rng.IntN(13)]
		name := []string{"a", "key", "new", "src", "empty", "abs", "rel", "up", "dangling", "pipe", "..", "."}[rng.IntN(12)]
		return dir + []string{"/", "/", "//"}[rng.IntN(3)] + name + []string{"", "", "", "/"}[rng.IntN(4)]
	}
	all := op.All()
	o := all[rng.IntN(len(all))]
	if rng.IntN(2) == 0 { // of the few that turn on the tree most
		o = *lookup([]string{"fs.read_file", "fs.execute", "fs.make_dir", "fs.remove_file", "fs.refer", "syscall.rename"}[rng.IntN(6)])
	}
	v := o.Variants[rng.IntN(len(o.Variants))]
	c := oracle.Call{Op: o.Name, Syscall: v.Name, Target: path(), Source: path(), Peers: oracle.Peers{Outside: []int{7}}}
	switch v.Target {
	case op.TargetAddr:
		c.Target = fmt.Sprintf("127.0.0.1:%d", rng.IntN(4))
	case op.TargetProcess:
		c.Target = []string{"self", "child", "7"}[rng.IntN(3)]
	}
	return c
}

func lookup(name string) *op.Op {
	o, ok := op.Lookup(name)
	if !ok {
		panic("no operation " + name)
	}
	return o
}

// TestPreparedIsShared is for the race detector.
func TestPreparedIsShared(t *testing.T) {
	p, err := oracle.Prepare(oracle.Setting{Layers: rulesets(layer(grant("/w", sandbox.ReadFile))), Tree: home(t)})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, target := range []string{"/w/src/a", "/w/abs", "/home/key", "/w/up/home/key", "/w/none"} {
				p.Ask(oracle.Call{Op: "fs.read_file", Target: target})
			}
		})
	}
	wg.Wait()
}

func TestPrepareFaults(t *testing.T) {
	_, err := oracle.Prepare(oracle.Setting{Layers: rulesets(layer(grant("/w/none", allFS))), Tree: home(t)})
	if want := `the policy cannot be applied: layer 0: parent "/w/none": ENOENT: /w/none does not exist`; err == nil || err.Error() != want {
		t.Errorf("Prepare = %v, want %s", err, want)
	}
}

// TestReasonsAreStable holds that no order of a map reaches an answer.
func TestReasonsAreStable(t *testing.T) {
	overlay := oracle.Mount{ID: "2", FS: "overlay"}
	entries := []oracle.Entry{{Path: "/over", Kind: oracle.Dir, Mount: overlay}, file("/over/object"), {Path: "/proc", Kind: oracle.Dir, Mount: oracle.Mount{ID: "3", FS: "proc"}}}
	var files, procs []sandbox.PathRule
	for i := range 20 {
		entries = append(entries, file(fmt.Sprint("/over/", i)), dir(fmt.Sprint("/proc/", i)))
		files = append(files, grant(fmt.Sprint("/over/", i), sandbox.ReadFile))
		procs = append(procs, grant(fmt.Sprint("/proc/", i), sandbox.ReadFile))
	}
	run(t, data(t, entries...), []row{
		{name: "overlay", layers: rulesets(layer(files...)), op: "fs.read_file", target: "/over/object", want: oracle.Unknown, reason: `"/over/0"`},
		{name: "proc", layers: rulesets(layer(procs...)), op: "ptrace", syscall: "proc_mem", target: "self", want: oracle.Unknown, reason: `"/proc/0"`},
	})
}
