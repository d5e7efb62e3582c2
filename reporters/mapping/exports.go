package mapping

import (
	"path/filepath"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// export is an artifact that a packet points to.
type export struct {
	key  string // of the packet
	path string // as the packet has it
	name string // of the artifact
}

// exportsOf are the artifacts that a packet points to, in the order of its keys.
func exportsOf(p *bundle.Packet) []export {
	var list []export
	for _, e := range []export{
		{"run_manifest", p.RunManifest, bundle.ManifestFile},
		{"expected_matrix", p.ExpectedMatrix, artifact.ExpectedMatrixFile},
		{"runtime_results", p.RuntimeResults, artifact.RuntimeResultsFile},
		{"runtime_events", p.RuntimeEvents, artifact.RuntimeEventsFile},
		{"baseline_results", p.BaselineResults, artifact.BaselineResultsFile},
		{"oracle_results", p.OracleResults, artifact.OracleResultsFile},
		{"mismatch_packets", p.MismatchPackets, artifact.MismatchPacketsFile},
		{"summary", p.Summary, bundle.SummaryFile},
		{"path_witnesses", p.PathWitnesses, artifact.PathWitnessesFile},
		{"fixtures", p.Fixtures, artifact.FixturesFile},
		{"impact_map", p.ImpactMap, ImpactMapFile},
	} {
		if e.path != "" {
			list = append(list, e)
		}
	}
	return list
}

// leadsInto reports whether the export is the bundle's artifact of its name. What
// is used are the bundle's own; a packet that names others would have its readers
// see others.
func (e export) leadsInto(p *bundle.Packet, b *bundle.Bundle) bool {
	dir, err := filepath.EvalSymlinks(filepath.Dir(p.Path(e.path)))
	if err != nil {
		return false
	}
	own, err := filepath.EvalSymlinks(b.Dir)
	return err == nil && dir == own && filepath.Base(p.Path(e.path)) == e.name && b.Has(e.name)
}
