package harness

import (
	"encoding/json"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/marker"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// Evidence is what the sessions of a run brought home.
type Evidence struct {
	Observations []Observation
	Preflights   []Preflight     // one per session that attempted something
	Witnesses    []WitnessReport // one per session that applied a policy
	Launches     []*LaunchReport // of the workers that launchd started
	Selection    RunSelection
	// Err says why the run did not reach its end, and ErrStage where:
	// "interrupted" or "exception". The observations are kept all the same.
	Err      error
	ErrStage string
}

// RunSelection says which specs a run was to execute and which it did.
type RunSelection = bundle.Selection

// SelectionOf counts everything the whole plan has, also when c was selected
// from it, with nothing run yet.
func SelectionOf(c *Compiled, labelFilter string) RunSelection {
	sel := RunSelection{LabelFilter: labelFilter, ByLane: make(map[string]bundle.Count)}
	for lane, n := range c.planned() {
		sel.ByLane[string(lane)] = bundle.Count{Planned: n, Skipped: n}
		sel.Planned += n
	}
	sel.Skipped = sel.Planned
	return sel
}

// counted is the selection after the observations were made.
func (e *Evidence) counted() RunSelection {
	sel := e.Selection
	byLane := make(map[string]bundle.Count, len(sel.ByLane))
	for lane, n := range sel.ByLane {
		byLane[lane] = n
	}
	for i := range e.Observations {
		lane := string(e.Observations[i].Lane)
		n := byLane[lane]
		n.Run++
		n.Skipped = n.Planned - n.Run
		byLane[lane] = n
	}
	sel.ByLane, sel.Run = byLane, len(e.Observations)
	sel.Skipped = sel.Planned - sel.Run
	return sel
}

// ParsePreflight reads a session's preflight from its report entry.
func ParsePreflight(text string) (Preflight, error) {
	var p Preflight
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("preflight: %w", err)
	}
	return p, nil
}

// ParseWitnessReport reads a session's witness report from its report entry.
func ParseWitnessReport(text string) (WitnessReport, error) {
	var w WitnessReport
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return w, fmt.Errorf("witness report: %w", err)
	}
	return w, nil
}

// worst is the preflight that speaks for the run: one that failed if any did,
// else one whose worker was born confined, else the first.
func (e *Evidence) worst() *Preflight {
	var worst *Preflight
	for i := range e.Preflights {
		p := &e.Preflights[i]
		switch {
		case worst == nil, worst.OK() && !p.OK(), worst.OK() && p.AlreadySandboxed() && !worst.AlreadySandboxed():
			worst = p
		}
	}
	return worst
}

// preflightRecord is apply_preflight.json; nil when no session measured.
func (r *Run) preflightRecord(e *Evidence) (json.RawMessage, error) {
	p := e.worst()
	if p == nil {
		return nil, nil
	}
	ok := p.OK()
	rec := artifact.ApplyPreflight{
		WorldID: r.ticket.WorldID, RunID: &r.ticket.RunID,
		Runner:           contract.OwnWorker,
		SandboxCheckSelf: selfCheck(p),
		Status:           "ok",
		Command:          []string{},
		ExitCode:         artifact.Null[int](),
		Stdout:           new(string), Stderr: new(string),
		ApplyReport:    artifact.Some(preflightApply(p)),
		ApplyMarkerPID: artifact.Some(p.WorkerPID),
		ApplyOK:        &ok,
		FailureStage:   artifact.Null[string](),
		SchemaVersion:  artifact.SchemaApplyPreflight,
	}
	if p.Profile != "" {
		rec.Profile = &p.Profile
	}
	if !ok {
		rec.FailureStage = artifact.Some("apply")
	}
	var err error
	if rec.Canary, err = json.Marshal(map[string]string{"result": p.Canary}); err != nil {
		return nil, err
	}
	if rec.Workers, err = json.Marshal(e.Preflights); err != nil {
		return nil, err
	}
	return json.Marshal(rec)
}

func selfCheck(p *Preflight) artifact.SandboxCheckSelf {
	self, unknown := artifact.SandboxCheckSelf{Source: layerCount}, &p.LayersErr
	if p.seatbelt() {
		self.Source, unknown = sandboxCheck, &p.SandboxedErr
	}
	if *unknown != "" {
		self.Error = unknown
		return self
	}
	rc, sandboxed := 0, p.AlreadySandboxed()
	if sandboxed {
		rc = 1
	}
	self.RC, self.Sandboxed = &rc, &sandboxed
	if !p.seatbelt() {
		self.Layers = &p.Layers
	}
	return self
}

// preflightApply says how putting a policy on went: the plan's own profile when it
// has one, else the canary's.
func preflightApply(p *Preflight) artifact.ApplyReport {
	api := p.API
	switch {
	case api != "":
	case p.seatbelt():
		api = seatbelt.APIInit
	default:
		api = "landlock_restrict_self"
	}
	rep := artifact.ApplyReport{API: &api, RC: new(int), Errno: &p.Errno}
	if !p.OK() {
		*rep.RC = -1
		rep.ErrBuf = &p.Reason
	}
	marker.FillClass(&rep)
	return rep
}

// The sources of sandbox_check_self: what was asked on Linux and on macOS.
const (
	layerCount   = "landlock_layer_count"
	sandboxCheck = "sandbox_check"
)

func (r *Run) evidenceRun(e *Evidence, applied map[string]*seatbeltPolicy) (evidence.Run, error) {
	pre, err := r.preflightRecord(e)
	if err != nil {
		return evidence.Run{}, fmt.Errorf("preflight record: %w", err)
	}
	run := evidence.Run{
		RunID: r.ticket.RunID, WorldID: r.ticket.WorldID,
		PlanID: r.compiled.PlanID, PlanDigest: r.compiled.PlanDigest.String(),
		Channel: string(r.ticket.Channel), OutputRoot: r.stage.OutputRoot(), DryRun: r.params.Dry,
		Lanes:  make(map[Lane]bool),
		Matrix: r.compiled.matrix(), Preflight: pre, Prepared: r.prepared(applied),
		Now: unixNow(),
	}
	for _, lane := range AllLanes() {
		run.Lanes[lane] = r.compiled.Lanes.Has(lane)
	}
	if e.Err != nil {
		run.Error, run.ErrorStage = e.Err.Error(), e.ErrStage
	}
	if p := e.worst(); p != nil {
		run.Worker = evidence.RunnerInfo{
			Entrypoint: contract.OwnWorker, ApplyModel: "self_apply", ApplyTiming: "pre_syscall",
			Path: r.binary.path, SHA256: r.binary.sha256,
		}
	}
	return run, nil
}

func document(name, schema string, v any) (evidence.Document, error) {
	data, err := canon.Marshal(v, canon.Indented)
	if err != nil {
		return evidence.Document{}, fmt.Errorf("%s: %w", name, err)
	}
	return evidence.Document{Name: name, Schema: schema, Data: data}, nil
}
