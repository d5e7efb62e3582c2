package mapping

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// readMatrix reads a bundle's matrix, which must be of the bundle's world and name
// everything.
func readMatrix(b *bundle.Bundle) (*artifact.ExpectedMatrix, error) {
	data, err := b.Read(artifact.ExpectedMatrixFile)
	if err != nil {
		return nil, err
	}
	m := new(artifact.ExpectedMatrix)
	if err := artifact.Decode(data, m); err != nil {
		return nil, fmt.Errorf("%s: %w", artifact.ExpectedMatrixFile, err)
	}
	if m.WorldID != b.WorldID() {
		return nil, fmt.Errorf("%s is of world %.140q, its manifest of %q", artifact.ExpectedMatrixFile, m.WorldID, b.WorldID())
	}
	of := map[string]string{} // expectation to profile
	for _, profile := range m.Profiles {
		if err := artifact.CheckID("profile id", profile.Key); err != nil {
			return nil, fmt.Errorf("%s: %w", artifact.ExpectedMatrixFile, err)
		}
		for _, probe := range profile.Value.Probes {
			if err := artifact.CheckID("expectation_id", probe.ExpectationID); err != nil {
				return nil, fmt.Errorf("%s: profile %q: %w", artifact.ExpectedMatrixFile, profile.Key, err)
			}
			if earlier, ok := of[probe.ExpectationID]; ok {
				return nil, fmt.Errorf("%s: profiles %q and %q both have expectation %q", artifact.ExpectedMatrixFile, earlier, profile.Key, probe.ExpectationID)
			}
			of[probe.ExpectationID] = profile.Key
		}
	}
	return m, nil
}

// checkOperations refuses an operation that the world's system does not have.
func checkOperations(src *source) error {
	vocab, err := analysis.VocabularyOf(src.matrix.WorldID)
	if err != nil {
		return fmt.Errorf("%w: leave it out", err)
	}
	checked := map[string]bool{}
	for _, profile := range src.matrix.Profiles {
		for _, probe := range profile.Value.Probes {
			if checked[probe.Operation] {
				continue
			}
			checked[probe.Operation] = true
			if err := vocab.Check(probe.Operation); err != nil {
				return fmt.Errorf("expectation %q: %w", probe.ExpectationID, err)
			}
		}
	}
	return nil
}

// merger adds up what is taken, by world.
type merger map[string]*merged

// merged is what the packets taken of one world hold, and which packet brought it.
type merged struct {
	expectations map[string]*source
	profiles     map[string]*source
	bodies       map[string]bundle.Digest // of the profiles as they are written
	impact       *source                  // the first with an impact map
}

// take takes a candidate in, or rejects it because of one that came before it.
func (m *merger) take(c *candidate) {
	src := c.source
	if *m == nil {
		*m = merger{}
	}
	of := (*m)[src.matrix.WorldID]
	if of == nil {
		of = &merged{expectations: map[string]*source{}, profiles: map[string]*source{}, bodies: map[string]bundle.Digest{}}
		(*m)[src.matrix.WorldID] = of
	}
	bodies := map[string]bundle.Digest{}
	for i := range src.matrix.Profiles {
		id, profile := src.matrix.Profiles[i].Key, &src.matrix.Profiles[i].Value
		for _, probe := range profile.Probes {
			if other := of.expectations[probe.ExpectationID]; other != nil {
				c.reject(MergeConflict, "packet %s has expectation %q, which packet %s has too: give one of them", c.name, probe.ExpectationID, other.name)
				return
			}
		}
		body, err := artifact.Encode(profile, artifact.TightSorted)
		if err != nil {
			c.reject(BundleUnverified, "packet %s: profile %q: %v", c.name, id, err)
			return
		}
		if other := of.profiles[id]; other != nil && of.bodies[id] != bundle.DigestOf(body) {
			c.reject(MergeConflict, "packet %s has profile %q, and packet %s has another of that id: give one of them", c.name, id, other.name)
			return
		}
		bodies[id] = bundle.DigestOf(body)
	}
	if src.impact != nil && of.impact != nil && src.impact.digest != of.impact.impact.digest {
		c.reject(MergeConflict, "packet %s has another %s than packet %s: give one of them", c.name, ImpactMapFile, of.impact.name)
		return
	}
	if src.impact != nil && of.impact == nil {
		of.impact = src
	}
	for i := range src.matrix.Profiles {
		id := src.matrix.Profiles[i].Key
		if of.profiles[id] == nil {
			of.profiles[id], of.bodies[id] = src, bodies[id]
		}
		for _, probe := range src.matrix.Profiles[i].Value.Probes {
			of.expectations[probe.ExpectationID] = src
		}
	}
}
