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
		{codeTreeUnreadable, true, "a file or folder that could not be read: what lies in it is not in the inventory"},
		{codePlanUnloadable, true, "the plan does not load or compile"},
		{codePlanWithoutSuite, false, "no suite was generated from the plan"},
		{codePlanNeverRunHere, false, "no committed run of the plan in this world is in the tree"},
		{codeSuiteStale, true, "the suite is not what its plan compiles to"},
		{codeSuiteOrphan, true, "the plan of the suite is gone"},
		{codeRegistryUnloadable, true, "a registry of the index, or its index, does not load"},
		{codeRegistryUnused, true, "no plan uses the registry"},
		{codeOrphanProfile, true, "profiles that no plan names"},
		{codeOrphanProbe, true, "probes that no profile of a plan refers to"},
		{codeTemplateUnloadable, true, "the template cannot be built"},
		{codeTemplateDrift, true, "the plan in the tree is not what its template builds; of templates in the tree only"},
		{codeBundleDamaged, true, "a run folder that is not what was committed, by its small documents, or a LATEST that names no committed run"},
		{codeBundleOfOlderPlan, true, "the run that LATEST names was of the plan as it no longer is"},
		{codePacketMissing, false, "an out folder with a committed run that no packet leads to"},
		{codePacketBroken, true, "the packet cannot be read, or its bundle is gone or another"},
		{codePacketUnbound, true, "the packet does not say which bytes it is about"},
		{codePacketOutdated, true, "the bundle of the packet moved on: LATEST names another run, or the plan is another now"},
		{codeMappingOutdated, true, "mappings of a packet that is gone or was written anew"},
		{codeMappingBroken, true, "mappings whose index cannot be read, or a set of which is gone"},
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
