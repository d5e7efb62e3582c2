package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// RunStatus is how a run ended.
type RunStatus = bundle.Status

// The run statuses.
const (
	StatusOK      = bundle.StatusOK
	StatusPartial = bundle.StatusPartial
	StatusFailed  = bundle.StatusFailed
	StatusDry     = bundle.StatusDry
)

// Finish derives every artifact from the evidence, writes them, commits the
// bundle and emits its promotion packet. A run that did not reach its end is
// closed as failed with what it saw; neither LATEST nor the packet of an
// earlier run is touched by it.
func (r *Run) Finish(ev Evidence) (*Result, error) {
	// No policy is applied any more: the audit state is not the run's business.
	if err := r.restoreWitness(); err != nil {
		return nil, errors.Join(err, r.Fail(err))
	}
	applied := r.seatbeltPolicies()
	run, err := r.evidenceRun(&ev, applied)
	if err != nil {
		return nil, errors.Join(err, r.Fail(err))
	}
	drafts, counts, err := evidence.Prepare(run, ev.Observations)
	if err != nil {
		return nil, errors.Join(err, r.Fail(err))
	}
	if err := r.write(&ev, run, drafts, counts, applied); err != nil {
		return nil, errors.Join(err, r.Fail(err))
	}
	res := r.result(&ev, counts)
	if ev.Err != nil {
		if err := r.stage.FailAt(ev.ErrStage, ev.Err); err != nil {
			return nil, err
		}
		return res, nil
	}
	if err := r.stage.Commit(RunStatus(counts.Status)); err != nil {
		return nil, err
	}
	if r.params.Dry {
		return res, nil
	}
	return res, r.promote(res)
}

// Fail closes the run as failed because of err. It does nothing for a run that
// was committed.
func (r *Run) Fail(err error) error { return r.stage.Fail(err) }

func (r *Run) write(ev *Evidence, run evidence.Run, drafts []evidence.Draft, counts evidence.Counts, applied map[string]*seatbeltPolicy) error {
	manifest, err := r.manifest(ev, run, counts)
	if err != nil {
		return err
	}
	// The preflight comes before the manifest that repeats it.
	if len(drafts) > 0 && drafts[0].Name == artifact.ApplyPreflightFile {
		if err := r.writeDraft(drafts[0]); err != nil {
			return err
		}
		drafts = drafts[1:]
	}
	if err := r.writeDocument(manifest); err != nil {
		return err
	}
	if len(ev.Launches) > 0 {
		launched, err := launchDocument(ev.Launches)
		if err != nil {
			return err
		}
		if err := r.writeDocument(launched); err != nil {
			return err
		}
	}
	for _, draft := range drafts {
		if err := r.writeDraft(draft); err != nil {
			return err
		}
	}
	if err := r.writePrepared(applied); err != nil {
		return err
	}
	summary, err := r.summary(counts)
	if err != nil {
		return err
	}
	if err := r.writeDocument(summary); err != nil {
		return err
	}
	return r.writeDocument(evidence.Document{Name: "summary.md", Data: evidence.SummaryMarkdown(run, counts)})
}

func (r *Run) writeDocument(doc evidence.Document) error {
	return r.writeDraft(evidence.Draft{Name: doc.Name, Schema: doc.Schema, Write: func(w io.Writer) error {
		_, err := w.Write(doc.Data)
		return err
	}})
}

// writeDraft never holds the document: the largest is half a run's evidence.
func (r *Run) writeDraft(d evidence.Draft) error {
	var schema *string
	if d.Schema != "" {
		schema = &d.Schema
	}
	return r.stage.WriteFrom(d.Name, schema, d.Write)
}

func (r *Run) manifest(ev *Evidence, run evidence.Run, counts evidence.Counts) (evidence.Document, error) {
	world, err := json.Marshal(r.facts)
	if err != nil {
		return evidence.Document{}, fmt.Errorf("world facts: %w", err)
	}
	sel := ev.counted()
	m := bundle.RunManifest{
		SchemaVersion: bundle.SchemaManifest,
		RunID:         run.RunID, WorldID: run.WorldID, Channel: run.Channel,
		PlanID: run.PlanID, PlanDigest: run.PlanDigest, DryRun: run.DryRun,
		RepoRootContext: ".", OutputRoot: run.OutputRoot,
		WorldPinned: artifact.Null[string](), World: world,
		CompiledDigest: r.compiled.CompiledDigest.String(),
		Selection:      &sel, Toolchain: &r.binary.toolchain,
	}
	if root := stageRoot(ev.Launches); root != "" {
		m.StageUsed, m.StageRoot = true, &root
	}
	if r.compiled.WorldID != "" {
		m.WorldPinned = artifact.Some(r.compiled.WorldID)
	}
	if !run.DryRun {
		m.Witness = r.witnessRecord(ev, counts.Witness)
	}
	if run.Preflight != nil && !run.DryRun {
		m.ApplyPreflight = &bundle.PreflightRecord{Path: artifact.ApplyPreflightFile, Record: run.Preflight}
	}
	return document(bundle.ManifestFile, bundle.SchemaManifest, m)
}

func (r *Run) summary(c evidence.Counts) (evidence.Document, error) {
	s := bundle.Summary{
		SchemaVersion: bundle.SchemaSummary,
		WorldID:       r.ticket.WorldID, RunID: r.ticket.RunID, Status: RunStatus(c.Status),
		PlanID: r.compiled.PlanID, PlanDigest: r.compiled.PlanDigest.String(), Channel: string(r.ticket.Channel),
		ProfileCount: c.ProfileCount, ScenarioCount: c.ScenarioCount,
		ExpectedProfiles: []string{}, MismatchCounts: c.MismatchCounts, DryRun: r.params.Dry,
		OutcomeCounts: make(map[string]map[string]int), Vacuous: &c.Vacuous,
		OracleAgreement: r.agreement(c),
	}
	for _, p := range r.compiled.Profiles {
		s.ExpectedProfiles = append(s.ExpectedProfiles, p.ID)
	}
	for _, lane := range AllLanes() {
		s.Lanes = append(s.Lanes, artifact.Member[bool]{Key: string(lane), Value: !r.params.Dry && r.compiled.Lanes.Has(lane)})
		n := c.Lane(lane)
		s.OutcomeCounts[string(lane)] = map[string]int{
			string(Allowed): n.Allowed, string(Denied): n.Denied, string(Undecided): n.Undecided,
			string(Blocked): n.Blocked, string(Unsupported): n.Unsupported, string(Broken): n.Broken,
		}
	}
	return document(bundle.SummaryFile, bundle.SchemaSummary, s)
}

// promote emits the packet beside the run folder.
func (r *Run) promote(res *Result) error {
	packet, err := bundle.Emit(r.stage.Dir(), r.PacketPath(), false)
	if err != nil {
		return err
	}
	res.Packet = r.PacketPath()
	res.Promotable = packet.Promotability.PromotableDecisionStage
	for _, reason := range packet.Promotability.Reasons {
		res.Reasons = append(res.Reasons, string(reason))
	}
	return nil
}
