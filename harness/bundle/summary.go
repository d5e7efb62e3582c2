package bundle

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// Summary is summary.json. Bundles of the reference system have no key after
// DryRun.
type Summary struct {
	SchemaVersion    string         `json:"schema_version"`
	WorldID          string         `json:"world_id"`
	RunID            string         `json:"run_id"`
	Status           Status         `json:"status"`
	PlanID           string         `json:"plan_id"`
	PlanDigest       string         `json:"plan_digest"`
	Channel          string         `json:"channel"`
	Lanes            SummaryLanes   `json:"lanes"`
	ProfileCount     int            `json:"profile_count"`
	ScenarioCount    int            `json:"scenario_count"`
	ExpectedProfiles []string       `json:"expected_profiles"`
	MismatchCounts   map[string]int `json:"mismatch_counts"` // by mismatch type
	DryRun           bool           `json:"dry_run"`

	// OutcomeCounts counts observations by lane and outcome. Promotability
	// reads it, so a run that has lanes must have it.
	OutcomeCounts map[string]map[string]int `json:"outcome_counts,omitempty"`
	// Vacuous counts denials that the baseline shows too: no policy earned them.
	Vacuous *int `json:"vacuous,omitempty"`
	// OracleAgreement holds the oracle lane against the scenario lane; nil where
	// one of them was off. No lane's counts have anything from it, and whether the
	// bundle may be relied on does not depend on it.
	OracleAgreement *OracleAgreement `json:"oracle_agreement,omitempty"`
}

// OracleAgreement is how far models and what was observed of the same scenarios
// agree.
type OracleAgreement struct {
	Compared    int `json:"compared"` // scenarios that both decided
	Same        int `json:"same"`     // of these, alike
	Records     int `json:"records"`  // denials whose record the model foretold and the kernel wrote
	SameRecords int `json:"same_records"`
	// Disagreements are scenarios of which decision or record is not the same. Each
	// has a mismatch packet.
	Disagreements int `json:"disagreements"`
}

// SummaryLanes says which lanes the run was asked for, in the plan's order where
// the run kept it. A lane it does not name is not said.
type SummaryLanes = artifact.Ordered[bool]
