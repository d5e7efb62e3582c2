package reporters

import (
	"fmt"
	"os"
	"path/filepath"

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
func (g *GoJSON) Report(_ *harness.Run, report types.Report) error {
	specs := make(types.SpecReports, 0, len(report.SpecReports))
	for _, s := range report.SpecReports {
		if s.LeafNodeType == types.NodeTypeIt {
			specs = append(specs, s)
		}
	}
	report.SpecReports = specs
	// Ginkgo writes in place; a reader must not meet half of it.
	tmp, err := os.CreateTemp(filepath.Dir(g.Path), "."+filepath.Base(g.Path)+"-")
	if err != nil {
		return fmt.Errorf("go-json report: %w", err)
	}
	defer os.Remove(tmp.Name())
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("go-json report: %w", err)
	}
	if err := ginkgoreporters.GenerateGoTestJSONReport(report, tmp.Name()); err != nil {
		return fmt.Errorf("go-json report: %w", err)
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil {
		return fmt.Errorf("go-json report: %w", err)
	}
	if err := os.Rename(tmp.Name(), g.Path); err != nil {
		return fmt.Errorf("go-json report: %w", err)
	}
	return nil
}
