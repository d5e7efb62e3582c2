package harness_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest"
)

// movingDoor is a folder of the host with a file f in each of two folders, a link
// "door" to one of them, and what swings the door to the other once the policy was
// attempted: the model, which is asked after it, is asked about another host.
func movingDoor(t *testing.T) (dir string, swing func(*harness.Observation)) {
	t.Helper()
	dir = t.TempDir()
	to := func(name string) {
		if err := os.Symlink(name, filepath.Join(dir, "door")); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"before", "after"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "f"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	to("before")
	return dir, func(obs *harness.Observation) {
		if obs.Lane == harness.LaneScenario {
			if err := os.Remove(filepath.Join(dir, "door")); err != nil {
				t.Fatal(err)
			}
			to("after")
		}
	}
}

// reads is a policy that restricts reading files to those below a folder.
func reads(folder string) string {
	return fmt.Sprintf(`{"ruleset": [{"handledAccessFs": ["read_file"]}], "pathBeneath": [{"allowedAccess": ["read_file"], "parent": [%q]}]}`, folder)
}

// told holds a run that passed in all but the oracle lane against the one packet
// that its model's disagreement has.
func told(t *testing.T, res *harness.Result, id string, want harness.OracleAgreement, detail, decision string) {
	t.Helper()
	if diff := cmp.Diff(&want, res.OracleAgreement); diff != "" {
		t.Errorf("agreement (-want +got):\n%s", diff)
	}
	if len(res.Disagreements) != 1 || res.Disagreements[0].ExpectationID != id || !strings.Contains(res.Disagreements[0].Detail, detail) {
		t.Errorf("disagreements %+v, want %q", res.Disagreements, detail)
	}
	if n := res.Counts[harness.LaneScenario]; n.Mismatches > 0 || n.Matches != n.Observed() {
		t.Errorf("scenario lane %+v: what was observed is what was expected", n.LaneCounts)
	}
	packet, ok := packetsOf(t, res)[id]
	if !ok || packet.MismatchReason != artifact.ReasonOracleDisagreement || *packet.DecisionEvent.Decision != decision || packet.Expected.ExpectedDecision != decision {
		t.Fatalf("packet %+v", packet)
	}
	if c := packet.OracleCheck; c == nil || c.Detail == nil || *c.Detail != res.Disagreements[0].Detail || *c.Stage != artifact.ModelStage {
		t.Errorf("oracle_check %+v", c)
	}
	for _, e := range readEvents(t, res) {
		if *e.Actual != e.Expected || !*e.Match {
			t.Errorf("event of %s: actual %s, expected %s", e.ExpectationID, *e.Actual, e.Expected)
		}
	}
	if v, err := bundle.ValidateDeep(res.RunDir); err != nil || !v.OK() {
		t.Errorf("ValidateDeep = %+v, %v", v, err)
	}
	if !res.Promotable {
		t.Errorf("not promotable: %q; what a model says is no reason", res.Reasons)
	}
}

// The kernel allows what was expected and the model, asked about a host that has
// changed meanwhile, says that it denies: only the oracle's spec fails, and the
// disagreement has a packet.
func TestOracleDisagrees(t *testing.T) {
	needLinux(t)
	dir, swing := movingDoor(t)
	c := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{ID: "door", Policy: reads(filepath.Join(dir, "before")), Probes: []harnesstest.Probe{
		{Name: "read", Operation: "fs.read_file", Target: filepath.Join(dir, "door", "f")},
	}}}})
	res, err := harness.RunCompiled(t.Context(), c, harness.Params{Out: t.TempDir(), Channel: clean, Progress: swing})
	if err != nil {
		t.Fatal(err)
	}
	told(t, res, "door:read", harness.OracleAgreement{Compared: 1, Disagreements: 1}, "the model says deny, observed was allow", "allow")
	if res.Status != harness.StatusPartial || len(res.Failures) != 1 || !strings.Contains(res.Failures[0], "oracle lane: door:read: expected allow, the model says deny") {
		t.Errorf("status %s, failures %q: want one, the oracle's", res.Status, res.Failures)
	}
}

// Kernel and model deny alike, and the kernel's record is of another layer than the
// model foretells: no spec fails, and the disagreement has a packet. The record that
// was foretold is counted.
func TestOracleForetellsAnotherRecord(t *testing.T) {
	needLinux(t)
	dir, swing := movingDoor(t)
	before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
	c := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{ID: "door", Policy: reads(before), Probes: []harnesstest.Probe{
		{Name: "read", Operation: "fs.read_file", Target: filepath.Join(dir, "door", "f"), Expected: "deny"},
		{Name: "straight", Operation: "fs.read_file", Target: filepath.Join(after, "f"), Expected: "deny"},
	}}}})
	c.Profiles[0].Layers = []harness.CompiledLayer{{Texts: []harness.CompiledText{{Path: "inner.json", Text: reads(after)}}}}
	once := true
	res, err := harness.RunCompiled(t.Context(), c, harness.Params{
		Out: t.TempDir(), Channel: clean, Witness: harness.WitnessEnable,
		Progress: func(obs *harness.Observation) {
			if once && obs.Lane == harness.LaneScenario {
				swing(obs)
				once = false
			}
		},
	})
	var unavailable *harness.UnavailableError
	if errors.As(err, &unavailable) {
		t.Skipf("no audit log here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	told(t, res, "door:read", harness.OracleAgreement{Compared: 2, Same: 2, Records: 2, SameRecords: 1, Disagreements: 1},
		"the model foretells a record of layer 0 for want of fs.read_file, the kernel wrote one of layer 1 for want of fs.read_file", "deny")
	if res.Status != harness.StatusOK || len(res.Failures) > 0 {
		t.Errorf("status %s, failures %q: want none", res.Status, res.Failures)
	}
}
