package harness

import (
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// The codes of what can be wrong with plan data. A code keeps its meaning.
const (
	codePlanLoad           = "plan-load"
	codePlanNoProfiles     = "plan-no-profiles"
	codePlanNoLanes        = "plan-no-lanes"
	codeRegistryLoad       = "registry-load"
	codeUnknownProfile     = "unknown-profile"
	codeProfileNoPath      = "profile-no-path"
	codeProfilePathMissing = "profile-path-missing"
	codeProfileNoProbes    = "profile-no-probes"
	codeProfileText        = "profile-text"
	codeProfileDoubtful    = "profile-doubtful"
	codeUnknownProbe       = "unknown-probe"
	codeExpectationTwice   = "duplicate-expectation"
	codeUnknownOperation   = seatbelt.CodeUnknownOperation
	codeUnknownSyscall     = seatbelt.CodeUnknownSyscall
	codeUnknownDriver      = seatbelt.CodeUnknownDriver
	codeDriverRequired     = seatbelt.CodeDriverRequired
	codeUnknownPayload     = seatbelt.CodeUnknownPayload
	codeUnknownFilter      = seatbelt.CodeUnknownFilter
	codeFilterRequired     = seatbelt.CodeFilterRequired
	codeUnknownCapability  = "unknown-capability"
	codeBadTarget          = seatbelt.CodeBadTarget
	codeUnsafeTarget       = seatbelt.CodeUnsafeTarget
	codeBadFixture         = "bad-fixture"
	codeBadStack           = "bad-stack"
	codeNoEngine           = "no-engine"
	codeMachDriver         = seatbelt.CodeMachInProcess
	codePreflightMissing   = "preflight-missing"

	codeIndexLoad       = "index-load"
	codeRegistryUnknown = "registry-not-found"
	codeProbesMissing   = "probes-file-missing"
	codeProfilesMissing = "profiles-file-missing"
	codeProbesSchema    = "probes-schema"
	codeProfilesSchema  = "profiles-schema"
	codeIDMismatch      = "id-mismatch"
	codeBadID           = "bad-id"
	codeBadPath         = "bad-path"
	codeBadValue        = "bad-value"
	codeNeedsV03        = "needs-v0.3"

	codeEnvelopeRegistry = "envelope-registry-id"
	codeEnvelopeWorld    = "envelope-world-id"
	codeJSONSchema       = "json-schema"
	codeUnusedProbe      = "unused-probe"
)

// LintCode is one kind of finding in plan data.
type LintCode struct {
	Code    string `json:"code"`
	Level   string `json:"level"`   // of plans and registries, LevelWarning is what only a strict lint tells
	About   string `json:"about"`   // which lint tells it: "plan", "registry" or "both"; "policy" for profile-lint
	Summary string `json:"summary"` // one line
}

// LintCodes are the kinds of finding that linting plans and registries tells.
func LintCodes() []LintCode {
	const plan, registry, both = "plan", "registry", "both"
	return []LintCode{
		{codePlanLoad, LevelError, plan, "the plan does not load: what its file says is wrong"},
		{codePlanNoProfiles, LevelError, plan, "the plan names no profile"},
		{codePlanNoLanes, LevelError, plan, "the plan switches every lane off"},
		{codeRegistryLoad, LevelError, plan, "the registry of the plan is neither beside it nor in the index"},
		{codeUnknownProfile, LevelError, plan, "the plan names a profile that the registry does not have"},
		{codePreflightMissing, LevelError, plan, "the file of apply_preflight_profile is missing"},
		{codeExpectationTwice, LevelError, plan, "two scenarios share one expectation id"},
		{codeMachDriver, LevelError, plan, "mach-lookup under a deny-default profile needs driver sandbox_mach_probe: a probe that is started under the profile cannot ask"},

		{codeIndexLoad, LevelError, both, "the registry index does not load"},
		{codeRegistryUnknown, LevelError, registry, "the index has no registry of this id"},
		{codeProbesMissing, LevelError, both, "the probes file that the index names is missing"},
		{codeProfilesMissing, LevelError, both, "the profiles file that the index names is missing"},
		{codeProbesSchema, LevelError, both, "the probes file is of a version this build does not read"},
		{codeProfilesSchema, LevelError, both, "the profiles file is of a version this build does not read"},
		{codeNeedsV03, LevelError, both, "the file uses what its version does not have yet"},
		{jsondoc.CodeText, LevelError, both, "the file is no JSON document, or too large, or nested too deep"},
		{jsondoc.CodeNoObject, LevelError, both, "something else stands where an object must be"},
		{jsondoc.CodeUnexpected, LevelError, both, "a key that nothing reads"},
		{jsondoc.CodeMissing, LevelError, both, "a key that must be there is not"},
		{jsondoc.CodeTwice, LevelError, both, "a key stands twice in one object"},
		{codeIDMismatch, LevelError, both, "an entry gives itself another id than its key"},
		{codeBadID, LevelError, both, "no id: empty, a path, or with characters that cannot be seen; or one that stands twice"},
		{jsondoc.CodeType, LevelError, both, "a value of another type"},
		{jsondoc.CodeEnum, LevelError, both, "none of the words that may stand here"},
		{codeBadPath, LevelError, both, "a path that leaves the plan's folder and the root"},
		{codeBadValue, LevelError, both, "a value that cannot be meant"},
		{codeBadFixture, LevelError, both, "a fixture that cannot be made, or does not fit the operation"},
		{codeBadStack, LevelError, both, "layers that cannot be stacked"},

		{codeProfileNoPath, LevelError, both, "a profile without a path of its text"},
		{codeProfilePathMissing, LevelError, both, "the file of a profile's text is missing"},
		{codeProfileText, LevelError, both, "the text of a profile does not parse"},
		{codeProfileNoProbes, LevelError, both, "a profile without probes"},
		{codeNoEngine, LevelError, both, "a profile of a mode that no engine of this build applies"},
		{codeUnknownProbe, LevelError, both, "a profile refers to a probe that the registry does not have"},
		{codeUnknownOperation, LevelError, both, "an operation that this build cannot attempt"},
		{codeUnknownSyscall, LevelError, both, "the operation has no such way to be attempted"},
		{codeUnknownDriver, LevelError, both, "a driver that the operation does not have"},
		{codeDriverRequired, LevelError, both, "the operation cannot be attempted without a driver"},
		{codeUnknownPayload, LevelError, both, "the system call has no such attr_payload"},
		{codeFilterRequired, LevelError, both, "the question cannot be asked without a filter"},
		{codeUnknownFilter, LevelError, both, "a filter that the operation does not take"},
		{codeUnknownCapability, LevelError, both, "a capability that no host can be asked for"},
		{codeBadTarget, LevelError, both, "a target that is not of the kind the operation acts on"},
		{codeUnsafeTarget, LevelError, both, "an attempt that would change the host in the baseline lane"},

		{codeProfileDoubtful, LevelWarning, both, "the text of a profile may not do what its author means"},
		{codeEnvelopeRegistry, LevelWarning, both, "a file of the registry gives itself another registry_id"},
		{codeEnvelopeWorld, LevelWarning, both, "a file of the registry is of another world than the plan or its sibling"},
		{codeJSONSchema, LevelWarning, both, "the file is not what its JSON Schema says"},
		{codeUnusedProbe, LevelWarning, registry, "no profile refers to the probe"},
	}
}
