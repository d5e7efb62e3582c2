package harness

import (
	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// RuntimeEvent is an observation as a bundle has it: a row of its
// runtime_events.normalized.json.
type RuntimeEvent = artifact.Event

// OpRuntimeSummary is what is known of each operation.
type OpRuntimeSummary = analysis.OpSummary

// OpRuntimeSummaryOptions is what BuildOpRuntimeSummary is told beside the
// observations. Its zero value works.
type OpRuntimeSummaryOptions = analysis.OpSummaryOptions

// SummarizeOptions says how a bundle or a packet is summed up. Its zero value
// works, and takes verified and promotable evidence alone.
type SummarizeOptions = analysis.SummarizeOptions

// BuildOpRuntimeSummary sums observations up by operation. They must be of one
// world.
func BuildOpRuntimeSummary(observations []RuntimeEvent, o OpRuntimeSummaryOptions) (*OpRuntimeSummary, error) {
	return analysis.BuildOpSummary(observations, o)
}

// SummarizeOpsFromBundle sums up the bundle at path, an out folder or a run
// folder, row by row. Unless o takes it unverified, a bundle that is not what was
// committed is an *IntegrityError.
func SummarizeOpsFromBundle(path string, o SummarizeOptions) (*OpRuntimeSummary, error) {
	return analysis.SummarizeBundle(path, o)
}

// SummarizeOpsFromPacket sums up the bundle that a packet points to. Unless o
// allows it, evidence that may not be relied on is a *NotPromotableError. A
// bundle that is not the packet's is an *IntegrityError, and what is no packet an
// *InputError.
func SummarizeOpsFromPacket(path string, o SummarizeOptions) (*OpRuntimeSummary, error) {
	s, err := analysis.SummarizePacket(path, o)
	return s, asInput(err)
}

// WriteOpRuntimeSummary writes a summary to a file, which is replaced as a whole
// or not at all. Folders that are not there are made. A file of a run folder is an
// *InputError.
func WriteOpRuntimeSummary(s *OpRuntimeSummary, out string) error {
	if err := notInRun(out); err != nil {
		return err
	}
	return s.WriteFile(out)
}
