package normalize

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// asked is what the sandbox was asked beside a row's attempt.
func (r *Row) asked(result *artifact.RuntimeResult) contract.Asked {
	return contract.Asked{
		Operation: r.Probe.Operation, Target: r.target, Request: result.SandboxCheckRequest.Ptr(), Callouts: result.Callouts,
	}
}
