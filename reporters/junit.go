package reporters

import (
	"encoding/xml"
	"fmt"
	"slices"

	"github.com/google/renameio/v2"
	ginkgoreporters "github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rtgen/rtgen/harness"
)

// JUnit writes Ginkgo's JUnit report for dashboards: one case per spec, names
// that stay the same from run to run, and the run's id as a property of the
// suite, so that a red case leads to its bundle.
type JUnit struct {
	Path string // of the file to write
}

// Report implements the suite's reporter.
func (j *JUnit) Report(run *harness.Run, report types.Report) error {
	data, err := viaFile(func(path string) error {
		return ginkgoreporters.GenerateJUnitReportWithConfig(report, path, ginkgoreporters.JunitReportConfig{
			OmitSpecLabels:            true, // labels would be part of the names
			OmitTimelinesForSpecState: types.SpecStatePassed | types.SpecStateSkipped,
			OmitSuiteSetupNodes:       true, // one case per spec
			OmitCapturedStdOutErr:     true,
		})
	})
	if err != nil {
		return fmt.Errorf("junit report: %w", err)
	}
	var doc ginkgoreporters.JUnitTestSuites
	if err := xml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("junit report: %w", err)
	}
	for i := range doc.TestSuites {
		suite := &doc.TestSuites[i]
		suite.Properties.Properties = append(suite.Properties.Properties,
			ginkgoreporters.JUnitProperty{Name: "rtgen.run_id", Value: run.ID()},
			ginkgoreporters.JUnitProperty{Name: "rtgen.world_id", Value: run.Ticket().WorldID},
			ginkgoreporters.JUnitProperty{Name: "rtgen.run_dir", Value: run.Dir()},
		)
		for j := range suite.TestCases {
			withoutEvidence(&suite.TestCases[j])
		}
	}
	out, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("junit report: %w", err)
	}
	if err := renameio.WriteFile(j.Path, append([]byte(xml.Header), out...), 0o644); err != nil {
		return fmt.Errorf("junit report %s: %w", j.Path, err)
	}
	return nil
}

// withoutEvidence drops the report entries that carry evidence: a dashboard
// cannot use them, and the bundle has them.
func withoutEvidence(c *ginkgoreporters.JUnitTestCase) {
	if c.Properties == nil {
		return
	}
	c.Properties.Properties = slices.DeleteFunc(c.Properties.Properties, func(p ginkgoreporters.JUnitProperty) bool {
		return p.Name == harness.ObservationEntry || p.Name == harness.PreflightEntry
	})
	if len(c.Properties.Properties) == 0 {
		c.Properties = nil
	}
}
