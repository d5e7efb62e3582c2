package inventory

import "slices"

// Finding is one thing in a tree that is stale, or not there yet.
type Finding struct {
	Code    string `json:"code"` // keeps its meaning: see Codes
	Path    string `json:"path"`
	ID      string `json:"id,omitempty"` // of the plan, registry, template or run it is about
	Message string `json:"message"`      // one line, with the fix
}

// The codes of findings. A code keeps its meaning.
const (
	codeTreeUnreadable     = "tree_unreadable"
	codePlanUnloadable     = "plan_unloadable"
	codePlanWithoutSuite   = "plan_without_suite"
	codePlanNeverRunHere   = "plan_never_run_here"
	codeSuiteStale         = "suite_stale"
	codeSuiteOrphan        = "suite_orphan"
	codeRegistryUnloadable = "registry_unloadable"
	codeRegistryUnused     = "registry_unused"
	codeOrphanProfile      = "registry_orphan_profile"
	codeOrphanProbe        = "registry_orphan_probe"
	codeTemplateUnloadable = "template_unloadable"
	codeTemplateDrift      = "template_drift"
	codeBundleDamaged      = "bundle_damaged"
	codeBundleOfOlderPlan  = "bundle_of_older_plan"
	codePacketMissing      = "packet_missing"
	codePacketBroken       = "packet_broken"
	codePacketUnbound      = "packet_unbound"
	codePacketOutdated     = "packet_outdated"
	codeMappingOutdated    = "mapping_outdated"
	codeMappingBroken      = "mapping_broken"
)

// Code is one kind of finding.
type Code struct {
	Code    string `json:"code"`
	Stale   bool   `json:"stale"`   // something contradicts what it was made from; else it was not made yet
	Summary string `json:"summary"` // one line
}

// Codes are the kinds of finding. What was not made yet is no contradiction: a
// plan need not have a suite, and a host need not have run it.
func Codes() []Code {
	return []Code{
		{codeTreeUnreadable, true, "could not be read: what lies in it is not told"},
		{codePlanUnloadable, true, "the plan does not load or compile"},
		{codePlanWithoutSuite, false, "no suite was generated from the plan"},
		{codePlanNeverRunHere, false, "no committed run of it in this world is there"},
		{codeSuiteStale, true, "the suite is not what its plan compiles to"},
		{codeSuiteOrphan, true, "the plan of the suite is gone"},
		{codeRegistryUnloadable, true, "the index, or a registry that it has, does not load"},
		{codeRegistryUnused, true, "no plan uses the registry"},
		{codeOrphanProfile, true, "profiles that no plan names"},
		{codeOrphanProbe, true, "probes that no profile of a plan refers to"},
		{codeTemplateUnloadable, true, "a template of the tree cannot be built"},
		{codeTemplateDrift, true, "a template of the tree builds another plan"},
		{codeBundleDamaged, true, "a run, or LATEST, is not what was committed"},
		{codeBundleOfOlderPlan, true, "LATEST names a run of the plan as it was"},
		{codePacketMissing, false, "no packet leads to a run of the out folder"},
		{codePacketBroken, true, "no packet, or its bundle is gone or another"},
		{codePacketUnbound, true, "the packet does not say which bytes it is about"},
		{codePacketOutdated, true, "LATEST names another run, or the plan changed"},
		{codeMappingOutdated, true, "a packet of the mappings is gone or was written anew"},
		{codeMappingBroken, true, "the mappings' index or one of their sets is gone"},
	}
}

// stale says whether a finding of the code contradicts what something was made
// from.
var stale = func() map[string]bool {
	m := map[string]bool{}
	for _, c := range Codes() {
		m[c.Code] = c.Stale
	}
	return m
}()

// Stale reports whether the finding is of something that contradicts what it was
// made from.
func (f *Finding) Stale() bool { return stale[f.Code] }

// IsStale reports whether something in the tree contradicts what it was made
// from.
func (d *Document) IsStale() bool {
	return slices.ContainsFunc(d.Stale, func(f Finding) bool { return f.Stale() })
}
