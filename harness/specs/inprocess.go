package specs

import (
	"io"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rtgen/rtgen/harness"
)

// RunInProcess builds the same specs a generated suite has and runs them here,
// without go test. It says whether every spec passed; the error is of the
// reporters, and of the end of the run. The run must be open and is closed.
//
// Ginkgo's own console report goes to console, which may be io.Discard. It may
// be called many times in one process, never twice at once: Ginkgo's suite is a
// global.
func RunInProcess(run *harness.Run, params harness.Params, console io.Writer, reporters ...Reporter) (bool, error) {
	globals.Reset()
	defer globals.Reset()
	stdout := formatter.ColorableStdOut
	formatter.ColorableStdOut = console
	defer func() { formatter.ColorableStdOut = stdout }()

	compiled := run.Compiled()
	s := &Suite{compiled: compiled, run: run, params: func() (harness.Params, error) { return params, nil }}
	for i := range compiled.Profiles {
		p := &compiled.Profiles[i]
		for j := range p.Scenarios {
			sc := &p.Scenarios[j]
			s.add(p, sc, dataLocation(sc, len(s.specs)))
		}
	}
	s.build(reporters)
	suiteConfig, reporterConfig := ginkgo.GinkgoConfiguration()
	// The seed only shuffles containers, of which there is one.
	suiteConfig.RandomSeed = 1
	var t outcome
	ginkgo.RunSpecs(&t, compiled.PlanID, suiteConfig, reporterConfig)
	return !t.failed, s.err
}

// dataLocation sends a reader to the probe in its registry. Ginkgo runs specs
// in the order of their locations, so probes of a plan that carries none are
// numbered.
func dataLocation(sc *harness.Scenario, i int) types.CodeLocation {
	if sc.File == "" {
		return types.CodeLocation{FileName: "compiled plan", LineNumber: i + 1}
	}
	return types.CodeLocation{FileName: sc.File, LineNumber: sc.Line}
}

// outcome is the testing.T that RunSpecs wants outside go test.
type outcome struct{ failed bool }

func (o *outcome) Fail() { o.failed = true }

var _ ginkgo.GinkgoTestingT = (*outcome)(nil)
