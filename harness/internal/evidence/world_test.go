package evidence_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// testRun is a run of one profile over the given scenarios, in all lanes.
func testRun(probes ...evidence.MatrixProbe) evidence.Run {
	for i := range probes {
		probes[i].OnPath = strings.HasPrefix(probes[i].Operation, "file-") || strings.HasPrefix(probes[i].Operation, "fs.")
	}
	return evidence.Run{
		RunID: "run-1", WorldID: "linux-6.18-x86_64-landlock7-0a1b2c3d",
		PlanID: "demo.v1", PlanDigest: "ab12", Channel: "spawn_clean", OutputRoot: "out/run-1",
		Lanes: map[evidence.Lane]bool{evidence.LaneBaseline: true, evidence.LaneScenario: true, evidence.LaneOracle: true},
		Matrix: evidence.Matrix{Profiles: []evidence.MatrixProfile{{
			ID: "demo:rw", Path: "profiles/rw.json", Mode: "landlock", Family: new("workspace"), Probes: probes,
		}}},
		Worker: evidence.RunnerInfo{
			Entrypoint: "rtgen-worker", ApplyModel: "self_apply", ApplyTiming: "pre_syscall",
			Path: "bin/rtgen", SHA256: "7f00",
		},
		WriterPID: 7, Now: 1767459285.5,
	}
}

// readProbe is a scenario that reads a file of the workspace.
func readProbe(id string, expected evidence.Decision) evidence.MatrixProbe {
	return evidence.MatrixProbe{
		Name: id, Operation: "fs.read_file", Target: "${workspace}/" + id, Expected: expected, ExpectationID: "demo:rw:" + id,
	}
}

// observe is an observation of the probe, as a lane that saw nothing yet would
// begin it.
func observe(run evidence.Run, lane evidence.Lane, id string, outcome evidence.Outcome, more ...func(*evidence.Observation)) evidence.Observation {
	for _, p := range run.Matrix.Profiles {
		for _, probe := range p.Probes {
			if probe.ExpectationID != id {
				continue
			}
			o := evidence.Observation{
				Lane: lane, ProfileID: p.ID, ExpectationID: id, ProbeName: probe.Name,
				Operation: probe.Operation, Target: probe.Target, Expected: probe.Expected, Outcome: outcome,
				Actual: map[evidence.Outcome]evidence.Decision{evidence.Allowed: evidence.Allow, evidence.Denied: evidence.Deny}[outcome],
			}
			for _, f := range more {
				f(&o)
			}
			return o
		}
	}
	panic(fmt.Sprintf("no scenario %q", id))
}

// called is an attempt that the kernel answered.
func called(path string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		o.RequestedPath = path
		o.Syscall, o.Call = "openat", fmt.Sprintf("openat(AT_FDCWD, %q, O_RDONLY|O_CLOEXEC)", path)
		o.WorkerPID = 41
		o.Started, o.Finished = 1767459284.25, 1767459284.75
	}
}

// opened is an attempt that gave a descriptor.
func opened(path string) func(*evidence.Observation) {
	return func(o *evidence.Observation) { o.ObservedPath = path }
}

func failed(errno int, name string) func(*evidence.Observation) {
	return func(o *evidence.Observation) { o.Errno, o.ErrnoName = errno, name }
}

// applied is a policy that the kernel took.
func applied(o *evidence.Observation) {
	o.Apply = &evidence.ApplyReport{API: "landlock_restrict_self", ErrClass: "ok", Layers: 1}
}

func because(kind, reason string) func(*evidence.Observation) {
	return func(o *evidence.Observation) { o.FailureKind, o.Reason = kind, reason }
}

func predicted(decision string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		o.RequestedPath = "/scratch/ws/" + o.ProbeName
		o.Oracle = &evidence.Prediction{Decision: decision, Prediction: artifact.Prediction{Model: "landlock"}}
	}
}

// foretold is a prediction of what the kernel's log says first.
func foretold(layer int, blockers ...string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		o.Oracle.Record = &artifact.DenialRecord{Layer: layer, Blockers: blockers}
	}
}

// ruled is what the model of a policy of single rules says of a denial.
func ruled(o *evidence.Observation) {
	o.Oracle = &evidence.Prediction{Decision: "deny", Prediction: artifact.Prediction{
		Model: "sbpl", Missing: []artifact.MissingRight{{Right: "mach-lookup", Target: o.Target}},
		Rule: &artifact.PolicyRule{File: "profiles/closed.sb", Line: 2, Text: "(deny default)"}, Reason: "no rule is about it",
	}}
}

// seen is one scenario, attempted in all three lanes with the same outcome.
func allLanes(run evidence.Run, id string, outcome evidence.Outcome, more ...func(*evidence.Observation)) []evidence.Observation {
	path := "/scratch/ws/" + id
	attempt := append([]func(*evidence.Observation){called(path)}, more...)
	policy := append([]func(*evidence.Observation){called(path), applied}, more...)
	decision := "unknown"
	switch outcome {
	case evidence.Allowed:
		decision = "allow"
	case evidence.Denied:
		decision = "deny"
	}
	full := "demo:rw:" + id
	return []evidence.Observation{
		observe(run, evidence.LaneScenario, full, outcome, policy...),
		observe(run, evidence.LaneBaseline, full, outcome, attempt...),
		observe(run, evidence.LaneOracle, full, outcome, predicted(decision)),
	}
}

var preflightRecord = json.RawMessage(`{"world_id":"linux-6.18-x86_64-landlock7-0a1b2c3d","run_id":"run-1","profile":null,"runner":"bin/rtgen",` +
	`"sandbox_check_self":{"source":"landlock_layer_count","rc":0,"sandboxed":false,"layers":0},"status":"ok","command":[],"exit_code":null,` +
	`"stdout":"","stderr":"","apply_report":{"api":"landlock_restrict_self","rc":0,"errno":0,"errbuf":null,"err_class":"ok","err_class_source":"none"},` +
	`"apply_marker_pid":41,"apply_ok":true,"failure_stage":null,"canary":{"allowed":true,"denied":true},"workers":[{"pid":41}],` +
	`"schema_version":"runtime-tools.apply_preflight.v0.1"}`)
