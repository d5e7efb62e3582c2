package bundle

import (
	"encoding/json"
	"slices"
	"strings"
)

// Reason says why a bundle may not be relied on.
type Reason string

// The reasons. A mismatch is none: that a policy did not do what was expected
// is evidence like any other.
const (
	ManifestMissing       Reason = "manifest_missing"
	RunStatusMissing      Reason = "run_status_missing"
	BundleInProgress      Reason = "bundle_in_progress"
	NotCleanChannel       Reason = "not_clean_channel"
	ApplyPreflightMissing Reason = "apply_preflight_missing"
	AlreadySandboxed      Reason = "already_sandboxed" // or, in a Linux world, not measured
	ApplyFailed           Reason = "apply_failed"
	IntegrityUnverified   Reason = "bundle_integrity_unverified"
	BundleFailed          Reason = "bundle_failed"
	BundleIncomplete      Reason = "bundle_incomplete"
	ArtifactsMissing      Reason = "decision_stage_artifacts_missing"
	WorldMismatch         Reason = "world_mismatch"   // the plan is pinned to another world
	ScenarioBlocked       Reason = "scenario_blocked" // a scenario was not attempted under its policy
	EvidenceBroken        Reason = "evidence_broken"  // an attempt went wrong, in any lane
	BundleRepaired        Reason = "bundle_repaired"  // its index was written anew after the run
	// DryRun has a reason of its own, because bundle_incomplete would say that
	// something promised is missing: a dry run's bundle is whole, and holds no
	// evidence.
	DryRun Reason = "dry_run"
)

// Promotability says whether a bundle may be relied on for decisions.
type Promotability struct {
	PromotableDecisionStage bool         `json:"promotable_decision_stage"`
	Reasons                 []Reason     `json:"reasons"` // sorted; empty exactly when promotable
	GatingInputs            GatingInputs `json:"gating_inputs"`
}

// GatingInputs are the manifest's facts behind a Promotability. They are null
// when no verified manifest gives them.
type GatingInputs struct {
	Channel               *string         `json:"channel"`
	ApplyPreflightPresent bool            `json:"apply_preflight_present"`
	ApplyOK               *bool           `json:"apply_ok"`
	SandboxCheckSelf      json.RawMessage `json:"sandbox_check_self"`
}

// preflightFacts is what promotability reads of a preflight record.
type preflightFacts struct {
	ApplyOK     *bool           `json:"apply_ok"`
	Self        json.RawMessage `json:"sandbox_check_self"`
	ApplyReport *struct {
		RC       *int   `json:"rc"`
		ErrClass string `json:"err_class"`
	} `json:"apply_report"`

	// The rest only our own records have.
	Status       string  `json:"status"`
	FailureStage *string `json:"failure_stage"`
	Canary       *struct {
		Result string `json:"result"`
	} `json:"canary"`
	Workers []struct {
		Layers       int    `json:"layers"`
		LayersErr    string `json:"layers_error"`
		Sandboxed    bool   `json:"sandboxed"`       // by Seatbelt
		SandboxedErr string `json:"sandboxed_error"` // why that could not be asked
		Canary       string `json:"canary"`
	} `json:"workers"`
}

// confined reports whether a worker of the run was born confined, or may have
// been.
func (f *preflightFacts) confined() bool {
	for _, w := range f.Workers {
		if w.Layers > 0 || w.LayersErr != "" || w.Sandboxed || w.SandboxedErr != "" {
			return true
		}
	}
	return false
}

// failed reports whether something in the record speaks against its apply_ok.
func (f *preflightFacts) failed() bool {
	for _, w := range f.Workers {
		if w.Canary != "ok" {
			return true
		}
	}
	return f.ApplyReport != nil && f.ApplyReport.RC != nil && *f.ApplyReport.RC != 0 ||
		f.Canary != nil && f.Canary.Result != "ok" ||
		f.FailureStage != nil || f.Status != "" && f.Status != "ok"
}

type selfFacts struct {
	Sandboxed *bool `json:"sandboxed"`
	Layers    *int  `json:"layers"`
}

// verdict judges a bundle. What loads is read to its last row, and the tests of
// its statement come from that reading; they are nil when the bundle does not load
// or its documents do not agree. Documents that do not agree are one reason more
// where there is no other. The error means that they could not be read.
func (in *inspection) verdict() (Promotability, *scenarioTests, error) {
	judged := in.promotability()
	if !in.loads() {
		return judged, nil, nil
	}
	before := slices.Clip(in.findings)
	tests := new(scenarioTests)
	if err := in.readDeep(tests); err != nil {
		return Promotability{}, nil, err
	}
	if !in.loads() {
		tests = nil
	}
	// Bytes that changed meanwhile speak against any bundle.
	if !judged.PromotableDecisionStage && !in.has(FileMissing, NotRegular, SizeDiffers, DigestDiffers) {
		in.findings = before
		return judged, tests, nil
	}
	return in.promotability(), tests, nil
}

func (in *inspection) loads() bool {
	faults, _ := in.judged()
	return len(faults) == 0
}

// promotability judges by what was found so far. It adds up reasons and never
// takes one back, so what is not known can only speak against a bundle.
func (in *inspection) promotability() Promotability {
	var reasons []Reason
	add := func(r Reason, when bool) {
		if when {
			reasons = append(reasons, r)
		}
	}
	add(RunStatusMissing, in.state == "" && in.status == nil)
	add(BundleInProgress, in.state == StateInProgress)
	add(IntegrityUnverified, in.index == nil || in.has(integrityCodes...))
	add(BundleFailed, in.state == StateFailed || in.index != nil && in.index.Status == IndexFailed)
	add(BundleIncomplete, in.index != nil && (len(in.index.Missing) > 0 || in.index.Status == IndexPartial))
	add(BundleRepaired, in.repaired || in.named[RepairLogFile])
	add(ArtifactsMissing, !in.hasDecisions())

	var gating GatingInputs
	// A manifest that is there and does not verify is an integrity fault; what
	// it says is then nobody's word.
	add(ManifestMissing, !in.hasManifest || in.index != nil && !in.named[ManifestFile])
	if m := in.manifest; m != nil {
		gating.Channel = &m.Channel
		add(NotCleanChannel, !CleanChannel(m.WorldID, m.Channel))
		add(DryRun, m.DryRun)
		pinned, ok := m.WorldPinned.Get()
		// Ours always say which world they are pinned to, null for none.
		add(WorldMismatch, ok && pinned != m.WorldID || (isLinux(m.WorldID) || in.counts()) && m.WorldPinned.IsZero())
		reasons = append(reasons, preflightReasons(m, &gating)...)
	}
	if s := in.summary; s != nil {
		add(ScenarioBlocked, s.OutcomeCounts["scenario"]["blocked"]+s.OutcomeCounts["scenario"]["unsupported"] > 0)
		broken := false
		for _, lane := range s.OutcomeCounts {
			broken = broken || lane["broken"] > 0
		}
		add(EvidenceBroken, broken)
		add(DryRun, s.DryRun || s.Status == StatusDry)
		add(BundleFailed, s.Status == StatusFailed)
	}
	slices.Sort(reasons)
	reasons = slices.Compact(reasons)
	if reasons == nil {
		reasons = []Reason{}
	}
	return Promotability{len(reasons) == 0, reasons, gating}
}

// integrityCodes are the findings that say the bundle is not what was
// committed. A failed run's honest bundle has none of them.
var integrityCodes = []FindingCode{
	BadLatest, IndexMissing, BadIndex, BadPath, Duplicate, BadDigest, BadSize, BadSchema, FileMissing,
	NotRegular, SizeDiffers, DigestDiffers, BadDocument, IDDiffers, BadState, Disagrees,
}

// hasDecisions reports whether there are decisions to promote at all.
func (in *inspection) hasDecisions() bool {
	for _, name := range []string{"expected_matrix.json", "runtime_results.json", "runtime_events.normalized.json"} {
		if _, ok := in.verified[name]; !ok {
			return false
		}
	}
	// Linux worlds are ours alone, and our summaries count: without a count
	// nobody can say that nothing was blocked, and none observed is no evidence. What
	// the reference made of macOS has none, and counts itself by its documents.
	if in.index == nil || !isLinux(in.index.WorldID) && !in.counts() {
		return true
	}
	if in.summary == nil {
		return false
	}
	observed := 0
	for _, n := range in.summary.OutcomeCounts["scenario"] {
		observed += n
	}
	return observed > 0
}

// counts reports whether the summary counts outcomes, as ours do.
func (in *inspection) counts() bool { return in.summary != nil && in.summary.OutcomeCounts != nil }

func preflightReasons(m *RunManifest, gating *GatingInputs) (reasons []Reason) {
	var facts preflightFacts
	if m.ApplyPreflight == nil || len(m.ApplyPreflight.Record) == 0 || string(m.ApplyPreflight.Record) == "null" {
		return []Reason{ApplyPreflightMissing}
	}
	if err := decode(m.ApplyPreflight.Record, &facts); err != nil {
		return []Reason{ApplyPreflightMissing}
	}
	gating.ApplyPreflightPresent, gating.ApplyOK, gating.SandboxCheckSelf = true, facts.ApplyOK, facts.Self
	var self selfFacts
	told := len(facts.Self) > 0 && string(facts.Self) != "null"
	unread := told && decode(facts.Self, &self) != nil
	measured := told && !unread && self.Sandboxed != nil
	switch {
	case self.Sandboxed != nil && *self.Sandboxed,
		self.Layers != nil && *self.Layers > 0,
		facts.ApplyReport != nil && facts.ApplyReport.ErrClass == "already_sandboxed",
		facts.confined(),
		// What two readers may read two ways says nothing for a run.
		unread,
		// Clean means measured on Linux; the reference's macOS check commonly
		// could not be made, and that was not held against a run.
		!measured && isLinux(m.WorldID):
		reasons = append(reasons, AlreadySandboxed)
	}
	if facts.ApplyOK == nil || !*facts.ApplyOK || facts.failed() {
		reasons = append(reasons, ApplyFailed)
	}
	return reasons
}

func isLinux(worldID string) bool { return strings.HasPrefix(worldID, "linux-") }

// CleanChannel reports whether the channel is one of the world's clean ones.
func CleanChannel(worldID, channel string) bool {
	if isLinux(worldID) {
		return channel == "spawn_clean" || channel == "systemd_clean"
	}
	return channel == "launchd_clean"
}
