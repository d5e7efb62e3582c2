package reporters

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rtgen/rtgen/harness"
)

// Bundle commits what the specs observed: run folder, index, LATEST and
// promotion packet. It is the only reporter that writes evidence.
type Bundle struct {
	// Result is what was committed; nil until then, and when nothing could be.
	Result *harness.Result
	// Console, when set, is told where the evidence is.
	Console io.Writer
}

// NewBundle is the reporter of generated suites: it says on standard output
// where the evidence is.
func NewBundle() *Bundle { return &Bundle{Console: os.Stdout} }

// Report implements the suite's reporter. It fails when the evidence could not
// be kept, and when it contradicts itself.
func (b *Bundle) Report(run *harness.Run, report types.Report) error {
	ev, err := collect(run.Compiled(), report)
	if err != nil {
		return errors.Join(err, run.Fail(err))
	}
	b.Result, err = run.Finish(ev)
	if err != nil {
		return err
	}
	if b.Console != nil {
		fmt.Fprintf(b.Console, "\nrun %s: %s, bundle %s, packet %s\n", b.Result.RunID, b.Result.Status, b.Result.RunDir, b.Result.Packet)
	}
	return b.Result.Contradiction()
}

// collect gathers the evidence from a report. Ginkgo merges the reports of all
// processes before; a process that died is among its special reasons.
func collect(c *harness.Compiled, report types.Report) (harness.Evidence, error) {
	ev := harness.Evidence{Selection: harness.SelectionOf(c, report.SuiteConfig.LabelFilter)}
	specs := 0
	for _, spec := range report.SpecReports {
		if spec.LeafNodeType == types.NodeTypeIt {
			specs++
		}
		for _, entry := range spec.ReportEntries {
			text, isText := entry.GetRawValue().(string)
			switch entry.Name {
			case harness.ObservationEntry, harness.PreflightEntry, harness.WitnessEntry, harness.LaunchEntry:
				if !isText {
					return ev, fmt.Errorf("report entry %q of spec %q is no text", entry.Name, spec.LeafNodeText)
				}
			}
			switch entry.Name {
			case harness.ObservationEntry:
				obs, err := harness.ParseObservation(text)
				if err != nil {
					return ev, err
				}
				ev.Observations = append(ev.Observations, obs)
			case harness.PreflightEntry:
				pre, err := harness.ParsePreflight(text)
				if err != nil {
					return ev, err
				}
				ev.Preflights = append(ev.Preflights, pre)
			case harness.WitnessEntry:
				w, err := harness.ParseWitnessReport(text)
				if err != nil {
					return ev, err
				}
				ev.Witnesses = append(ev.Witnesses, w)
			case harness.LaunchEntry:
				list, err := harness.ParseLaunch(text)
				if err != nil {
					return ev, err
				}
				ev.Launches = append(ev.Launches, list...)
			}
		}
	}
	if len(report.SpecialSuiteFailureReasons) > 0 {
		ev.Err, ev.ErrStage = fmt.Errorf("suite: %s", report.SpecialSuiteFailureReasons[0]), "interrupted"
	} else if want := c.Total(); specs != want {
		ev.Err, ev.ErrStage = fmt.Errorf("the report has %d of the %d specs of the suite: a test process was lost", specs, want), "exception"
	}
	return ev, nil
}
