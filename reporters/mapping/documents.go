package mapping

import (
	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// impactMap says which mismatches are known and allowed: by expectation, with
// tags that must all be among the allowed ones.
type impactMap struct{}

// allows reports whether a mismatch of the expectation is allowed, with its tags.
func (m *impactMap) allows(expectationID string) (tags []string, allowed bool) { panic("not built") }

// Coverage is runtime_coverage.json.
type Coverage struct{}

// newCoverage makes the coverage of a set from its story.
func newCoverage(s *set, story *analysis.Story) (*Coverage, error) { panic("not built") }

func (c *Coverage) write(file string) error { panic("not built") }

// callouts gathers runtime_callout_oracle.json.
type callouts struct{}

func newCallouts(s *set) *callouts { panic("not built") }

func (c *callouts) observe(src *source, e *artifact.Event) error { panic("not built") }
func (c *callouts) write(file string) error                      { panic("not built") }

// signatures gathers runtime_signatures.json.
type signatures struct{}

func newSignatures(s *set) *signatures { panic("not built") }

func (g *signatures) observe(src *source, e *artifact.Event) error { panic("not built") }
func (g *signatures) write(file string, story *analysis.Story, scenarios *analysis.Scenarios, coverage *Coverage) error {
	panic("not built")
}

// links gathers runtime_links.json.
type links struct{}

func newLinks(s *set) *links { panic("not built") }

func (l *links) observe(src *source, e *artifact.Event) error { panic("not built") }
func (l *links) write(file string) error                      { panic("not built") }

// crossWorld gathers cross_world.json: one observer for the sets of all worlds.
type crossWorld struct{}

func newCrossWorld() *crossWorld { panic("not built") }

// of gives the observer of one set.
func (c *crossWorld) of(s *set) observer      { panic("not built") }
func (c *crossWorld) write(file string) error { panic("not built") }
