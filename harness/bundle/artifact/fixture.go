package artifact

// Fixtures is fixtures.json: the servers that probes were given,
// scenario records before baseline.
type Fixtures struct {
	SchemaVersion string          `json:"schema_version"`
	WorldID       string          `json:"world_id"`
	RunID         string          `json:"run_id"`
	PlanID        string          `json:"plan_id"`
	Records       []FixtureRecord `json:"records"`
}

// FixtureRecord is one probe's fixture; Listener is null when it was given none.
type FixtureRecord struct {
	SchemaVersion string    `json:"schema_version"`
	FixtureID     string    `json:"fixture_id"` // "loopback_listener", or "udp_listener", "unix_listener", …
	Lane          string    `json:"lane"`
	ProfileID     string    `json:"profile_id"`
	ProbeName     string    `json:"probe_name"`
	ScenarioID    string    `json:"scenario_id"` // baseline: the baseline row's name
	Operation     string    `json:"operation"`
	Target        string    `json:"target"`
	Listener      *Listener `json:"listener"`
}
