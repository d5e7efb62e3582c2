package harness_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/schema"
)

// A plan of one's own starts from a template; it lints and compiles where it is.
func Example() {
	dir, err := os.MkdirTemp("", "rtgen-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	src := harness.Source{Root: dir}

	built, err := src.BuildPlanFromTemplate("landlock-net", filepath.Join(dir, "net"), harness.BuildOptions{SkipExpectedMatrix: true})
	if err != nil {
		log.Fatal(err)
	}
	findings, err := src.LintPlan(built.PlanPath, harness.LintOptions{Strict: true, Schemas: schema.Validate})
	if err != nil {
		log.Fatal(err)
	}
	compiled, err := harness.CompilePlan(src, built.PlanPath)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(compiled.PlanID, "findings:", len(findings), "scenarios:", compiled.Specs()[harness.LaneScenario])
	// Output: landlock-net findings: 0 scenarios: 87
}

// A profile of macOS is asked on any system. The link /tmp leads to where no rule
// is, and reading through it needs a right of its own.
func ExampleOracle() {
	answer, err := harness.NewOracle().Ask(harness.OracleQuestion{
		ProfileText: `(version 1)
(deny default)
(allow file-read* (subpath "/tmp"))`,
		Operation: "file-read*", Target: "/tmp/a",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Decision, *answer.Resolved, "by", answer.Rule.Text)
	// Output: deny /private/tmp/a by (deny default)
}

// RunPlan really applies the policies and really makes the attempts, so it needs
// a host whose engine enforces them.
func ExampleRunPlan() {
	result, err := harness.RunPlan(context.Background(), "plans/agent-workspace/plan.json", harness.Params{
		Out:     "out/agent-workspace",
		Channel: harness.ChannelSpec{Name: harness.ChannelClean},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, failure := range result.Failures {
		fmt.Println(failure)
	}
	fmt.Println(result.RunID, result.Promotable, result.Reasons)
}

// Evidence is loaded only when every byte is what was committed.
func ExampleLoadBundle() {
	bundle, err := harness.LoadBundle("out/agent-workspace")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bundle.RunID())
}

// What may be relied on is summed up by operation.
func ExampleSummarizeOpsFromPacket() {
	summary, err := harness.SummarizeOpsFromPacket("out/agent-workspace/promotion_packet.json", harness.SummarizeOptions{})
	var not *harness.NotPromotableError
	if errors.As(err, &not) {
		log.Fatal(not.Reasons)
	}
	if err != nil {
		log.Fatal(err)
	}
	for _, op := range summary.Ops {
		fmt.Println(op.Key, op.Value.CoverageStatus, op.Value.Mismatches)
	}
}

// An observation without a decision counts, and keeps its operation from being
// ok.
func ExampleBuildOpRuntimeSummary() {
	deny := "deny"
	row := harness.RuntimeEvent{
		WorldID: "linux-6.18-x86_64-landlock7-0123abcd", ProfileID: "workspace", Operation: "fs.read_file", Expected: "deny",
	}
	seen, unseen := row, row
	seen.ScenarioID, seen.Actual, seen.Match = "read-key", &deny, new(true)
	unseen.ScenarioID = "read-hung"
	for _, rows := range [][]harness.RuntimeEvent{{seen}, {seen, unseen}, {unseen}} {
		summary, err := harness.BuildOpRuntimeSummary(rows, harness.OpRuntimeSummaryOptions{})
		if err != nil {
			log.Fatal(err)
		}
		op := summary.Ops[0].Value
		fmt.Println(op.OpName, op.CoverageStatus, "matches:", op.Matches, "undecided:", op.Undecided)
	}
	// Output:
	// fs.read_file ok matches: 1 undecided: 0
	// fs.read_file partial matches: 1 undecided: 1
	// fs.read_file brittle matches: 0 undecided: 1
}

func ExampleSource_LintPlan() {
	dir, err := os.MkdirTemp("", "rtgen-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	plan := filepath.Join(dir, "plan.json")
	const text = `{
  "schema_version": "runtime-tools.plan.v0.1",
  "plan_id": "mine",
  "registry_id": "landlock-net",
  "profiles": ["tcp-port"]
}`
	if err := os.WriteFile(plan, []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
	findings, err := harness.Source{Root: dir}.LintPlan(plan, harness.LintOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range findings {
		fmt.Printf("%s:%d: %s: %s\n", f.File, f.Line, f.Code, f.Message)
	}
	// Output: plan.json:5: unknown-profile: unknown profile "tcp-port" in registry "landlock-net"; correct the id or add the profile, did you mean "tcp-ports"?
}

func ExampleSource_ResolveProbe() {
	// The root is empty here, so that the built-in registries are found.
	dir, err := os.MkdirTemp("", "rtgen-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	src := harness.Source{Root: dir}

	probe, err := src.ResolveProbe("agent-workspace", "workspace-rw:secret-read-ssh-key")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(probe.Operation, probe.Target, probe.Expected)
	_, err = src.ResolveProbe("agent-workspace", "workspace-rw:secret-read-ssh-keys")
	fmt.Println(err)
	// Output:
	// fs.read_file ${home}/.ssh/id_ed25519 deny
	// registry "agent-workspace" has no probe "workspace-rw:secret-read-ssh-keys", did you mean "workspace-rw:secret-read-ssh-key"?; rtgen list-probes shows them
}

func ExamplePlanDigest() {
	plan, err := harness.ParsePlan(harness.File{Name: "plan.json", Data: []byte(`{
  "schema_version": "runtime-tools.plan.v0.1", "plan_id": "demo.v1", "registry_id": "demo", "profiles": ["demo:read"],
  "lanes": {"scenario": true, "baseline": true, "oracle": false}, "controls": {"baseline": true}
}`)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(harness.PlanDigest(plan))
	// Output: f6c930284c3e045285f7695f7e7ec9701294d3e7c184a5eccad442de0099a7f8
}
