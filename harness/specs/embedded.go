package specs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rtgen/rtgen/harness"
)

// Header is what a generated suite says about itself.
type Header struct {
	Plan           string // path of plan.json, relative to the suite's folder
	PlanDigest     string
	CompiledDigest string
}

// Embedded opens the compiled plan that a generated suite carries. It fails the
// test when the data is not what the suite was generated with, and when the
// plan the suite came from is there and has changed since.
func Embedded(t *testing.T, compiled []byte, h Header) *Suite {
	t.Helper()
	c, err := harness.DecodeCompiled(compiled)
	if err != nil {
		t.Fatal(err)
	}
	if c.PlanDigest.String() != h.PlanDigest || c.CompiledDigest.String() != h.CompiledDigest {
		t.Fatalf("suite %s and its compiled plan come from different generations: run rtgen compile --plan %s", c.PlanID, h.Plan)
	}
	if err := harness.CheckFresh(c, h.Plan); err != nil {
		t.Fatal(err)
	}
	return &Suite{compiled: c, params: flagParams}
}

// Profile opens the part of the suite that holds one profile's scenarios.
func (s *Suite) Profile(id string) *Profile {
	for i := range s.compiled.Profiles {
		if s.compiled.Profiles[i].ID == id {
			return &Profile{suite: s, profile: &s.compiled.Profiles[i]}
		}
	}
	panic(fmt.Sprintf("suite %s has no profile %q: run rtgen compile again", s.compiled.PlanID, id))
}

// Profile is one profile of a Suite.
type Profile struct {
	suite   *Suite
	profile *harness.CompiledProfile
	next    int
}

// Scenario adds the profile's next scenario, in every lane it supports, and
// makes the calling line the place its failures point at. What the line says
// must be what the compiled plan says.
func (p *Profile) Scenario(expectationID, operation, target, expected string) {
	if p.next >= len(p.profile.Scenarios) {
		panic(fmt.Sprintf("profile %q has no scenario after its %d: run rtgen compile again", p.profile.ID, p.next))
	}
	sc := &p.profile.Scenarios[p.next]
	p.next++
	if sc.ExpectationID != expectationID || sc.Operation != operation || sc.Target != target || string(sc.Expected) != expected {
		panic(fmt.Sprintf("scenario %q is not what the compiled plan says (%q, %s %s, %s): run rtgen compile again",
			expectationID, sc.ExpectationID, sc.Operation, sc.Target, sc.Expected))
	}
	p.suite.add(p.profile, sc, types.NewCodeLocation(1))
}

// Build makes the Ginkgo tree, which ginkgo.RunSpecs then runs. Reporters get
// the finished report in order.
func (s *Suite) Build(t *testing.T, reporters ...Reporter) {
	t.Helper()
	want := 0
	for _, p := range s.compiled.Profiles {
		want += len(p.Scenarios)
	}
	if len(s.specs) != want {
		t.Fatalf("suite %s names %d of its plan's %d scenarios: run rtgen compile again", s.compiled.PlanID, len(s.specs), want)
	}
	t.Cleanup(func() {
		if err := s.abandon(); err != nil {
			t.Error(err)
		}
	})
	s.build(append(reporters, uncached{}))
}

// uncached is the reporter that keeps the suite out of go test's cache.
type uncached struct{}

func (uncached) Report(*harness.Run, types.Report) error {
	if err := keepFromCache(); err != nil {
		return fmt.Errorf("go test would answer the next run of this suite from its cache, run it with -count=1: %w", err)
	}
	return nil
}

// keepFromCache makes this test's inputs newer than its end, so that evidence
// is never answered from go test's cache. The go command caches a passing test
// unless a file of the module that the test opened is younger than two seconds
// when it ends: a marker in the suite's own out folder, wherever the bundle
// goes, is dated so far ahead that it always is, however long the process takes
// to end. Without the go command there is no cache, and nothing is written.
func keepFromCache() error {
	if f := flag.Lookup("test.testlogfile"); f == nil || f.Value.String() == "" {
		return nil
	}
	marker := filepath.Join(outFolder, ".uncached")
	if err := os.MkdirAll(outFolder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(marker, nil, 0o644); err != nil { // opens it
		return err
	}
	ahead := time.Now().AddDate(10, 0, 0)
	return os.Chtimes(marker, ahead, ahead)
}
