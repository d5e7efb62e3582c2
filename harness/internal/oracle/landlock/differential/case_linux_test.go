package differential_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/oracle/landlock/differential"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// sample is a case with something of everything.
func sample() differential.Case {
	return differential.Case{
		World: differential.World{Scratch: "${scratch}", Far: "${far}", Steps: []differential.Step{
			{Path: "${scratch}/w", Kind: oracle.Dir, Mode: 0o755},
			{Path: "${scratch}/w/d", Kind: oracle.Dir, Mode: 0o755},
			{Path: "${scratch}/w/d/f", Kind: oracle.File, Content: "#!${scratch}/w/x\n", Mode: 0o755},
			{Path: "${scratch}/w/s", Kind: oracle.Symlink, To: "${scratch}/w/d"},
			{Path: "${scratch}/w/d", Mount: differential.Tmpfs, Kind: oracle.Dir, Mode: 0o755},
			{Path: "${far}/far", Kind: oracle.Dir, Mode: 0o755},
		}},
		Layers: []sandbox.Ruleset{
			{HandledFS: sandbox.ReadFile | sandbox.Refer, Paths: []sandbox.PathRule{{Parent: "${scratch}/w/d", Access: sandbox.ReadFile, Optional: true}}},
			{HandledNet: sandbox.BindTCP, Ports: []sandbox.PortRule{{Port: 80, Access: sandbox.BindTCP}}, Scoped: sandbox.ScopeSignal, Flags: sandbox.LogNewExecOn},
		},
		Question: differential.Question{Op: "syscall.rename", Syscall: "exchange", Source: "/${scratch}/w/d/f", Target: "${scratch}/w/./s"},
	}
}

// TestCandidates holds that shrinking ends, whichever candidates are taken, and
// leaves the case itself alone.
func TestCandidates(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		c, taken := sample(), 0
		for list := differential.Candidates(&c); len(list) > 0; list = differential.Candidates(&c) {
			if taken++; taken > 500 {
				t.Fatalf("seed %d: no end; %d candidates of %+v", seed, len(list), c)
			}
			c = list[rng.IntN(len(list))]
		}
		if len(c.World.Steps) != 1 || len(c.Layers) != 0 {
			t.Errorf("seed %d: left is %+v", seed, c)
		}
	}
	c := sample()
	if n := len(differential.Candidates(&c)); n < 20 {
		t.Errorf("%d candidates", n)
	}
	if diff := cmp.Diff(sample(), c); diff != "" {
		t.Errorf("the case has changed:\n%s", diff)
	}
}

// TestWrite holds that a case that is written is read again, and that no plan
// is written for what none can say.
func TestWrite(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*differential.Case)
		why    string // empty: there is a plan
	}{
		{"mounts", func(c *differential.Case) {}, "mounts"},
		{"far", func(c *differential.Case) { c.World.Steps = append(c.World.Steps[:4:4], c.World.Steps[5]) }, "two mounts"},
		{"nobody", func(c *differential.Case) { c.World.Steps, c.World.Far, c.World.Plain = c.World.Steps[:4], "", true }, "ordinary user"},
		{"program", func(c *differential.Case) {
			c.World.Steps, c.World.Far = c.World.Steps[:4], ""
			c.World.Steps[2].Program = true
		}, "program"},
		{"no policy", func(c *differential.Case) { c.Layers = nil }, "no policy"},
		{"plan", func(c *differential.Case) {
			c.World.Steps, c.World.Far = c.World.Steps[:4], ""
			c.Question.Source = "${scratch}/w/d/f"
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := sample()
			row.change(&c)
			d := differential.Disagreement{Small: c}
			dir := t.TempDir()
			planned, err := d.Write(dir)
			if err != nil || planned != (row.why == "") {
				t.Fatalf("planned %v, %v", planned, err)
			}
			readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
			if err != nil || !strings.Contains(string(readme), row.why) {
				t.Errorf("%v: README.md does not say why:\n%s", err, readme)
			}
			again, err := differential.LoadCase(filepath.Join(dir, "case.json"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c, again); diff != "" {
				t.Errorf("read again:\n%s", diff)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "case.json")
	if err := os.WriteFile(file, []byte(`{"world": {"scratch": "/x"}, "layer": []}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := differential.LoadCase(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a case with an unknown field: %v", err)
	}
}
