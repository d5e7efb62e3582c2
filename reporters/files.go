package reporters

import (
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rtgen/rtgen/harness"
)

// fileFlags are the flags of a generated suite that name report files.
var fileFlags struct{ junit, gojson *string }

func init() {
	if !testing.Testing() {
		return
	}
	fileFlags.junit = flag.String("rt.junit", os.Getenv("RTGEN_JUNIT"), "write a JUnit report to `file` (RTGEN_JUNIT)")
	fileFlags.gojson = flag.String("rt.gojson", os.Getenv("RTGEN_GOJSON"), "write the events of go test -json, a test per spec, to `file` (RTGEN_GOJSON)")
}

// Files writes the reports that have a file to go to.
type Files struct{ JUnit, GoJSON string }

// NewFiles is the reporter of generated suites: -rt.junit and -rt.gojson say
// which files to write.
func NewFiles() *Files { return &Files{JUnit: *fileFlags.junit, GoJSON: *fileFlags.gojson} }

// Report implements the suite's reporter.
func (f *Files) Report(run *harness.Run, report types.Report) error {
	var errs []error
	if f.JUnit != "" {
		errs = append(errs, (&JUnit{Path: f.JUnit}).Report(run, report))
	}
	if f.GoJSON != "" {
		errs = append(errs, (&GoJSON{Path: f.GoJSON}).Report(run, report))
	}
	return errors.Join(errs...)
}
