package harness_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
)

// A plan with a capability that there is not does not compile.
func TestUnknownCapability(t *testing.T) {
	path := harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Operation: "fs.read_file", Target: "/etc/hosts", Capabilities: []string{"audit", "io_uring", "xatr"}},
	}}}})
	_, err := harness.CompilePlan(harness.Source{}, path)
	if want := `unknown capability "xatr", did you mean "xattr"?`; err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "unknown capability") != 1 {
		t.Errorf("error %v, want %q in it, once", err, want)
	}
}
