package reporters

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/renameio/v2"
	ginkgoreporters "github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rtgen/rtgen/harness"
)

// GoJSON writes the events of go test -json with a test per spec, the form that
// gotestsum reads:
//
//	gotestsum --raw-command -- sh -c 'rtgen run --plan P --gojson F >&2; cat F'
//
// It is Ginkgo's Go-JSON report without the suite's own nodes. Ginkgo writes
// output for those and neither a start nor an end, and gotestsum takes a test
// without an end for a failed one.
type GoJSON struct {
	Path string // of the file to write
}

// Report implements the suite's reporter.
func (g *GoJSON) Report(run *harness.Run, report types.Report) error {
	if err := g.write(run, report); err != nil {
		return fmt.Errorf("go-json report %s: %w", g.Path, err)
	}
	return nil
}

func (g *GoJSON) write(run *harness.Run, report types.Report) error {
	specs := make(types.SpecReports, 0, len(report.SpecReports))
	for _, s := range report.SpecReports {
		if s.LeafNodeType == types.NodeTypeIt {
			specs = append(specs, s)
		}
	}
	report.SpecReports = specs
	events, err := viaFile(func(path string) error { return ginkgoreporters.GenerateGoTestJSONReport(report, path) })
	if err != nil {
		return err
	}
	if events, err = named(run, events); err != nil {
		return err
	}
	return renameio.WriteFile(g.Path, events, 0o644)
}

// named has the package say which run it was, as output after its start.
func named(run *harness.Run, events []byte) ([]byte, error) {
	first, rest, _ := bytes.Cut(events, []byte{'\n'})
	var start struct{ Time, Package string }
	if err := json.Unmarshal(first, &start); err != nil {
		return nil, err
	}
	output, err := json.Marshal(struct{ Time, Action, Package, Output string }{
		start.Time, "output", start.Package, fmt.Sprintf("rtgen run_id=%s world_id=%s bundle=%s\n", run.ID(), run.Ticket().WorldID, run.Dir()),
	})
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{first, output, rest}, []byte{'\n'}), nil
}
