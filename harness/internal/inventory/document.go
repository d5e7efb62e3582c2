package inventory

import (
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Schema is the schema_version of a Document.
const Schema = "hardened-runtime.other-runtime-inventory.v0.1"

// UnknownWorld is the world of a host that cannot be surveyed. Nothing is said
// to have been run in it, or not.
const UnknownWorld = "unknown"

// Document is an inventory. Every path in it is relative to the root, with
// forward slashes; the program's own files start with "builtin:". Lists are
// sorted by path, or by id where there is none.
type Document struct {
	SchemaVersion    string     `json:"schema_version"`
	WorldID          string     `json:"world_id"` // the host's, or UnknownWorld
	GeneratedBy      string     `json:"generated_by"`
	Keywords         []string   `json:"keywords"`
	InRepo           []Item     `json:"in_repo"`
	UnclassifiedHits []Hit      `json:"unclassified_hits"`
	External         []External `json:"external"`

	Plans      []*Plan     `json:"plans"`
	Registries []*Registry `json:"registries"`
	Templates  []*Template `json:"templates"` // by id
	Suites     []*Suite    `json:"suites"`
	Bundles    []*Out      `json:"bundles"`
	Packets    []*Packet   `json:"packets"`
	Mappings   []*Mapping  `json:"mappings"`
	Coverage   Coverage    `json:"coverage"`
	Stale      []Finding   `json:"stale"` // by path
}

// Item is a part of the tree with the keywords that its files have.
type Item struct {
	ID           string   `json:"id"`
	Paths        []string `json:"paths"` // what its files' paths start with
	Category     string   `json:"category"`
	Description  string   `json:"description"`
	Privileges   string   `json:"privileges"`
	EvidenceTier string   `json:"evidence_tier"`
	Status       string   `json:"status"`
	Files        []Hit    `json:"files"`
}

// Hit is a file with some of the keywords.
type Hit struct {
	Path     string   `json:"path"`
	Keywords []string `json:"keywords"`
}

// External is a tool of the field that is not part of the tree.
type External struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	URL        string `json:"url"`
	Category   string `json:"category"`
	Relevance  string `json:"relevance"`
	Privileges string `json:"privileges"`
}

// Plan is a plan.json. Of one that does not load or compile there is Error, and
// what else could be read.
type Plan struct {
	Path           string         `json:"path"`
	ID             string         `json:"plan_id,omitempty"`
	RegistryID     string         `json:"registry_id,omitempty"`
	WorldID        string         `json:"world_id,omitempty"` // that it is pinned to
	Digest         bundle.Digest  `json:"plan_digest,omitzero"`
	CompiledDigest bundle.Digest  `json:"compiled_digest,omitzero"`
	Profiles       []string       `json:"profiles,omitempty"` // in its order
	Scenarios      int            `json:"scenarios"`
	Operations     []string       `json:"operations,omitempty"` // sorted
	Specs          map[string]int `json:"specs,omitempty"`      // scenarios times their lanes, by lane
	Findings       int            `json:"findings"`             // of lint
	Error          string         `json:"error,omitempty"`      // all that is wrong, one line each

	Suites  []string  `json:"suites"`   // generated from it
	Runs    int       `json:"runs"`     // run folders of its id in the tree
	LastRun *LastRun  `json:"last_run"` // the newest committed one in this world; null when there is none
	State   PlanState `json:"state"`

	Elsewhere bool           `json:"-"` // nothing of it can be observed in this world
	PerOp     map[string]int `json:"-"` // scenarios by operation
}

// PlanState says how far a plan has come, in one word.
type PlanState string

// The states of a plan.
const (
	PlanUnloadable PlanState = "unloadable" // it does not load or compile
	PlanElsewhere  PlanState = "elsewhere"  // it is of another world or another system's engine
	PlanNeverRun   PlanState = "never_run_here"
	PlanRun        PlanState = "run_here"
	PlanProven     PlanState = "proven_here" // a promotable packet of this world holds, of the plan as it is
	PlanUnknown    PlanState = "unknown"     // the host's world is
)

// LastRun is the run that speaks for a plan.
type LastRun struct {
	Out       string        `json:"out"`
	RunID     string        `json:"run_id"`
	Status    bundle.Status `json:"status"`
	UpdatedAt canon.Float   `json:"updated_at_unix"`
	PlanNow   Comparison    `json:"plan_now"`
}

// Registry is the two files of a registry, one of the index or beside a plan.
type Registry struct {
	ID             string   `json:"id"`
	ProbesPath     string   `json:"probes_path"`
	ProfilesPath   string   `json:"profiles_path"`
	Description    string   `json:"description,omitempty"`
	InIndex        bool     `json:"in_index"`
	Probes         int      `json:"probes"`
	Profiles       int      `json:"profiles"`
	Plans          []string `json:"plans"`           // paths of the plans that use it
	UnusedProbes   []string `json:"unused_probes"`   // that no profile of these plans refers to
	UnusedProfiles []string `json:"unused_profiles"` // that none of these plans names
	Error          string   `json:"error,omitempty"` // why it does not load

	Index string `json:"-"` // that has it; of one that does not load
}

// Template is a plan template.
type Template struct {
	ID     string        `json:"template_id"`
	Path   string        `json:"path"`
	PlanID string        `json:"plan_id,omitempty"` // that it builds
	Plan   string        `json:"plan,omitempty"`    // the plan of that id in the tree
	State  TemplateState `json:"state"`
	Detail string        `json:"detail,omitempty"` // what differs, or why it cannot be built
}

// TemplateState says whether what a template builds stands in the tree.
type TemplateState string

// The states of a template.
const (
	TemplateSame       TemplateState = "same"
	TemplateDrifted    TemplateState = "drifted"
	TemplateNoPlan     TemplateState = "no_plan" // no plan of the id it builds is in the tree
	TemplateUnloadable TemplateState = "unloadable"
)

// Suite is a generated suite, by what its files say of themselves.
type Suite struct {
	Path           string     `json:"path"` // the folder
	Plan           string     `json:"plan"` // the plan.json it was generated from; empty when it does not say
	PlanID         string     `json:"plan_id,omitempty"`
	PlanDigest     string     `json:"plan_digest,omitempty"`
	CompiledDigest string     `json:"compiled_digest,omitempty"`
	GeneratedBy    string     `json:"generated_by,omitempty"` // the command, as the header has it
	State          SuiteState `json:"state"`
	Detail         string     `json:"detail,omitempty"` // why it is not fresh
}

// SuiteState says whether a suite is what its plan compiles to.
type SuiteState string

// The states of a suite.
const (
	SuiteFresh   SuiteState = "fresh"
	SuiteStale   SuiteState = "stale"
	SuiteOrphan  SuiteState = "orphan"  // its plan is gone
	SuiteUnknown SuiteState = "unknown" // its plan does not compile
)

// Coverage says which operations plans cover, and what was observed of them.
type Coverage struct {
	// Vocabulary names the operations of the host's system; empty when it has none.
	Vocabulary string       `json:"vocabulary,omitempty"`
	Operations []*Operation `json:"operations"` // by name
	Uncovered  []string     `json:"uncovered"`  // operations of the vocabulary that no plan covers which can be run here
}

// Operation is an operation that scenarios are about.
type Operation struct {
	Name      string   `json:"operation"`
	Plans     []string `json:"plans"`
	Scenarios int      `json:"scenarios"`
	Observed  Observed `json:"observed"`
	Packets   []string `json:"packets"` // that Observed was counted from

	here bool // a plan that covers it can be run in the host's world
}

// Observed counts decisions that were seen in the scenario lane in this world,
// in one promotable packet of each plan.
type Observed struct {
	Allow int `json:"allow"`
	Deny  int `json:"deny"`
}
