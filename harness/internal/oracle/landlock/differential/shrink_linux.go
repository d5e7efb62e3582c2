package differential

import (
	"errors"
	"fmt"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// maxTries is how many cases are asked about to make one small.
const maxTries = 3000

// judge asks both about a case, in a world of its own.
func (k *worker) judge(c *Case) (v Verdict, err error) {
	// A folder of its own each time: nothing of the last one is in the way.
	n := k.scratches.Add(1)
	here := c.here(k.sockets, k.processes)
	here = here.at(scratchAt(k.o.Dir, "c", n), scratchAt(k.o.FarDir, "c", n))
	s, err := k.enter(&here.World, here.Layers)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, s.leave()) }()
	s.questions = 2 // so that both trees are asked
	v, _, err = k.ask(s, here.Question)
	return v, err
}

// found makes a case on which they differ small and keeps it. The process that
// was outside when it was asked about may be gone.
func (k *worker) found(round int, c Case, v Verdict, outside int) error {
	coverage := k.coverage
	k.coverage, k.shrinking = newCoverage(), true
	defer func() { k.coverage, k.shrinking = coverage, false }()
	c = c.portable(k.sockets, outside)
	d := Disagreement{Round: round, Decisions: k.asked, Found: c, Small: c, Verdict: v}
	again, err := k.judge(&c)
	switch {
	case err != nil || again.Fault == "":
		d.Verdict.Fault += fmt.Sprintf(" (not seen again in a world of its own: %v)", err)
	default:
		d.Small, d.Verdict, d.Tries = k.shrink(c, again)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.disagreements = append(k.disagreements, d)
	return nil
}

// shrink takes away from a case whatever can be taken with both still
// differing, until nothing can. Each candidate is asked about again: a smaller
// case in which they differ for another reason is as good.
func (k *worker) shrink(c Case, v Verdict) (Case, Verdict, int) {
	tries := 0
	for again := true; again; {
		again = false
		for candidate := range candidates(&c) {
			if tries++; tries > maxTries {
				return c, v, tries
			}
			smaller, err := k.judge(&candidate)
			if err != nil || smaller.Fault == "" || poorer(&c, &v, &candidate, &smaller) {
				continue
			}
			c, v, again = candidate, smaller, true
			break
		}
	}
	return c, v, tries
}

// poorer says that one of the two no longer decides, and did before, or that the
// denial is no longer about the operation.
func poorer(c *Case, v *Verdict, candidate *Case, smaller *Verdict) bool {
	return smaller.Answer.Decision == oracle.Unknown && v.Answer.Decision != oracle.Unknown ||
		smaller.Decision(candidate) == "" && v.Decision(c) != "" ||
		c.attributable() && !candidate.attributable()
}
