package harness

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/inventory"
	"github.com/rtgen/rtgen/harness/internal/parallel"
)

// inventoriedPlan is a plan of the tree, and what became of it.
type inventoriedPlan struct {
	*inventory.Plan
	registry *Registry // nil: it does not load
}

// inventoryPlans compiles every plan of the tree and holds the suites that were
// generated from it against what it compiles to.
func (s Source) inventoryPlans(tree *inventory.Tree, found *inventory.Found, doc *RuntimeInventory) []*inventoriedPlan {
	suites := map[string][]*inventory.Suite{} // by plan
	for _, suite := range doc.Suites {
		suites[suite.Plan] = append(suites[suite.Plan], suite)
	}
	plans := make([]*inventoriedPlan, len(found.Plans))
	parallel.Each(len(plans), func(i int) {
		plans[i] = s.inventoryPlan(found.Plans[i], doc.WorldID, tree, suites[found.Plans[i]])
	})
	doc.Plans = []*inventory.Plan{}
	for _, p := range plans {
		doc.Plans = append(doc.Plans, p.Plan)
		delete(suites, p.Path)
	}
	for _, list := range suites {
		for _, suite := range list {
			s.inventoryLeft(suite, doc.WorldID, tree, plans)
		}
	}
	return plans
}

// inventoryLeft judges a suite that none of the tree's plans was found for: its
// plan is gone, or not the tree's, such as test data; or the suite does not say
// where its plan is, and only its id is left to go by.
func (s Source) inventoryLeft(suite *inventory.Suite, world string, tree *inventory.Tree, plans []*inventoriedPlan) {
	byID := slices.IndexFunc(plans, func(p *inventoriedPlan) bool { return p.ID == suite.PlanID && p.ID != "" })
	switch {
	case suite.Plan == "" && byID < 0:
		suite.State, suite.Detail = inventory.SuiteOrphan, "it does not say which plan it was generated from"
		return
	case suite.Plan == "":
		suite.Plan = plans[byID].Path
		plans[byID].Suites = append(plans[byID].Suites, suite.Path)
	case !filepath.IsLocal(filepath.FromSlash(suite.Plan)):
		suite.State, suite.Detail, suite.Plan = inventory.SuiteUnknown, "its plan is not in the tree", ""
		return
	case !tree.Exists(suite.Plan):
		suite.State, suite.Detail = inventory.SuiteOrphan, "its plan "+suite.Plan+" is gone"
		return
	}
	s.inventoryPlan(suite.Plan, world, tree, []*inventory.Suite{suite})
}

// inventoryPlan compiles a plan, and judges suites that were generated from it.
func (s Source) inventoryPlan(name, world string, tree *inventory.Tree, suites []*inventory.Suite) *inventoriedPlan {
	p := &inventoriedPlan{Plan: &inventory.Plan{Path: name, Suites: []string{}}}
	for _, suite := range suites {
		p.Suites = append(p.Suites, suite.Path)
	}
	file := filepath.Join(s.Root, filepath.FromSlash(name))
	compiled, err := s.compileInto(p, file)
	if err != nil {
		p.Error = err.Error()
		p.Findings = s.countFindings(file)
		for _, suite := range suites {
			suite.State, suite.Detail = inventory.SuiteUnknown, "its plan does not compile"
		}
		return p
	}
	p.describe(compiled, world)
	for _, suite := range suites {
		files, err := GenerateSuite(compiled, name, planFromSuite(suite.Path, name))
		if err != nil {
			suite.State, suite.Detail = inventory.SuiteUnknown, err.Error()
			continue
		}
		want := make([]inventory.File, len(files))
		for i, f := range files {
			want[i] = inventory.File(f)
		}
		tree.Compare(suite, compiled.PlanDigest.String(), compiled.CompiledDigest.String(), want)
	}
	return p
}

// compileInto is CompilePlan, and keeps how far it came.
func (s Source) compileInto(p *inventoriedPlan, file string) (*Compiled, error) {
	plan, err := s.LoadPlan(file)
	if err != nil {
		return nil, err
	}
	p.ID, p.RegistryID, p.WorldID, p.Profiles, p.Digest = plan.ID, plan.RegistryID, plan.WorldID, plan.Profiles, PlanDigest(plan)
	if p.registry, err = s.LoadRegistry(plan); err != nil {
		return nil, err
	}
	return Compile(s, plan, p.registry)
}

// countFindings counts what lint has to say of a plan that does not compile. One
// that cannot be read at all has one fault.
func (s Source) countFindings(file string) int {
	findings, err := s.LintPlan(file, LintOptions{})
	if err != nil {
		return 1
	}
	return len(findings)
}

// describe adds what is in a plan that compiles.
func (p *inventoriedPlan) describe(c *Compiled, world string) {
	p.CompiledDigest, p.PerOp, p.Specs = c.CompiledDigest, map[string]int{}, map[string]int{}
	for lane, n := range specsByLane(c) {
		p.Specs[string(lane)] = n
	}
	p.Elsewhere = c.WorldID != "" && !sameWorld(c.WorldID, world)
	engine := false
	for _, profile := range c.Profiles {
		engine = engine || isSeatbelt(profile.Mode) != strings.HasPrefix(world, "linux-")
		for _, sc := range profile.Scenarios {
			p.Scenarios++
			p.PerOp[sc.Operation]++
		}
	}
	p.Elsewhere = p.Elsewhere || !engine
	for name := range p.PerOp {
		p.Operations = append(p.Operations, name)
	}
	slices.Sort(p.Operations)
}

// planFromSuite is the path of a plan seen from the folder of a suite, both paths
// of the tree.
func planFromSuite(suite, plan string) string {
	rel, err := filepath.Rel(filepath.FromSlash(suite), filepath.FromSlash(plan))
	if err != nil {
		return plan
	}
	return path.Clean(filepath.ToSlash(rel))
}
