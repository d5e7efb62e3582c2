package differential

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Case is one decision with all that it depends on: it can be made again.
type Case struct {
	World    World             `json:"world"`
	Layers   []sandbox.Ruleset `json:"layers"`
	Question Question          `json:"question"`
}

// Question is the operation of a case, as a probe names it.
type Question struct {
	Op      string `json:"op"`
	Syscall string `json:"syscall"`
	Target  string `json:"target"`
	Source  string `json:"source,omitempty"`
}

func (q *Question) request() op.Request {
	return op.Request{Op: q.Op, Syscall: q.Syscall, Target: q.Target, Source: q.Source}
}

// Verdict is what both say about a case.
type Verdict struct {
	Answer oracle.Answer `json:"answer"`
	Kernel op.Result     `json:"kernel"`
	Fault  string        `json:"fault,omitempty"` // empty: they agree
}

// Decision is the kernel's, empty when it decided nothing.
func (v *Verdict) Decision(c *Case) string {
	_, variant := variantOf(c.Question)
	decision, _ := op.Classify(variant, v.Kernel)
	return decision
}

func variantOf(q Question) (*op.Op, *op.Variant) {
	o, ok := op.Lookup(q.Op)
	if !ok {
		return nil, nil
	}
	v, _ := o.Variant(q.Syscall)
	return o, v
}

// Disagreement is a case on which model and kernel differ, as it was found and
// as small as it could be made.
type Disagreement struct {
	Round     int     `json:"round"`
	Decisions int     `json:"decisions"` // that its worker had made until then
	Found     Case    `json:"found"`
	Small     Case    `json:"small"`
	Verdict   Verdict `json:"verdict"` // on Small
	Tries     int     `json:"tries"`   // cases that were asked about to get there
}

// The variables of a case that is written down. The first is a fixture's own.
const (
	varScratch = "${scratch}"
	varFar     = "${far}"
	varOutside = "${outside_pid}"
	varUnique  = "${unique}"
)

// clone is a copy that shares nothing with c.
func (c *Case) clone() Case {
	n := *c
	n.World.Steps = slices.Clone(c.World.Steps)
	n.Layers = slices.Clone(c.Layers)
	for i := range n.Layers {
		n.Layers[i].Paths = slices.Clone(n.Layers[i].Paths)
		n.Layers[i].Ports = slices.Clone(n.Layers[i].Ports)
	}
	return n
}

// rewrite puts every path and text of the case through f.
func (c *Case) rewrite(f func(string) string) Case {
	n := c.clone()
	n.World.Scratch, n.World.Far = f(n.World.Scratch), f(n.World.Far)
	for i := range n.World.Steps {
		s := &n.World.Steps[i]
		s.Path, s.To, s.Content = f(s.Path), f(s.To), f(s.Content)
	}
	for i := range n.Layers {
		for j := range n.Layers[i].Paths {
			n.Layers[i].Paths[j].Parent = f(n.Layers[i].Paths[j].Parent)
		}
	}
	n.Question.Target, n.Question.Source = f(n.Question.Target), f(n.Question.Source)
	return n
}

// at is the case with its folders elsewhere. A relative link out of them may
// lead elsewhere then.
func (c *Case) at(scratch, far string) Case {
	if c.World.Far == "" {
		far = ""
	}
	return c.rewrite(func(text string) string {
		text = strings.ReplaceAll(text, c.World.Scratch, scratch)
		if c.World.Far != "" {
			text = strings.ReplaceAll(text, c.World.Far, far)
		}
		return text
	})
}

// portable is the case with variables in place of what this run made.
func (c *Case) portable(h *sockets, outside int) Case {
	n := c.at(varScratch, varFar)
	switch {
	case n.Question.Target == strconv.Itoa(outside):
		n.Question.Target = varOutside
	case h.unique != "":
		n.Question.Target = strings.ReplaceAll(n.Question.Target, h.unique, varUnique)
	}
	return n
}

// here is a portable case with what this run made in place of variables.
func (c *Case) here(h *sockets, p *processes) Case {
	n := c.clone()
	n.Question.Target = strings.NewReplacer(varOutside, strconv.Itoa(p.outside()), varUnique, h.unique).Replace(n.Question.Target)
	return n
}

// Replay asks both about a case once more.
func (r *Run) Replay(c *Case) (Verdict, error) {
	k, err := r.worker()
	if err != nil {
		return Verdict{}, err
	}
	defer k.close()
	k.shrinking = true
	return k.judge(c)
}

// LoadCase reads a case that Write has written.
func LoadCase(file string) (*Case, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, dec := new(Case), json.NewDecoder(f)
	dec.DisallowUnknownFields()
	if err := dec.Decode(c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(c.World.Steps) == 0 {
		return nil, fmt.Errorf("%s: world.steps is empty: name at least the root", file)
	}
	return c, nil
}

func writeJSON(file string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// scratchAt is a folder for the n-th of something under base.
func scratchAt(base, kind string, n int64) string {
	if base == "" {
		return ""
	}
	return filepath.Join(base, fmt.Sprintf("%s%d", kind, n))
}
