package made

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// What a made-up run has the digests of, and does not have itself.
const (
	planDigest     = "plan"
	compiledDigest = "compiled"
)

// workerDigest is that of the program that observed.
var workerDigest = strings.Repeat("ef", 32)

// digest stands for that of something of the plan's.
func (s *BundleSpec) digest(of string) string {
	sum := sha256.Sum256([]byte(of + "\x00" + s.PlanID))
	return hex.EncodeToString(sum[:])
}

// preflight is apply_preflight.json.
func (s *BundleSpec) preflight() (json.RawMessage, error) {
	applied := s.applied(s.mode(), s.NotApplied)
	record := artifact.ApplyPreflight{
		WorldID: s.WorldID, RunID: &s.RunID, Runner: contract.OwnWorker, Status: "ok",
		SandboxCheckSelf: artifact.SandboxCheckSelf{Source: "sandbox_check", RC: new(0), Sandboxed: &s.Confined},
		Command:          []string{}, ExitCode: artifact.Null[int](), Stdout: new(""), Stderr: new(""),
		ApplyReport: artifact.Some(artifact.ApplyReport{
			API: &applied.API, RC: &applied.RC, Errno: &applied.Errno, ErrBuf: orNil(applied.ErrText), ErrClass: &applied.ErrClass, ErrClassSource: new("none"),
		}),
		ApplyMarkerPID: artifact.Some(41), ApplyOK: new(!s.NotApplied), FailureStage: artifact.Null[string](),
		SchemaVersion: artifact.SchemaApplyPreflight,
	}
	layers := 0
	if s.Confined {
		layers, *record.SandboxCheckSelf.RC = 1, 1
	}
	if s.NotApplied {
		record.FailureStage = artifact.Some(evidence.StageApply)
	}
	if s.linux() {
		record.SandboxCheckSelf.Source, record.SandboxCheckSelf.Layers = "landlock_layer_count", &layers
		record.Canary = json.RawMessage(`{"result":"ok"}`)
	}
	return json.Marshal(record)
}

// mode is that of the world's own engine.
func (s *BundleSpec) mode() string {
	if s.linux() {
		return "landlock"
	}
	return "sbpl"
}

// manifest is run_manifest.json.
func (s *BundleSpec) manifest(run *evidence.Run, obs []evidence.Observation) *bundle.RunManifest {
	m := &bundle.RunManifest{
		SchemaVersion: bundle.SchemaManifest, RunID: s.RunID, WorldID: s.WorldID, Channel: s.Channel,
		PlanID: s.PlanID, PlanDigest: run.PlanDigest, RepoRootContext: ".", OutputRoot: run.OutputRoot,
		ApplyPreflight: &bundle.PreflightRecord{Path: artifact.ApplyPreflightFile, Record: run.Preflight},
	}
	if s.Uncounted {
		return m
	}
	m.WorldPinned = artifact.Null[string]()
	if s.Pinned != "" {
		m.WorldPinned = artifact.Some(s.Pinned)
	}
	m.World = json.RawMessage(`{"made_up": true}`)
	m.CompiledDigest = s.digest(compiledDigest)
	m.Toolchain = &bundle.Toolchain{Version: "devel", Go: "go1.26", BinarySHA256: workerDigest}
	m.Selection = s.selection(run, obs)
	return m
}

func (s *BundleSpec) selection(run *evidence.Run, obs []evidence.Observation) *bundle.Selection {
	scenarios := 0
	s.each(func(*Profile, *Probe) { scenarios++ })
	sel := &bundle.Selection{ByLane: map[string]bundle.Count{}}
	for lane := range run.Lanes {
		n := bundle.Count{Planned: scenarios}
		for i := range obs {
			if obs[i].Lane == lane {
				n.Run++
			}
		}
		n.Skipped = n.Planned - n.Run
		sel.ByLane[string(lane)] = n
		sel.Planned, sel.Run, sel.Skipped = sel.Planned+n.Planned, sel.Run+n.Run, sel.Skipped+n.Skipped
	}
	return sel
}

// summary is summary.json.
func (s *BundleSpec) summary(run *evidence.Run, c evidence.Counts) *bundle.Summary {
	sum := &bundle.Summary{
		SchemaVersion: bundle.SchemaSummary, WorldID: s.WorldID, RunID: s.RunID, Status: bundle.Status(c.Status),
		PlanID: s.PlanID, PlanDigest: run.PlanDigest, Channel: s.Channel, ProfileCount: c.ProfileCount, ScenarioCount: c.ScenarioCount,
		ExpectedProfiles: []string{}, MismatchCounts: c.MismatchCounts,
	}
	for _, p := range s.Profiles {
		sum.ExpectedProfiles = append(sum.ExpectedProfiles, p.ID)
	}
	lanes := []evidence.Lane{evidence.LaneBaseline, evidence.LaneScenario, evidence.LaneOracle}
	for _, lane := range lanes {
		sum.Lanes = append(sum.Lanes, artifact.Member[bool]{Key: string(lane), Value: run.LaneOn(lane)})
	}
	if run.LaneOn(evidence.LaneOracle) { // rows of a model are never without
		a := c.Agreement
		sum.OracleAgreement = &bundle.OracleAgreement{
			Compared: a.Compared, Same: a.Same, Records: a.Records, SameRecords: a.SameRecords, Disagreements: a.Disagreements,
		}
	}
	if s.Uncounted {
		return sum
	}
	sum.Vacuous, sum.OutcomeCounts = &c.Vacuous, map[string]map[string]int{}
	for _, lane := range lanes {
		n := c.Lane(lane)
		sum.OutcomeCounts[string(lane)] = map[string]int{
			string(evidence.Allowed): n.Allowed, string(evidence.Denied): n.Denied, string(evidence.Undecided): n.Undecided,
			string(evidence.Blocked): n.Blocked, string(evidence.Unsupported): n.Unsupported, string(evidence.Broken): n.Broken,
		}
	}
	return sum
}
