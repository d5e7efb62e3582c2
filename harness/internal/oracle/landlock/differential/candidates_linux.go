package differential

import (
	"iter"
	"math/bits"
	"path"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// candidates is the cases that are one step smaller, those that take most away
// first.
func candidates(c *Case) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		for _, list := range []func(*Case, func(Case) bool) bool{fewerLayers, fewerRules, fewerSteps, plainerWorld, plainerQuestion, fewerRights, plainerSteps} {
			if !list(c, yield) {
				return
			}
		}
	}
}

// try yields the case as change leaves it, unless that is what it was.
func try(c *Case, yield func(Case) bool, change func(*Case) bool) bool {
	n := c.clone()
	return !change(&n) || yield(n)
}

func fewerLayers(c *Case, yield func(Case) bool) bool {
	for i := range c.Layers {
		if !try(c, yield, func(n *Case) bool { n.Layers = slices.Delete(n.Layers, i, i+1); return true }) {
			return false
		}
	}
	return true
}

func fewerRules(c *Case, yield func(Case) bool) bool {
	for i, l := range c.Layers {
		for j := range l.Paths {
			if !try(c, yield, func(n *Case) bool {
				n.Layers[i].Paths = slices.Delete(n.Layers[i].Paths, j, j+1)
				return true
			}) {
				return false
			}
		}
		for j := range l.Ports {
			if !try(c, yield, func(n *Case) bool {
				n.Layers[i].Ports = slices.Delete(n.Layers[i].Ports, j, j+1)
				return true
			}) {
				return false
			}
		}
	}
	return true
}

// fewerSteps takes names out of the world, a directory with what is beneath it,
// and directories from between others.
func fewerSteps(c *Case, yield func(Case) bool) bool {
	for i := len(c.World.Steps) - 1; i > 0; i-- {
		s := c.World.Steps[i]
		if !try(c, yield, func(n *Case) bool {
			n.World.Steps = slices.DeleteFunc(n.World.Steps, func(o Step) bool {
				return s.Mount == "" && within(o.Path, s.Path) || o == s
			})
			return true
		}) {
			return false
		}
	}
	for _, s := range c.World.Steps[1:] {
		if s.Kind == "dir" && s.Mount == "" && !try(c, yield, func(n *Case) bool { *n = n.lift(s.Path); return true }) {
			return false
		}
	}
	return true
}

// lift puts what lies in a directory into its parent.
func (c *Case) lift(dir string) Case {
	n := c.clone()
	n.World.Steps = slices.DeleteFunc(n.World.Steps, func(s Step) bool { return s.Path == dir })
	return n.rewrite(func(text string) string {
		text = strings.ReplaceAll(text, dir+"/", path.Dir(dir)+"/")
		if text == dir {
			return path.Dir(dir)
		}
		return text
	})
}

func plainerWorld(c *Case, yield func(Case) bool) bool {
	return try(c, yield, func(n *Case) bool { n.World.Plain = false; return c.World.Plain }) &&
		try(c, yield, func(n *Case) bool {
			if c.World.Far == "" {
				return false
			}
			n.World.Steps = slices.DeleteFunc(n.World.Steps, func(s Step) bool { return within(s.Path, c.World.Far) })
			n.World.Far = ""
			return true
		})
}

// plainerQuestion spells the paths plainly, names something that lies higher,
// and uses the operation's first variant.
func plainerQuestion(c *Case, yield func(Case) bool) bool {
	change := func(change func(*Question)) bool {
		return try(c, yield, func(n *Case) bool { change(&n.Question); return n.Question != c.Question })
	}
	return change(func(q *Question) { q.Target = cleaned(q.Target) }) &&
		change(func(q *Question) { q.Source = cleaned(q.Source) }) &&
		change(func(q *Question) {
			if o, ok := op.Lookup(q.Op); ok {
				q.Syscall = o.Variants[0].Name
			}
		}) &&
		higher(c, c.Question.Target, func(to string) bool { return change(func(q *Question) { q.Target = to }) }) &&
		higher(c, c.Question.Source, func(to string) bool { return change(func(q *Question) { q.Source = to }) })
}

// higher yields the places of the world, and the same name in its directories,
// that have fewer directories above them than a path, or are spelled shorter.
func higher(c *Case, at string, yield func(string) bool) bool {
	if !path.IsAbs(at) && !strings.HasPrefix(at, varScratch) {
		return true
	}
	for _, s := range c.World.Steps {
		for _, to := range []string{s.Path, path.Join(s.Path, path.Base(at))} {
			if strings.Count(to, "/") < strings.Count(at, "/") && !yield(to) {
				return false
			}
		}
	}
	return true
}

// cleaned is a path without what says nothing; the ".." behind a link does.
func cleaned(text string) string {
	if text = strings.Replace(text, "/"+varScratch, varScratch, 1); !path.IsAbs(text) && !strings.HasPrefix(text, varScratch) {
		return text
	}
	return path.Clean(text)
}

func fewerRights(c *Case, yield func(Case) bool) bool {
	for i := range c.Layers {
		l := &c.Layers[i]
		handle := func(change func(*sandbox.Ruleset)) bool {
			return try(c, yield, func(n *Case) bool { change(&n.Layers[i]); mask(&n.Layers[i]); return true })
		}
		if l.Scoped != 0 && !handle(func(l *sandbox.Ruleset) { l.Scoped = 0 }) ||
			l.Flags != 0 && !handle(func(l *sandbox.Ruleset) { l.Flags = 0 }) ||
			l.HandledNet != 0 && !handle(func(l *sandbox.Ruleset) { l.HandledNet = 0 }) ||
			l.HandledFS != 0 && !handle(func(l *sandbox.Ruleset) { l.HandledFS = 0 }) {
			return false
		}
		for set := uint64(l.HandledFS); set != 0; set &= set - 1 {
			bit := sandbox.AccessFS(1) << bits.TrailingZeros64(set)
			if !handle(func(l *sandbox.Ruleset) { l.HandledFS &^= bit }) {
				return false
			}
		}
		for j := range l.Paths {
			if l.Paths[j].Optional && !handle(func(l *sandbox.Ruleset) { l.Paths[j].Optional = false }) {
				return false
			}
			for set := uint64(l.Paths[j].Access); set&(set-1) != 0; set &= set - 1 {
				bit := sandbox.AccessFS(1) << bits.TrailingZeros64(set)
				if !handle(func(l *sandbox.Ruleset) { l.Paths[j].Access &^= bit }) {
					return false
				}
			}
		}
	}
	return true
}

// mask leaves a layer the rules that are about what it handles.
func mask(l *sandbox.Ruleset) {
	paths := slices.Clone(l.Paths)
	l.Paths = nil
	for _, r := range paths {
		if r.Access &= l.HandledFS; r.Access != 0 {
			l.Paths = append(l.Paths, r)
		}
	}
	ports := slices.Clone(l.Ports)
	l.Ports = nil
	for _, r := range ports {
		if r.Access &= l.HandledNet; r.Access != 0 {
			l.Ports = append(l.Ports, r)
		}
	}
}

// plainerSteps takes away what a name need not have.
func plainerSteps(c *Case, yield func(Case) bool) bool {
	for i := range c.World.Steps {
		for _, change := range []func(*Step){
			func(s *Step) { s.Program = false },
			func(s *Step) { s.Content = "" },
			func(s *Step) { s.Listen = "" },
			func(s *Step) { s.Nobody = false },
			func(s *Step) { s.ReadOnly, s.NoExec = false, false },
			func(s *Step) { s.Mode = usualMode(s) },
		} {
			if !try(c, yield, func(n *Case) bool { change(&n.World.Steps[i]); return n.World.Steps[i] != c.World.Steps[i] }) {
				return false
			}
		}
	}
	return true
}

// usualMode is what a fixture gives a name that says no mode.
func usualMode(s *Step) uint32 {
	switch {
	case s.Hardlink || s.Kind == "symlink" || s.Mount == Bind:
		return 0
	case s.Kind == "dir":
		return 0o755
	}
	return 0o644
}
