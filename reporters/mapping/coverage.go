package mapping

import (
	"errors"
	"slices"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Coverage is runtime_coverage.json: which scenarios cover each operation, and
// which of their mismatches nobody allowed. The reference system calls an operation
// ok that has none of these, also when nobody saw a decision.
type Coverage struct {
	Metadata CoverageMetadata              `json:"metadata"`
	Coverage artifact.Ordered[*OpCoverage] `json:"coverage"` // in the story's order
}

// CoverageMetadata is what a Coverage says of all operations.
type CoverageMetadata struct {
	WorldID         string          `json:"world_id"`
	Inputs          []string        `json:"inputs"`       // the story's, then the packets once more
	InputHashes     analysis.Hashes `json:"input_hashes"` // null when empty
	SourceJobs      []string        `json:"source_jobs"`
	Status          analysis.Health `json:"status"`
	Tier            string          `json:"tier"`
	Notes           string          `json:"notes"`
	Mismatches      []OpExpectation `json:"mismatches"` // that are not allowed
	MismatchSummary MismatchSummary `json:"mismatch_summary"`
	Provenance      StoryProvenance `json:"provenance"`
}

// OpExpectation names an expectation and its operation.
type OpExpectation struct {
	OpName        string `json:"op_name"`
	ExpectationID string `json:"expectation_id"`
}

// MismatchSummary counts expectations that were not met, each once for an
// operation.
type MismatchSummary struct {
	Total      int            `json:"total_mismatches"`
	Disallowed int            `json:"total_disallowed_mismatches"`
	Tags       map[string]int `json:"tags"` // how many of them have a tag
}

// StoryProvenance says which story a document was made from.
type StoryProvenance struct {
	RuntimeStory string `json:"runtime_story"`
}

// OpCoverage is what covers one operation.
type OpCoverage struct {
	OpID              *int            `json:"op_id"`
	RuntimeSignatures []string        `json:"runtime_signatures"` // ids of scenarios, sorted
	Counts            CoverageCounts  `json:"counts"`
	Status            analysis.Health `json:"status"`
	Mismatches        []string        `json:"mismatches"` // expectations, sorted, of mismatches that are not allowed
	MismatchSummary   MismatchSummary `json:"mismatch_summary"`

	UndecidedScenarios []string `json:"undecided_scenarios,omitempty"` // sorted: not everything that counts was decided, or nothing counts
	UnnamedMismatches  int      `json:"unnamed_mismatches,omitempty"`  // without an expectation: in none of the lists, and not ok
}

// CoverageCounts are the lengths of an OpCoverage's lists.
type CoverageCounts struct {
	RuntimeSignatures int `json:"runtime_signatures"`
}

const coverageNotes = "Made from the story of promoted runs. An operation is ok when every scenario of it was decided and no mismatch is left that the impact map does not allow."

// newCoverage makes the coverage of a set from its story. Without a story nothing
// is covered, which is an error and not an answer.
func newCoverage(s *set, story *analysis.Story) (*Coverage, error) {
	if story == nil {
		return nil, errors.New("coverage: there is no story: make the cut and its story first")
	}
	in := inputs{}
	in.files = slices.Clone(story.Meta.Inputs)
	for file, digest := range story.Meta.InputHashes {
		if in.hashes == nil {
			in.hashes = analysis.Hashes{}
		}
		in.hashes[file] = digest
	}
	for _, src := range s.sources {
		in.takeArtifacts(src)
	}
	place, _ := s.file(storyFile)
	c := &Coverage{Metadata: CoverageMetadata{
		WorldID: s.world, Inputs: in.files, InputHashes: in.hashes, SourceJobs: []string{jobPacket},
		Tier: analysis.TierMapped, Notes: coverageNotes, Mismatches: []OpExpectation{},
		MismatchSummary: MismatchSummary{Tags: map[string]int{}}, Provenance: StoryProvenance{place},
	}}
	healths := map[analysis.Health]int{}
	for _, op := range story.Ops {
		covered := coverOp(op.Value, s.impact)
		c.Coverage = append(c.Coverage, artifact.Member[*OpCoverage]{Key: op.Value.OpName, Value: covered})
		c.Metadata.MismatchSummary.add(covered.MismatchSummary)
		healths[covered.Status]++
		for _, id := range covered.Mismatches {
			c.Metadata.Mismatches = append(c.Metadata.Mismatches, OpExpectation{op.Value.OpName, id})
		}
	}
	c.Metadata.Status = together(healths, len(c.Coverage))
	return c, nil
}

// together is the health of n entries whose healths were counted. Of none there
// is nothing to rely on.
func together(healths map[analysis.Health]int, n int) analysis.Health {
	switch n {
	case healths[analysis.HealthBrittle]:
		return analysis.HealthBrittle
	case healths[analysis.HealthOK]:
		return analysis.HealthOK
	}
	return analysis.HealthPartial
}

// ofOp is the status of one operation; partial when it is not covered.
func (c *Coverage) ofOp(name string) analysis.Health {
	if op, ok := c.Coverage.Get(name); ok {
		return op.Status
	}
	return analysis.HealthPartial
}

func (m *MismatchSummary) add(other MismatchSummary) {
	m.Total += other.Total
	m.Disallowed += other.Disallowed
	for tag, n := range other.Tags {
		m.Tags[tag] += n
	}
}

func coverOp(op *analysis.StoryOp, impact *impactMap) *OpCoverage {
	c := &OpCoverage{OpID: op.OpID, RuntimeSignatures: []string{}, Mismatches: []string{}, MismatchSummary: MismatchSummary{Tags: map[string]int{}}}
	var mismatched []string
	for _, scenario := range op.Scenarios {
		c.RuntimeSignatures = append(c.RuntimeSignatures, scenario.ScenarioID)
		if !decided(scenario.Results) {
			c.UndecidedScenarios = append(c.UndecidedScenarios, scenario.ScenarioID)
		}
		for _, m := range scenario.Mismatches {
			if m.ExpectationID == "" {
				c.UnnamedMismatches++
			} else {
				mismatched = append(mismatched, m.ExpectationID)
			}
		}
	}
	c.RuntimeSignatures, c.UndecidedScenarios = unique(c.RuntimeSignatures), unique(c.UndecidedScenarios)
	c.Counts.RuntimeSignatures = len(c.RuntimeSignatures)
	for _, id := range unique(mismatched) {
		tags, allowed := impact.allows(id)
		if !allowed {
			c.Mismatches = append(c.Mismatches, id)
		}
		for _, tag := range tags {
			c.MismatchSummary.Tags[tag]++
		}
		c.MismatchSummary.Total++
	}
	c.MismatchSummary.Disallowed = len(c.Mismatches)
	switch {
	case len(c.Mismatches) > 0 || c.UnnamedMismatches > 0:
		c.Status = analysis.HealthPartial
	case len(c.UndecidedScenarios) == len(c.RuntimeSignatures):
		c.Status = analysis.HealthBrittle
	case len(c.UndecidedScenarios) > 0:
		c.Status = analysis.HealthPartial
	default:
		c.Status = analysis.HealthOK
	}
	return c
}

// decided reports whether somebody saw what the policy decided, every time that
// the operation was attempted.
func decided(r *analysis.ScenarioResults) bool {
	return r != nil && r.Matches+r.Mismatches > 0 && r.Undecided == 0
}

func (c *Coverage) write(file string) error {
	return writeDocument(file, artifact.Indented, func(w *artifact.Writer) {
		w.BeginObject()
		field(w, "metadata", c.Metadata)
		w.Key("coverage")
		w.BeginObject()
		for _, op := range c.Coverage {
			field(w, op.Key, op.Value)
		}
		w.End()
		w.End()
	})
}
