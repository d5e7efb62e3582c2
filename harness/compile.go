package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// CompilePlan loads the plan at path with everything it names, and compiles it.
func CompilePlan(src Source, path string) (*Compiled, error) {
	c, err := src.compile(path)
	return c, src.asTyped(path, err)
}

func (s Source) compile(path string) (*Compiled, error) {
	plan, err := s.LoadPlan(path)
	if err != nil {
		return nil, err
	}
	registry, err := s.LoadRegistry(plan)
	if err != nil {
		return nil, err
	}
	return Compile(s, plan, registry)
}

// Compile resolves a plan into a compiled one. What could only fail at run time
// is refused here: unknown profiles, operations, variants and capabilities,
// profile texts that do not parse, expectation ids that two scenarios share.
// All faults are in the error.
func Compile(src Source, plan *Plan, registry *Registry) (*Compiled, error) {
	return newCompiler(src, plan, registry).compiled()
}

func (comp *compiler) compiled() (*Compiled, error) {
	c := comp.compile()
	if err := comp.err(); err != nil {
		return nil, err
	}
	digest, err := c.digest()
	if err != nil {
		return nil, err
	}
	c.CompiledDigest = digest
	return c, nil
}

// ErrStale means that a suite is older than its plan.
var ErrStale = errors.New("suite is older than its plan")

// CheckFresh compares a suite's compiled plan with the plan it came from, when
// that plan is there: a suite may run far from its repository. The error says
// how to bring the suite up to date.
func CheckFresh(c *Compiled, planPath string) error {
	if _, err := os.Stat(planPath); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	now, err := CompilePlan(Source{}, planPath)
	if err != nil {
		return fmt.Errorf("the plan of suite %q no longer compiles: %w", c.PlanID, err)
	}
	if now.CompiledDigest != c.CompiledDigest {
		return fmt.Errorf("%w: plan %q at %s compiles to %s, the suite has %s: run rtgen compile --plan %s",
			ErrStale, c.PlanID, planPath, now.CompiledDigest, c.CompiledDigest, planPath)
	}
	return nil
}
